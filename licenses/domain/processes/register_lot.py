"""Registers the lot of a requested shipment with its laboratory test. Pure."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import State
from licenses.domain.lab_test.events import LotRegistered
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.shipment.events import ShipmentRequested


class RegisterLotOf(Intent):
    """Register the lot of this shipment."""

    shipment_id: UUID


class Requesting(State):
    """Shipments of the deal, with and without a registered lot."""

    requested: frozenset[UUID] = frozenset()
    registered: frozenset[UUID] = frozenset()


def evolve(state: Requesting, noted: Noted) -> Requesting:
    """Note a request or a registered lot."""
    match noted.event:
        case ShipmentRequested():
            return replace(state, requested=state.requested | {noted.stream_id})
        case LotRegistered(shipment_id=shipment_id):
            return replace(state, registered=state.registered | {shipment_id})
        case _:
            return state


def react(state: Requesting) -> tuple[Intent, ...]:
    """Ask for every lot that is missing."""
    missing = sorted(state.requested - state.registered)
    return tuple(RegisterLotOf(shipment_id=shipment_id) for shipment_id in missing)


PROCESS: Final = Process(
    name="register_lot",
    initial=Requesting(),
    triggers=(ShipmentRequested,),
    listens=(ShipmentRequested, LotRegistered),
    evolve=evolve,
    react=react,
)
