"""The states of a shipment and how events move it. Pure."""

from typing import Final, TypeAlias

import msgspec

from audits.kernel import State
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
from licenses.domain.shipment.values import (
    Clearance,
    Delivery,
    Departure,
    Papers,
    ShipmentTerms,
)


class NotRequested(State):
    """Nothing happened yet."""


class Requested(State):
    """Waits for its conditions; `clearance` is the last assessment, if there was one."""

    terms: ShipmentTerms
    papers: Papers = Papers()
    clearance: Clearance | None = None


class Cleared(State):
    """The last assessment found that all twelve conditions hold."""

    terms: ShipmentTerms
    papers: Papers
    clearance: Clearance


class Dispatched(State):
    """It left."""

    terms: ShipmentTerms
    departure: Departure


class Delivered(State):
    """It arrived."""

    terms: ShipmentTerms
    departure: Departure
    delivery: Delivery


class Cancelled(State):
    """The exporter gave it up."""

    terms: ShipmentTerms


class Stopped(State):
    """The office or a rule stopped it."""

    terms: ShipmentTerms


Waiting: TypeAlias = Requested | Cleared
Known: TypeAlias = Requested | Cleared | Dispatched | Delivered | Cancelled | Stopped
ShipmentState: TypeAlias = NotRequested | Known

INITIAL: Final[ShipmentState] = NotRequested()


def evolve(state: ShipmentState, event: ShipmentEvent) -> ShipmentState:  # noqa: PLR0911 (one case a transition)
    """Move `state` by `event`; raises TypeError for an event that cannot follow."""
    match state, event:
        case NotRequested(), ShipmentRequested():
            return Requested(terms=event.terms)
        case Requested() | Cleared(), EndUserStatementHeld() | GateRecorded() | ExportFiled():
            return msgspec.structs.replace(state, papers=_filed(state.papers, event))
        case Requested() | Cleared(), ClearanceAssessed():
            case = Cleared if event.clearance.holds else Requested
            return case(terms=state.terms, papers=state.papers, clearance=event.clearance)
        case Requested() | Cleared(), ShipmentDispatched():
            return Dispatched(terms=state.terms, departure=_departure(event))
        case Dispatched(), DeliveryVerified():
            return Delivered(terms=state.terms, departure=state.departure, delivery=event.delivery)
        case Requested() | Cleared(), ShipmentCancelled():
            return Cancelled(terms=state.terms)
        case Requested() | Cleared(), ShipmentStopped():
            return Stopped(terms=state.terms)
        case _:
            raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")


def _filed(papers: Papers, event: EndUserStatementHeld | GateRecorded | ExportFiled) -> Papers:
    if isinstance(event, EndUserStatementHeld):
        return msgspec.structs.replace(papers, statement=event.statement)
    if isinstance(event, ExportFiled):
        return msgspec.structs.replace(papers, filing=event.filing)
    others = tuple(gate for gate in papers.gates if gate.kind is not event.gate.kind)
    return msgspec.structs.replace(papers, gates=(*others, event.gate))


def _departure(event: ShipmentDispatched) -> Departure:
    return Departure(itn=event.itn, serials=event.serials, dispatched_at=event.dispatched_at)
