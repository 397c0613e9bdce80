"""Reconciles a remittance with the ledger once the Treasury has confirmed it. Pure."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import State
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.remittance.events import RemittanceConfirmed, RemittanceReconciled


class ReconcileWithLedger(Intent):
    """Compare this remittance with the ledger and close it."""

    remittance_id: UUID


class Confirming(State):
    """Remittances of the deal that were confirmed, and those that were reconciled."""

    confirmed: frozenset[UUID] = frozenset()
    reconciled: frozenset[UUID] = frozenset()


def evolve(state: Confirming, noted: Noted) -> Confirming:
    """Note a confirmation or a reconciliation."""
    match noted.event:
        case RemittanceConfirmed():
            return replace(state, confirmed=state.confirmed | {noted.stream_id})
        case RemittanceReconciled():
            return replace(state, reconciled=state.reconciled | {noted.stream_id})
        case _:
            return state


def react(state: Confirming) -> tuple[Intent, ...]:
    """Ask for every reconciliation that is missing."""
    missing = sorted(state.confirmed - state.reconciled)
    return tuple(ReconcileWithLedger(remittance_id=remittance_id) for remittance_id in missing)


PROCESS: Final = Process(
    name="reconcile_remittance",
    initial=Confirming(),
    triggers=(RemittanceConfirmed,),
    listens=(RemittanceConfirmed, RemittanceReconciled),
    evolve=evolve,
    react=react,
)
