"""Assesses the levy on a shipment: at its release from escrow, or at import for testing. Pure."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import State
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.remittance.events import RemittanceAssessed
from licenses.domain.shipment.events import ShipmentDispatched, ShipmentRequested


class AssessLevyOn(Intent):
    """Assess the levy on this shipment, if the edition's levy falls due now."""

    shipment_id: UUID


class Levying(State):
    """Shipments on which a levy may be due, and those on which it was assessed."""

    due: frozenset[UUID] = frozenset()
    assessed: frozenset[UUID] = frozenset()


def evolve(state: Levying, noted: Noted) -> Levying:
    """Note what makes a levy due, and that it was assessed."""
    match noted.event:
        case EscrowReleased(shipment_id=shipment_id):
            return replace(state, due=state.due | {shipment_id})
        case ShipmentDispatched():
            return replace(state, due=state.due | {noted.stream_id})
        case ShipmentRequested(terms=terms) if terms.entered_value_cents is not None:
            return replace(state, due=state.due | {noted.stream_id})
        case RemittanceAssessed(shipment_id=shipment_id):
            return replace(state, assessed=state.assessed | {shipment_id})
        case _:
            return state


def react(state: Levying) -> tuple[Intent, ...]:
    """Ask for every assessment that is missing."""
    missing = sorted(state.due - state.assessed)
    return tuple(AssessLevyOn(shipment_id=shipment_id) for shipment_id in missing)


PROCESS: Final = Process(
    name="assess_remittance",
    initial=Levying(),
    triggers=(ShipmentDispatched, ShipmentRequested),
    listens=(EscrowReleased, ShipmentDispatched, ShipmentRequested, RemittanceAssessed),
    evolve=evolve,
    react=react,
)
