"""Reports that are taken: genuine, judged, a repeat nothing new; and the states that take one."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.events import CertificateWithheld, TestFinding
from licenses.domain.lab_test.judging import judge
from licenses.domain.lab_test.report import MAX_SAMPLE, Figures
from licenses.domain.lab_test.state import Certified, Failed
from licenses.domain.lab_test.submission import refusal_of
from tests.licenses.domain.lab_test.reporting import HIGHEST, accepted, issued, submit, with_first
from tests.licenses.domain.lab_test.scenes import (
    CITATION,
    DECLARED,
    HISTORIES,
    LAB,
    SAMPLE,
    SHIPMENT,
    measurement,
    report,
    report_facts,
    sha256,
)
from tests.licenses.domain.policy.deals import RULE

# What is certified


def test_a_genuine_report_within_the_limits_certifies_the_lot() -> None:
    events = submit("sampled", report_facts()).then(accepted(report()), issued(report()))
    assert isinstance(DECIDER.fold([*HISTORIES["sampled"], *events]), Certified)


def test_a_forgery_before_it_does_not_harm_it() -> None:
    submit("forged", report_facts()).then(accepted(report()), issued(report()))


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("tpp", 15_832),
        ("dram_bandwidth_gb_per_s", 4_800),
        ("interconnect_bandwidth_gb_per_s", 900),
        ("dram_capacity_gb", 141),
    ],
)
def test_no_sample_exceeds_what_was_declared(field: str, limit: int) -> None:
    exact = with_first(**{field: limit})
    certified = submit("sampled", report_facts(exact))
    certified.then(
        accepted(exact), replace(issued(exact), highest=replace(HIGHEST, **{field: limit}))
    )
    over = with_first(**{field: limit + 1})
    outcome = submit("sampled", report_facts(over))
    withheld = CertificateWithheld(
        shipment_id=SHIPMENT,
        laboratory_id=LAB,
        report_number=over.report_number,
        report_sha256=sha256(over),
        findings=(
            TestFinding(
                code=f"measured_{field}_above_declared",
                reason=f"Measured {limit + 1:,}; declared {limit:,}",
                serials=(SAMPLE[0],),
            ),
        ),
        highest=replace(HIGHEST, **{field: limit + 1}),
        edition="rule-2026",
        citation=CITATION,
    )
    events = outcome.then(accepted(over), withheld)
    assert isinstance(DECIDER.fold([*HISTORIES["sampled"], *events]), Failed)
    assert refusal_of(withheld) is None


FAST = Figures(
    tpp=30_000,
    dram_bandwidth_gb_per_s=9_000,
    interconnect_bandwidth_gb_per_s=9_000,
    dram_capacity_gb=900,
)
LIMITED = replace(
    RULE.testing, interconnect_bandwidth_gb_per_s_at_most=900, dram_capacity_gb_at_most=141
)


@pytest.mark.parametrize(
    ("field", "within", "over"),
    [
        ("tpp", 20_999, 21_000),  # below, strictly
        ("dram_bandwidth_gb_per_s", 6_499, 6_500),
        ("interconnect_bandwidth_gb_per_s", 900, 901),  # at most
        ("dram_capacity_gb", 141, 142),
    ],
)
def test_the_ceilings_of_the_edition_hold_whatever_was_declared(
    field: str, within: int, over: int
) -> None:
    assert judge(with_first(**{field: within}), LIMITED, FAST) == ()
    (finding,) = judge(with_first(**{field: over}), LIMITED, FAST)
    assert finding.code.startswith(f"measured_{field.partition('_gb')[0]}")
    assert finding.serials == (SAMPLE[0],)


def test_every_bad_sample_is_named() -> None:
    fast = report(measurements=tuple(measurement(serial, tpp=16_000) for serial in SAMPLE))
    (finding,) = judge(fast, RULE.testing, DECLARED)
    assert finding.serials == SAMPLE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tested_in": "CA"}, "tested_abroad"),
        ({"no_financial_interest": False}, "laboratory_not_independent"),
    ],
)
def test_the_laboratory_answers_for_the_test(change: dict[str, Any], code: str) -> None:
    (finding,) = judge(report(**change), RULE.testing, DECLARED)
    assert (finding.code, finding.serials) == (code, ())


def test_the_largest_report_fits_an_event() -> None:
    worst = dict.fromkeys(Figures.__struct_fields__, 2**53 - 1)
    measurements = tuple(measurement(f"{number:024}", **worst) for number in range(MAX_SAMPLE))
    largest = report(measurements=measurements, tested_in="CN", no_financial_interest=False)
    findings = judge(largest, LIMITED, DECLARED)
    assert len(findings) == 10
    withheld = CertificateWithheld(
        shipment_id=SHIPMENT,
        laboratory_id=LAB,
        report_number=largest.report_number,
        report_sha256=sha256(largest),
        findings=findings,
        highest=Figures(**worst),
        edition="rule-2026",
        citation=CITATION,
    )
    assert len(msgspec.json.encode(accepted(largest))) < 60_000
    assert len(msgspec.json.encode(withheld)) < 60_000


# Repeats and states


@pytest.mark.parametrize("name", ["certified"])
def test_a_repeat_changes_nothing(name: str) -> None:
    submit(name, report_facts()).then()


def test_a_repeat_after_the_laboratory_was_disqualified_changes_nothing() -> None:
    submit("certified", report_facts(laboratory_accredited=False)).then()


def test_a_repeat_of_a_report_that_failed_changes_nothing() -> None:
    submit("failed", report_facts(report(tested_in="CA"))).then()


@pytest.mark.parametrize("name", ["sampling", "voided", "certified", "failed"])
def test_without_a_sample_there_is_nothing_to_report(name: str) -> None:
    outcome = submit(name, report_facts(report(report_number="FRM-3")))
    outcome.refused("lab_test_not_sampled")


def test_the_lot_must_be_registered() -> None:
    submit("not registered", report_facts()).refused("lot_not_registered")
