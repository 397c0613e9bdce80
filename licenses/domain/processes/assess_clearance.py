"""Assesses the clearance of waiting shipments anew when something that it rests on changed. Pure."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import State
from licenses.domain.escrow.events import (
    DepositBooked,
    DepositReversed,
    EscrowForfeited,
    EscrowFunded,
    RefundWaived,
    ReversalUndone,
)
from licenses.domain.lab_test.events import CertificateIssued, CertificateVoided
from licenses.domain.license.events import (
    LicenseReinstated,
    LicenseSuspended,
    ProvisosAcknowledged,
)
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.remittance.events import RemittanceConfirmed
from licenses.domain.shipment.events import (
    EndUserStatementHeld,
    ExportFiled,
    GateRecorded,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentRequested,
    ShipmentStopped,
)


class AssessClearanceOf(Intent):
    """Judge the twelve conditions of this shipment now."""

    shipment_id: UUID


class Waiting(State):
    """Shipments of the deal that were requested, and those that left or never will."""

    requested: frozenset[UUID] = frozenset()
    closed: frozenset[UUID] = frozenset()


def evolve(state: Waiting, noted: Noted) -> Waiting:
    """Note a request or its end."""
    match noted.event:
        case ShipmentRequested():
            return replace(state, requested=state.requested | {noted.stream_id})
        case ShipmentDispatched() | ShipmentCancelled() | ShipmentStopped():
            return replace(state, closed=state.closed | {noted.stream_id})
        case _:
            return state


def react(state: Waiting) -> tuple[Intent, ...]:
    """Ask for an assessment of every shipment that still waits."""
    waiting = sorted(state.requested - state.closed)
    return tuple(AssessClearanceOf(shipment_id=shipment_id) for shipment_id in waiting)


PROCESS: Final = Process(
    name="assess_clearance",
    initial=Waiting(),
    triggers=(
        *(ShipmentRequested, EndUserStatementHeld, GateRecorded, ExportFiled),
        # Beside the last payment: one that the bank takes back, and one that makes up for it.
        *(EscrowFunded, DepositReversed, ReversalUndone, DepositBooked),
        *(EscrowForfeited, RefundWaived, RemittanceConfirmed),
        *(CertificateIssued, CertificateVoided),
        *(ProvisosAcknowledged, LicenseSuspended, LicenseReinstated),
    ),
    listens=(ShipmentRequested, ShipmentDispatched, ShipmentCancelled, ShipmentStopped),
    evolve=evolve,
    react=react,
)
