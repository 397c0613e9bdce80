"""C7 third-party test. Pure."""

from licenses.domain.policy.facts import DealFacts, LaboratoryFacts, TestingFacts
from licenses.domain.policy.model import Condition, Edition, TestingRule, Verdict
from licenses.domain.policy.testing import exceeded, sample_size
from licenses.domain.policy.verdicts import Finding, fail, hold, unknown


def third_party_test(edition: Edition, deal: DealFacts) -> Verdict:
    """C7: this lot is certified by a laboratory that is fit for it today, on enough samples."""
    condition, rule, facts = Condition.THIRD_PARTY_TEST, edition.testing, deal.testing
    if not rule.required:
        return hold(condition, "test_not_required", "No test is required.", citation=rule.citation)
    if facts is None:
        return unknown(condition, "testing", citation=rule.citation)
    findings = [*_certificate(facts), *_laboratory(rule, facts.laboratory), *_samples(rule, facts)]
    evidence = facts.evidence + (facts.laboratory.evidence if facts.laboratory else ())
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=evidence)
    reason = f"{facts.sampled:,} of {facts.lot_size:,} units tested and certified."
    return hold(condition, "lot_certified", reason, citation=rule.citation, evidence=evidence)


def _certificate(facts: TestingFacts) -> list[Finding]:
    if facts.certified:
        return []
    return [Finding("lot_not_certified", "No valid certificate for this lot")]


def _laboratory(rule: TestingRule, facts: LaboratoryFacts | None) -> list[Finding]:
    if facts is None:
        return [Finding("laboratory_unknown", "Nothing is known of the laboratory")]
    controlled_from = sorted(set(facts.control_countries) & set(rule.excluded_control_countries))
    place = rule.laboratory_country
    checks = (
        (facts.accredited, "laboratory_not_accredited", "The laboratory is not accredited"),
        (
            facts.headquarters_country == place,
            "laboratory_foreign",
            f"The laboratory is run from {facts.headquarters_country}, not {place}",
        ),
        (
            facts.tested_in == place,
            "tested_abroad",
            f"The test took place in {facts.tested_in}, not {place}",
        ),
        (
            not controlled_from,
            "laboratory_controlled",
            f"The laboratory is controlled from {', '.join(controlled_from)}",
        ),
        (
            not facts.financial_interest,
            "laboratory_interested",
            "The laboratory has a financial interest in a party",
        ),
    )
    return [Finding(code, reason) for met, code, reason in checks if not met]


def _samples(rule: TestingRule, facts: TestingFacts) -> list[Finding]:
    findings = []
    wanted = sample_size(rule, facts.lot_size)
    if facts.sampled < max(wanted, 1):
        reason = f"{facts.sampled:,} samples of a lot of {facts.lot_size:,}; needs {wanted:,}"
        findings.append(Finding("sample_too_small", reason))
    if facts.highest is None:
        return [*findings, Finding("measurements_unknown", "No measurements are known")]
    return [*findings, *exceeded(rule, facts.highest)]
