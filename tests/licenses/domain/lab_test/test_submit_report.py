"""Reports: genuine, complete, of this lot's sample; judged; refused ones on the record."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.events import (
    CertificateIssued,
    CertificateWithheld,
    ReportAccepted,
    ReportFlaw,
    ReportRefused,
    TestFinding,
)
from licenses.domain.lab_test.judging import judge
from licenses.domain.lab_test.report import MAX_SAMPLE, Figures, LabReport
from licenses.domain.lab_test.state import Certified, Failed, Sampled
from licenses.domain.lab_test.submission import ReportFacts, refusal_of
from tests.licenses.domain.lab_test.scenes import (
    CITATION,
    DECLARED,
    HISTORIES,
    LAB,
    SAMPLE,
    SECOND_LAB,
    SERIALS,
    SHIPMENT,
    SUBMIT,
    measurement,
    report,
    report_facts,
    sha256,
)
from tests.licenses.domain.laboratory.scenes import KEY_ID, PUBLIC_KEY
from tests.licenses.domain.policy.deals import RULE
from tests.support.deciding import Outcome, given
from tests.support.people import NOON, identity

HIGHEST = Figures(
    tpp=15_700,
    dram_bandwidth_gb_per_s=4_750,
    interconnect_bandwidth_gb_per_s=890,
    dram_capacity_gb=141,
)


def accepted(of: LabReport) -> ReportAccepted:
    return ReportAccepted(
        shipment_id=SHIPMENT,
        report=of,
        report_sha256=sha256(of),
        signature=SUBMIT.signature,
        key_id=KEY_ID,
        public_key=PUBLIC_KEY,
    )


def issued(of: LabReport) -> CertificateIssued:
    return CertificateIssued(
        shipment_id=SHIPMENT,
        certificate_number=f"TC-{sha256(of)[:12].upper()}",
        laboratory_id=LAB,
        report_number=of.report_number,
        report_sha256=sha256(of),
        lot_size=80,
        sampled=4,
        highest=HIGHEST,
        tested_in="US",
        tested_at=of.tested_at,
        edition="rule-2026",
        citation=CITATION,
    )


def refused(flaw: ReportFlaw, of: LabReport | None = None, **changes: Any) -> ReportRefused:
    handed_in = report() if of is None else of
    event = ReportRefused(
        shipment_id=SHIPMENT,
        flaw=flaw,
        report_sha256=sha256(handed_in),
        signature=SUBMIT.signature,
        key_id=KEY_ID,
        claimed_laboratory_id=handed_in.laboratory_id,
        claimed_shipment_id=handed_in.shipment_id,
        claimed_report_number=handed_in.report_number,
        citation=CITATION,
    )
    return replace(event, **changes)


def submit(name: str, facts: ReportFacts) -> Outcome:
    return given(DECIDER, *HISTORIES[name]).when(SUBMIT, facts)


def with_first(**changes: Any) -> LabReport:
    """Change what the first sample measured."""
    first, *others = report().measurements
    return report(measurements=(replace(first, **changes), *others))


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


# What is refused, and recorded

REGISTERED = [name for name in HISTORIES if name != "not registered"]
OPEN = ["sampling", "sampled", "certified", "failed", "voided", "drawn anew"]


@pytest.mark.parametrize("name", OPEN)
def test_a_forged_report_is_recorded_in_every_state(name: str) -> None:
    forged = report(report_number="FRM-FORGED")
    outcome = submit(name, report_facts(forged, signed_with=None))
    (event,) = outcome.then(refused(ReportFlaw.FORGED, forged))
    refusal = refusal_of(event)
    assert refusal is not None
    assert (refusal.code, refusal.citation) == ("certificate_forged", CITATION)


def test_a_genuine_report_with_a_forged_signature_does_not_pass_as_a_repeat() -> None:
    outcome = submit("certified", report_facts(signed_with=None))
    outcome.then(refused(ReportFlaw.FORGED))


@pytest.mark.parametrize("name", OPEN)
def test_a_foreign_lot_is_recorded_in_every_state(name: str) -> None:
    foreign = report(report_number="FRM-2", shipment_id=identity("shipment/other"))
    outcome = submit(name, report_facts(foreign))
    outcome.then(refused(ReportFlaw.FOREIGN_LOT, foreign))


def test_what_is_not_a_report_is_recorded_by_its_fingerprint() -> None:
    facts = report_facts(signed_with=None)
    facts = replace(facts, report=None, report_sha256="e" * 64)
    claimed = {
        "claimed_laboratory_id": None,
        "claimed_shipment_id": None,
        "claimed_report_number": None,
    }
    outcome = submit("sampled", facts)
    outcome.then(refused(ReportFlaw.MALFORMED, report_sha256="e" * 64, **claimed))


def test_a_laboratory_that_is_not_accredited_does_not_certify() -> None:
    outcome = submit("sampled", report_facts(laboratory_accredited=False))
    outcome.then(refused(ReportFlaw.LABORATORY_NOT_ACCREDITED))


def test_a_report_used_for_another_lot_is_a_replay() -> None:
    used = report_facts(used_for_shipment_id=identity("shipment/other"))
    submit("sampled", used).then(refused(ReportFlaw.REPLAYED))


@pytest.mark.parametrize("name", ["certified", "voided", "drawn anew"])
def test_a_report_number_with_changes_is_a_replay(name: str) -> None:
    changed = with_first(tpp=15_000)
    outcome = submit(name, report_facts(changed))
    outcome.then(refused(ReportFlaw.REPLAYED, changed))


@pytest.mark.parametrize("name", ["voided", "drawn anew"])
def test_a_voided_report_does_not_count_again(name: str) -> None:
    submit(name, report_facts()).then(refused(ReportFlaw.REPLAYED))


def test_two_laboratories_may_use_the_same_number() -> None:
    second = report(laboratory_id=SECOND_LAB)
    events = submit("drawn anew", report_facts(second)).events
    assert isinstance(events[-1], CertificateIssued)


@pytest.mark.parametrize(
    ("flaw", "spoiled"),
    [
        (ReportFlaw.OTHER_LABORATORY, report(laboratory_id=SECOND_LAB)),
        (ReportFlaw.TIME_IMPLAUSIBLE, report(tested_at=NOON - timedelta(seconds=1))),
        (ReportFlaw.TIME_IMPLAUSIBLE, report(tested_at=NOON + timedelta(hours=3, seconds=1))),
        (
            ReportFlaw.SERIAL_REPEATED,
            report(measurements=(*report().measurements, measurement(SAMPLE[0]))),
        ),
        (
            ReportFlaw.SERIAL_NOT_SAMPLED,
            report(measurements=(*report().measurements, measurement(SERIALS[0]))),
        ),
        (
            ReportFlaw.SERIAL_NOT_SAMPLED,
            report(measurements=(*report().measurements[1:], measurement("SN-9999"))),
        ),
        (ReportFlaw.SAMPLE_INCOMPLETE, report(measurements=report().measurements[1:])),
    ],
)
def test_a_report_is_of_this_sample(flaw: ReportFlaw, spoiled: LabReport) -> None:
    outcome = submit("sampled", report_facts(spoiled))
    (event,) = outcome.then(refused(flaw, spoiled))
    state = DECIDER.fold([*HISTORIES["sampled"], event])
    assert isinstance(state, Sampled)
    refusal = refusal_of(event)
    assert refusal is not None
    assert refusal.code == flaw.value


@pytest.mark.parametrize("tested_at", [NOON, NOON + timedelta(hours=3)])
def test_the_test_lies_between_drawing_and_report(tested_at: Any) -> None:
    events = submit("sampled", report_facts(report(tested_at=tested_at))).events
    assert isinstance(events[-1], CertificateIssued)


def test_every_flaw_has_a_refusal_of_its_own() -> None:
    refusals = [refusal_of(refused(flaw)) for flaw in ReportFlaw]
    assert [refusal and refusal.code for refusal in refusals] == list(ReportFlaw)
    assert len({refusal and refusal.detail for refusal in refusals}) == len(ReportFlaw)


# Repeats and states


@pytest.mark.parametrize("name", ["certified"])
def test_a_repeat_changes_nothing(name: str) -> None:
    submit(name, report_facts()).then()


def test_a_repeat_after_the_laboratory_was_disqualified_changes_nothing() -> None:
    submit("certified", report_facts(laboratory_accredited=False)).then()


def test_a_repeat_of_a_report_that_failed_changes_nothing() -> None:
    submit("failed", report_facts(report(tested_in="CA"))).then()


@pytest.mark.parametrize("name", ["forged", "forged while sampling"])
def test_the_same_forgery_again_is_refused_without_a_second_record(name: str) -> None:
    outcome = submit(name, report_facts(signed_with=None))
    outcome.refused("certificate_forged", citation=CITATION)


@pytest.mark.parametrize("name", ["sampling", "voided", "certified", "failed"])
def test_without_a_sample_there_is_nothing_to_report(name: str) -> None:
    outcome = submit(name, report_facts(report(report_number="FRM-3")))
    outcome.refused("lab_test_not_sampled")


def test_the_lot_must_be_registered() -> None:
    submit("not registered", report_facts()).refused("lot_not_registered")
