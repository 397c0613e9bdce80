"""Facts for laboratories and their tests."""

from typing import Any
from uuid import UUID

from audits.execution import Desk
from audits.kernel import Refused
from audits.reading import Loaded
from licenses import signatures
from licenses.domain import laboratory, shipment
from licenses.domain.lab_test.commands import SubmitReport
from licenses.domain.lab_test.decisions import DrawFacts, LotFacts, VoidFacts
from licenses.domain.lab_test.state import Certified, LabTestState, Sampled
from licenses.domain.lab_test.submission import ReportFacts
from licenses.domain.laboratory.decisions import AccreditFacts
from licenses.domain.laboratory.state import Accredited, Disqualified, LaboratoryState
from licenses.editions import edition_in_force
from licenses.gathering.common import common
from licenses.gathering.lookups import lookups


def accredit_facts(desk: Desk, _command: Any, _loaded: Loaded[Any]) -> AccreditFacts:
    """Gather the testing rule in force."""
    edition = edition_in_force(desk.context.now)
    return AccreditFacts(**common(desk), testing=edition.testing, edition=edition.name)


def own_laboratory(desk: Desk) -> Loaded[Any] | None:
    """Load the laboratory for which the actor's organization acts."""
    own = lookups().laboratory_of(desk, desk.context.actor.organization_id)
    return desk.load(laboratory.DECIDER, own) if own else None


def lot_facts(desk: Desk, _command: Any, _loaded: Loaded[LabTestState]) -> LotFacts:
    """Gather the testing rule in force: a lot may be too large to sample."""
    return LotFacts(**common(desk), testing=edition_in_force(desk.context.now).testing)


def draw_facts(desk: Desk, _command: Any, loaded: Loaded[LabTestState]) -> DrawFacts:
    """Gather whose sample it is and whether that laboratory may test today."""
    own = own_laboratory(desk)
    if own is None:
        raise Refused("laboratory_not_accredited", "This organization is no laboratory")
    edition = edition_in_force(desk.context.now)
    state = loaded.state
    earlier = (
        desk.load(laboratory.DECIDER, state.sample.laboratory_id)
        if isinstance(state, Sampled)
        else None
    )
    return DrawFacts(
        **common(desk),
        laboratory_id=own.stream_id,
        laboratory_accredited=isinstance(own.state, Accredited),
        earlier_laboratory_accredited=earlier is None or isinstance(earlier.state, Accredited),
        testing=edition.testing,
        edition=edition.name,
    )


def report_facts(desk: Desk, command: SubmitReport, loaded: Loaded[LabTestState]) -> ReportFacts:
    """Open the report, check its signature under the named laboratory's key, look for replays."""
    edition = edition_in_force(desk.context.now)
    handed_in = signatures.open_report(command.report)
    report = handed_in.report
    state = desk.load(laboratory.DECIDER, report.laboratory_id).state if report else None
    public_key = _key_named(state, command.key_id)
    return ReportFacts(
        **common(desk),
        report=report,
        report_sha256=handed_in.sha256,
        signed_with=public_key if handed_in.is_signed(command.signature, public_key) else None,
        laboratory_accredited=isinstance(state, Accredited),
        used_for_shipment_id=_used_for(desk, handed_in, loaded),
        testing=edition.testing,
        edition=edition.name,
    )


def _key_named(state: LaboratoryState | None, key_id: str) -> str | None:
    """Give the laboratory's key in use, if it is the one named; the last one of a lost one."""
    match state:
        case Accredited() if state.key_id == key_id:
            return state.public_key
        case Disqualified() if state.terms.key_id == key_id:
            return state.terms.public_key
        case _:
            return None


def _used_for(
    desk: Desk, handed_in: signatures.OpenedReport, loaded: Loaded[LabTestState]
) -> UUID | None:
    report = handed_in.report
    if report is None:
        return None
    shipment_id = loaded.state.lot.shipment_id  # type: ignore[union-attr]  # it was registered
    number = (report.laboratory_id, report.report_number)
    return lookups().report_used_for(desk, handed_in.sha256, number, but=shipment_id)


def is_accredited(desk: Desk, laboratory_id: UUID) -> bool:
    """Tell whether a laboratory counts."""
    return isinstance(desk.load(laboratory.DECIDER, laboratory_id).state, Accredited)


def void_facts(desk: Desk, _command: Any, loaded: Loaded[LabTestState]) -> VoidFacts:
    """Gather whether the laboratory still counts and whether the lot has left.

    The shipment is read without a lock: a dispatch locks it before the test, and has the test
    locked until it is through.
    """
    state = loaded.state
    accredited = dispatched = False
    if isinstance(state, Certified):
        accredited = is_accredited(desk, state.certificate.laboratory_id)
        left = desk.peek(shipment.DECIDER, state.lot.shipment_id).state
        dispatched = hasattr(left, "departure")
    return VoidFacts(**common(desk), laboratory_accredited=accredited, dispatched=dispatched)
