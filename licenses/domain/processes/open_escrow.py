"""Opens the escrow of a license that was granted. Pure."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import State
from licenses.domain.escrow.events import EscrowOpened
from licenses.domain.license.events import LicenseGranted
from licenses.domain.processes.model import Intent, Noted, Process


class OpenEscrowFor(Intent):
    """Open the account of this license."""

    license_id: UUID


class Granting(State):
    """Licenses of the deal, with and without an account."""

    granted: frozenset[UUID] = frozenset()
    opened: frozenset[UUID] = frozenset()


def evolve(state: Granting, noted: Noted) -> Granting:
    """Note a grant or an opened account."""
    match noted.event:
        case LicenseGranted():
            return replace(state, granted=state.granted | {noted.stream_id})
        case EscrowOpened(license_id=license_id):
            return replace(state, opened=state.opened | {license_id})
        case _:
            return state


def react(state: Granting) -> tuple[Intent, ...]:
    """Ask for every account that is missing."""
    return tuple(OpenEscrowFor(license_id=key) for key in sorted(state.granted - state.opened))


PROCESS: Final = Process(
    name="open_escrow",
    initial=Granting(),
    triggers=(LicenseGranted,),
    listens=(LicenseGranted, EscrowOpened),
    evolve=evolve,
    react=react,
)
