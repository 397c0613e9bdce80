"""The cases of a laboratory test and how events move between them."""

from collections.abc import Mapping
from typing import Final, assert_never
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Event, Refused, State, Value, require_follows
from licenses.domain.lab_test.events import (
    CertificateIssued,
    CertificateVoided,
    CertificateWithheld,
    LabTestEvent,
    LotRegistered,
    ReportAccepted,
    ReportFlaw,
    ReportRefused,
    SampleDrawn,
)


class KnownReport(Value):
    """A report that counted for this lot once, even if its certificate was voided since."""

    laboratory_id: UUID
    report_number: str
    report_sha256: str


class Reports(Value):
    """Every report that was handed in for this lot."""

    accepted: tuple[KnownReport, ...] = ()
    refused: tuple[tuple[str, ReportFlaw], ...] = ()
    """SHA-256 and flaw."""


class NotRegistered(State):
    """The shipment has no lot yet."""


class Sampling(State):
    """Waits for a laboratory to draw."""

    lot: LotRegistered
    reports: Reports


class Sampled(State):
    """Waits for the report of the laboratory that drew."""

    lot: LotRegistered
    reports: Reports
    sample: SampleDrawn


class Certified(State):
    """The lot may leave, as far as the test is concerned."""

    lot: LotRegistered
    reports: Reports
    sample: SampleDrawn
    certificate: CertificateIssued


class Failed(State):
    """The lot may not leave, for good."""

    lot: LotRegistered
    reports: Reports
    sample: SampleDrawn
    withheld: CertificateWithheld


class Voided(State):
    """The certificate was taken back; another laboratory may draw anew."""

    lot: LotRegistered
    reports: Reports
    voided: CertificateVoided


Registered = Sampling | Sampled | Certified | Failed | Voided
LabTestState = NotRegistered | Sampling | Sampled | Certified | Failed | Voided
INITIAL: Final[LabTestState] = NotRegistered()


def registered(state: LabTestState) -> Registered:
    """Give the state on, unless there is no lot yet."""
    if isinstance(state, NotRegistered):
        raise Refused("lot_not_registered", "This shipment has no lot yet")
    return state


FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    LotRegistered: (NotRegistered,),
    SampleDrawn: (Sampling, Sampled, Voided),
    ReportRefused: (Sampling, Sampled, Certified, Failed, Voided),
    ReportAccepted: (Sampled,),
    CertificateIssued: (Sampled,),
    CertificateWithheld: (Sampled,),
    CertificateVoided: (Certified,),
}


def evolve(state: LabTestState, event: LabTestEvent) -> LabTestState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, LotRegistered):
        return Sampling(lot=event, reports=Reports())
    if isinstance(state, NotRegistered):
        raise TypeError(f"{type(event).__name__} before LotRegistered")
    match event:
        case ReportRefused() | ReportAccepted():
            return replace(state, reports=_filed(state.reports, event))
        case SampleDrawn():
            return Sampled(lot=state.lot, reports=state.reports, sample=event)
        case CertificateVoided():
            return Voided(lot=state.lot, reports=state.reports, voided=event)
        case CertificateIssued() | CertificateWithheld():
            return _judged(state, event)
        case _:
            assert_never(event)


def _filed(reports: Reports, event: ReportRefused | ReportAccepted) -> Reports:
    match event:
        case ReportRefused():
            refused = (*reports.refused, (event.report_sha256, event.flaw))
            return replace(reports, refused=refused)
        case ReportAccepted():
            known = KnownReport(
                laboratory_id=event.report.laboratory_id,
                report_number=event.report.report_number,
                report_sha256=event.report_sha256,
            )
            return replace(reports, accepted=(*reports.accepted, known))
        case _:
            assert_never(event)


def _judged(state: Registered, event: CertificateIssued | CertificateWithheld) -> LabTestState:
    if not isinstance(state, Sampled):
        raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")
    match event:
        case CertificateIssued():
            return Certified(
                lot=state.lot, reports=state.reports, sample=state.sample, certificate=event
            )
        case CertificateWithheld():
            return Failed(lot=state.lot, reports=state.reports, sample=state.sample, withheld=event)
        case _:
            assert_never(event)
