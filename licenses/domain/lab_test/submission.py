"""Which reports count. A refused report is a fact, too: it is recorded, and then refused."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from audits.kernel import Event, Facts, Refused
from licenses.domain.lab_test.commands import SubmitReport
from licenses.domain.lab_test.events import (
    CertificateIssued,
    CertificateWithheld,
    LabTestEvent,
    ReportAccepted,
    ReportFlaw,
    ReportRefused,
)
from licenses.domain.lab_test.judging import highest, judge
from licenses.domain.lab_test.report import LabReport
from licenses.domain.lab_test.state import (
    Certified,
    Failed,
    LabTestState,
    Registered,
    Sampled,
    registered,
)
from licenses.domain.policy.model import TestingRule

_REASONS: Final = {
    ReportFlaw.MALFORMED: "It is not a report in the agreed form",
    ReportFlaw.FORGED: "The signature is not the named laboratory's under its key in use",
    ReportFlaw.LABORATORY_NOT_ACCREDITED: "The laboratory is not accredited today",
    ReportFlaw.REPLAYED: "This report, or this report number, was used before",
    ReportFlaw.FOREIGN_LOT: "The report is about the lot of another shipment",
    ReportFlaw.OTHER_LABORATORY: "Another laboratory drew the sample",
    ReportFlaw.TIME_IMPLAUSIBLE: "Tested before the sample was drawn, or in the future",
    ReportFlaw.SERIAL_REPEATED: "A serial number is measured twice",
    ReportFlaw.SERIAL_NOT_SAMPLED: "A measured serial number is not in the sample",
    ReportFlaw.SAMPLE_INCOMPLETE: "A sampled serial number is not measured",
}


class ReportFacts(Facts):
    """What judging a report must know beyond the lot (see `licenses.signatures`)."""

    report: LabReport | None
    """The report as read; None: it could not be read as one."""
    report_sha256: str
    """Of its canonical form; of what was handed in where it could not be read."""
    signed_with: str | None
    """The public key that the signature over the canonical form fits, given that it is the key
    named by the command and in use by the laboratory named by the report; None: forged."""
    laboratory_accredited: bool
    """The laboratory that the report names is accredited now."""
    used_for_shipment_id: UUID | None = None
    """Another shipment for which this report or this laboratory's report number counted."""
    testing: TestingRule
    edition: str


def refusal_of(event: Event) -> Refused | None:
    """Say how to answer once `event` is recorded; None: with success."""
    return _refusal(event) if isinstance(event, ReportRefused) else None


def submit_report(
    command: SubmitReport, state: LabTestState, facts: ReportFacts
) -> list[LabTestEvent]:
    """Accept a genuine, complete report of this lot's sample and certify or withhold on it."""
    current = registered(state)
    report = facts.report
    if _counts_already(current, facts):
        return []
    if report is None:
        return _flawed(command, current, facts, ReportFlaw.MALFORMED)
    if facts.signed_with is None:
        return _flawed(command, current, facts, ReportFlaw.FORGED)
    flaw = _flaw_of_origin(report, current, facts)
    if flaw is not None:
        return _flawed(command, current, facts, flaw)
    if not isinstance(current, Sampled):
        raise Refused("lab_test_not_sampled", "No sample waits for its report")
    flaw = _flaw_of_sample(report, current, facts)
    if flaw is not None:
        return _flawed(command, current, facts, flaw)
    accepted = ReportAccepted(
        shipment_id=current.lot.shipment_id,
        report=report,
        report_sha256=facts.report_sha256,
        signature=command.signature,
        key_id=command.key_id,
        public_key=facts.signed_with,
    )
    return [accepted, _judgement(report, current, facts)]


def _counts_already(state: Registered, facts: ReportFacts) -> bool:
    match state:
        case Certified():
            counting = state.certificate.report_sha256
        case Failed():
            counting = state.withheld.report_sha256
        case _:
            return False
    return facts.signed_with is not None and counting == facts.report_sha256


def _flaw_of_origin(report: LabReport, state: Registered, facts: ReportFacts) -> ReportFlaw | None:
    """Look for what is wrong with a report whatever the sample."""
    known = state.reports.accepted
    replayed = facts.used_for_shipment_id is not None or any(
        item.report_sha256 == facts.report_sha256
        or (item.laboratory_id, item.report_number) == (report.laboratory_id, report.report_number)
        for item in known
    )
    flaws = {
        ReportFlaw.LABORATORY_NOT_ACCREDITED: not facts.laboratory_accredited,
        ReportFlaw.REPLAYED: replayed,
        ReportFlaw.FOREIGN_LOT: report.shipment_id != state.lot.shipment_id,
    }
    return next((flaw for flaw, applies in flaws.items() if applies), None)


def _flaw_of_sample(report: LabReport, state: Sampled, facts: ReportFacts) -> ReportFlaw | None:
    """Look for what is wrong with a report about the sample that was drawn."""
    sample = state.sample
    measured = [measurement.serial for measurement in report.measurements]
    # A laboratory may write whole seconds; the drawing is known to the microsecond.
    earliest = sample.drawn_at - timedelta(microseconds=sample.drawn_at.microsecond)
    flaws = {
        ReportFlaw.OTHER_LABORATORY: report.laboratory_id != sample.laboratory_id,
        ReportFlaw.TIME_IMPLAUSIBLE: not earliest <= report.tested_at <= facts.now,
        ReportFlaw.SERIAL_REPEATED: len(set(measured)) < len(measured),
        ReportFlaw.SERIAL_NOT_SAMPLED: not set(measured) <= set(sample.serials),
        ReportFlaw.SAMPLE_INCOMPLETE: not set(sample.serials) <= set(measured),
    }
    return next((flaw for flaw, applies in flaws.items() if applies), None)


def _flawed(
    command: SubmitReport, state: Registered, facts: ReportFacts, flaw: ReportFlaw
) -> list[LabTestEvent]:
    report = facts.report
    event = ReportRefused(
        shipment_id=state.lot.shipment_id,
        flaw=flaw,
        report_sha256=facts.report_sha256,
        signature=command.signature,
        key_id=command.key_id,
        claimed_laboratory_id=None if report is None else report.laboratory_id,
        claimed_shipment_id=None if report is None else report.shipment_id,
        claimed_report_number=None if report is None else report.report_number,
        citation=facts.testing.citation,
    )
    if (facts.report_sha256, flaw) in state.reports.refused:
        raise _refusal(event)  # recorded before
    return [event]


def _refusal(event: ReportRefused) -> Refused:
    return Refused(event.flaw.value, _REASONS[event.flaw], citation=event.citation)


def _judgement(
    report: LabReport, state: Sampled, facts: ReportFacts
) -> CertificateIssued | CertificateWithheld:
    findings = judge(report, facts.testing, state.lot.declared)
    if not findings:
        return _certificate(report, state, facts)
    return CertificateWithheld(
        shipment_id=state.lot.shipment_id,
        laboratory_id=report.laboratory_id,
        report_number=report.report_number,
        report_sha256=facts.report_sha256,
        findings=findings,
        highest=highest(report),
        edition=facts.edition,
        citation=facts.testing.citation,
    )


def _certificate(report: LabReport, state: Sampled, facts: ReportFacts) -> CertificateIssued:
    return CertificateIssued(
        shipment_id=state.lot.shipment_id,
        certificate_number=f"TC-{facts.report_sha256[:12].upper()}",
        laboratory_id=report.laboratory_id,
        report_number=report.report_number,
        report_sha256=facts.report_sha256,
        lot_size=len(state.lot.serials),
        sampled=len(state.sample.serials),
        highest=highest(report),
        tested_in=report.tested_in,
        tested_at=report.tested_at,
        edition=facts.edition,
        citation=facts.testing.citation,
    )
