"""Decisions on a shipment. Pure."""

from datetime import date, timedelta
from typing import Final

from audits.kernel import Decider, Facts, Refused
from licenses.domain.policy.evaluation import unmet
from licenses.domain.shipment.commands import (
    AssessClearance,
    CancelShipment,
    DispatchShipment,
    FileExport,
    HoldEndUserStatement,
    RecordGate,
    RequestShipment,
    StopShipment,
    VerifyDelivery,
)
from licenses.domain.shipment.events import (
    ClearanceAssessed,
    DeliveryVerified,
    EndUserStatementHeld,
    ExportFiled,
    GateRecorded,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentEvent,
    ShipmentRequested,
    ShipmentStopped,
)
from licenses.domain.shipment.facts import (
    AssessmentFacts,
    DispatchFacts,
    ExportFacts,
    LicenseBasis,
    RequestFacts,
)
from licenses.domain.shipment.guards import (
    require_clearance,
    require_departure,
    require_filing,
    require_license,
    require_lot,
    require_unique,
)
from licenses.domain.shipment.state import (
    INITIAL,
    Cancelled,
    Cleared,
    Delivered,
    Dispatched,
    NotRequested,
    Requested,
    ShipmentState,
    Stopped,
    Waiting,
    evolve,
)
from licenses.domain.shipment.values import (
    Clearance,
    Delivery,
    Filing,
    Gate,
    ShipmentTerms,
    Statement,
)

EASTERNMOST: Final = timedelta(hours=14)
"""How far the earliest local time on earth is ahead of UTC: a date there may be tomorrow's."""


def request_shipment(
    command: RequestShipment, state: ShipmentState, facts: RequestFacts
) -> list[ShipmentEvent]:
    """Take up a lot under a license line."""
    if not isinstance(state, NotRequested):
        if _asks_for(command, state.terms):
            return []  # already requested: retrying is safe
        raise Refused("shipment_already_requested", "This shipment was requested otherwise")
    basis = require_license(command, facts)
    require_lot(command, facts)
    return [ShipmentRequested(terms=_terms(command, basis), edition=facts.edition)]


def hold_end_user_statement(
    command: HoldEndUserStatement, state: ShipmentState, facts: Facts
) -> list[ShipmentEvent]:
    """Keep the end-user statement; a later one replaces it."""
    waiting = _waiting(state)
    statement = Statement(
        reference=command.reference, document=command.document, issued_on=command.issued_on
    )
    if waiting.papers.statement == statement:
        return []  # already held: retrying is safe
    _require_past("statement_in_future", command.issued_on, facts)
    return [EndUserStatementHeld(statement=statement)]


def record_gate(command: RecordGate, state: ShipmentState, _facts: Facts) -> list[ShipmentEvent]:
    """Record how a gate of the destination stands; a later record replaces it."""
    waiting = _waiting(state)
    gate = Gate(
        kind=command.kind,
        cleared=command.cleared,
        units_left=command.units_left,
        document=command.document,
    )
    return [] if gate in waiting.papers.gates else [GateRecorded(gate=gate)]


def file_export(
    command: FileExport, state: ShipmentState, facts: ExportFacts
) -> list[ShipmentEvent]:
    """Record the filing that names this license and these goods."""
    waiting = _waiting(state)
    filing = Filing(
        itn=command.itn,
        license_code=command.license_code,
        license_number=command.license_number,
        eccn=command.eccn,
    )
    if waiting.papers.filing == filing:
        return []  # already filed: retrying is safe
    require_filing(command, waiting.terms, facts)
    return [ExportFiled(filing=filing, edition=facts.edition)]


def assess_clearance(
    _command: AssessClearance, state: ShipmentState, facts: AssessmentFacts
) -> list[ShipmentEvent]:
    """Judge the shipment; what comes to the same as before leaves no event."""
    waiting = _waiting(state)
    clearance = Clearance(
        holds=not unmet(facts.verdicts), verdicts=facts.verdicts, edition=facts.edition
    )
    if waiting.clearance is not None and clearance.agrees_with(waiting.clearance):
        return []
    return [ClearanceAssessed(clearance=clearance)]


def dispatch_shipment(
    command: DispatchShipment, state: ShipmentState, facts: DispatchFacts
) -> list[ShipmentEvent]:
    """Let the goods leave, if all twelve conditions hold at this moment, whatever held before."""
    if isinstance(state, Dispatched | Delivered) and (
        (state.departure.itn, set(state.departure.serials)) == (command.itn, set(command.serials))
    ):
        return []  # already dispatched: retrying is safe
    waiting = _waiting(state)
    require_unique(command.serials)
    require_clearance(facts.verdicts)
    require_departure(command, waiting, facts)
    terms, quantity = waiting.terms, len(command.serials)
    return [
        ShipmentDispatched(
            license_id=terms.license_id,
            license_number=terms.license_number,
            exporter_id=terms.exporter_id,
            line=terms.line,
            product_id=terms.product_id,
            allotment_id=terms.allotment_id,
            quantity=quantity,
            short=terms.quantity - quantity,
            serials=command.serials,
            itn=command.itn,
            value_cents=quantity * terms.unit_price_cents,
            entered_value_cents=terms.entered_value_cents,
            currency=terms.currency,
            dispatched_at=facts.now,
            edition=facts.edition,
            verdicts=facts.verdicts,
        )
    ]


def verify_delivery(
    command: VerifyDelivery, state: ShipmentState, facts: Facts
) -> list[ShipmentEvent]:
    """Record the proof of arrival, once."""
    delivery = Delivery(
        delivered_on=command.delivered_on,
        received_by=command.received_by,
        document=command.document,
    )
    if isinstance(state, Delivered):
        if state.delivery == delivery:
            return []  # already verified: retrying is safe
        raise Refused("delivery_already_verified", "The delivery was verified otherwise")
    if isinstance(state, NotRequested):
        raise _not_requested()
    if not isinstance(state, Dispatched):
        raise Refused("shipment_not_dispatched", "Nothing has left under this shipment")
    if command.delivered_on < state.departure.dispatched_at.date():
        raise Refused("delivery_before_dispatch", "It cannot arrive before it leaves")
    _require_past("delivery_in_future", command.delivered_on, facts)
    return [DeliveryVerified(license_id=state.terms.license_id, delivery=delivery)]


def cancel_shipment(
    command: CancelShipment, state: ShipmentState, _facts: Facts
) -> list[ShipmentEvent]:
    """Give up a shipment that has not left."""
    if isinstance(state, Cancelled):
        return []  # already cancelled: retrying is safe
    waiting = _waiting(state)
    return [ShipmentCancelled(license_id=waiting.terms.license_id, reason=command.reason)]


def stop_shipment(
    command: StopShipment, state: ShipmentState, _facts: Facts
) -> list[ShipmentEvent]:
    """Stop a shipment that has not left."""
    if isinstance(state, Stopped):
        return []  # already stopped: retrying is safe
    waiting = _waiting(state)
    return [
        ShipmentStopped(
            license_id=waiting.terms.license_id,
            reason=command.reason,
            edition=command.edition,
            citation=command.citation,
        )
    ]


DECIDER: Final[Decider[ShipmentState]] = Decider(
    aggregate="shipment",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        RequestShipment: request_shipment,
        HoldEndUserStatement: hold_end_user_statement,
        RecordGate: record_gate,
        FileExport: file_export,
        AssessClearance: assess_clearance,
        DispatchShipment: dispatch_shipment,
        VerifyDelivery: verify_delivery,
        CancelShipment: cancel_shipment,
        StopShipment: stop_shipment,
    },
)


def _asks_for(command: RequestShipment, terms: ShipmentTerms) -> bool:
    return all(
        getattr(terms, field) == getattr(command, field) for field in command.__struct_fields__
    )


def _terms(command: RequestShipment, basis: LicenseBasis) -> ShipmentTerms:
    return ShipmentTerms(
        license_id=command.license_id,
        license_number=basis.license_number,
        exporter_id=basis.exporter_id,
        line=command.line,
        product_id=basis.line.product_id,
        allotment_id=basis.line.allotment_id,
        model=basis.line.model,
        eccn=basis.line.eccn,
        quantity=command.quantity,
        serials=command.serials,
        consignee_ids=command.consignee_ids,
        unit_price_cents=basis.line.unit_price_cents,
        entered_value_cents=command.entered_value_cents,
        currency=basis.currency,
        destination_country=basis.destination_country,
        end_use=basis.end_use,
    )


def _waiting(state: ShipmentState) -> Waiting:
    """Give the state back if the goods are still here and may leave; raises Refused."""
    if isinstance(state, Requested | Cleared):
        return state
    if isinstance(state, NotRequested):
        raise _not_requested()
    if isinstance(state, Dispatched | Delivered):
        raise Refused("shipment_already_dispatched", "What has left is never undone")
    raise Refused("shipment_not_open", f"The shipment was {type(state).__name__.lower()}")


def _not_requested() -> Refused:
    return Refused("shipment_not_requested", "There is no such shipment")


def _require_past(code: str, day: date, facts: Facts) -> None:
    if day > (facts.now + EASTERNMOST).date():
        raise Refused(code, f"{day} is not here yet anywhere on earth")
