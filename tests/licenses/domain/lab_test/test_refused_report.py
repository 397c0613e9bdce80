"""Reports that are refused, and recorded: forged, foreign, replayed, or not of this lot's sample."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.events import CertificateIssued, ReportFlaw
from licenses.domain.lab_test.report import LabReport
from licenses.domain.lab_test.state import Sampled
from licenses.domain.lab_test.submission import refusal_of
from tests.licenses.domain.lab_test.reporting import refused, submit, with_first
from tests.licenses.domain.lab_test.scenes import (
    CITATION,
    HISTORIES,
    SAMPLE,
    SECOND_LAB,
    SERIALS,
    measurement,
    report,
    report_facts,
)
from tests.support.people import NOON, identity

KNOWN = ["sampling", "sampled", "certified", "failed", "voided", "drawn anew"]


@pytest.mark.parametrize("name", KNOWN)
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


@pytest.mark.parametrize("name", KNOWN)
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


@pytest.mark.parametrize("name", ["forged", "forged while sampling"])
def test_the_same_forgery_again_is_refused_without_a_second_record(name: str) -> None:
    outcome = submit(name, report_facts(signed_with=None))
    outcome.refused("certificate_forged", citation=CITATION)
