"""Whether what was measured may leave.

Two measures. The edition's ceilings say what may be exported at all. The declared figures are the
product's theoretical peaks, which no genuine unit exceeds: a sample above them is another product
than the one that was licensed (relabeled goods), even where it keeps below the ceilings.
"""

from collections.abc import Iterator

from licenses.domain.lab_test.events import TestFinding
from licenses.domain.lab_test.report import Figures, LabReport
from licenses.domain.policy.model import TestingRule
from licenses.domain.policy.testing import exceeded


def judge(report: LabReport, rule: TestingRule, declared: Figures) -> tuple[TestFinding, ...]:
    """Name everything that keeps the lot from being certified; () when nothing does.

    Each finding on a figure gives the worst measurement and the serials of all samples it holds of.
    """
    per_sample = {
        sample.serial: {code for code, _ in _exceeded(sample, rule, declared)}
        for sample in report.measurements
    }
    on_figures = (
        TestFinding(
            code=code,
            reason=reason,
            serials=tuple(serial for serial, codes in per_sample.items() if code in codes),
        )
        for code, reason in _exceeded(highest(report), rule, declared)
    )
    return (*_about_the_test(report, rule), *on_figures)


def highest(report: LabReport) -> Figures:
    """Give the highest figure of all samples, each by itself."""
    samples = report.measurements
    return Figures(
        tpp=max(sample.tpp for sample in samples),
        dram_bandwidth_gb_per_s=max(sample.dram_bandwidth_gb_per_s for sample in samples),
        interconnect_bandwidth_gb_per_s=max(
            sample.interconnect_bandwidth_gb_per_s for sample in samples
        ),
        dram_capacity_gb=max(sample.dram_capacity_gb for sample in samples),
    )


def _about_the_test(report: LabReport, rule: TestingRule) -> Iterator[TestFinding]:
    if report.tested_in != rule.laboratory_country:
        yield TestFinding(
            code="tested_abroad",
            reason=f"Tested in {report.tested_in}; must be tested in {rule.laboratory_country}",
        )
    if not report.no_financial_interest:
        yield TestFinding(
            code="laboratory_not_independent",
            reason="The laboratory does not deny a financial interest in a party",
        )


def _exceeded(figures: Figures, rule: TestingRule, declared: Figures) -> Iterator[tuple[str, str]]:
    """Give code and reason of every ceiling and every declared figure that is exceeded."""
    for finding in exceeded(rule, figures):
        yield finding.code, finding.reason
    for name in Figures.__struct_fields__:
        measured, limit = getattr(figures, name), getattr(declared, name)
        if measured > limit:
            yield f"measured_{name}_above_declared", f"Measured {measured:,}; declared {limit:,}"
