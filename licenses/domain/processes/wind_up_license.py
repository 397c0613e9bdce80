"""Winds up a license that ended or was banned: shipments, volume, money. Pure.

Revoked or expired: what has not left is stopped, held volume goes back. Revoked, or suspended
because an edition bans the product: the escrow is forfeited where that edition says so.
"""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import State, Value
from licenses.domain.allotment.commands import LicenseEnd
from licenses.domain.allotment.events import VolumeReleased
from licenses.domain.escrow.events import EscrowForfeited, EscrowOpened, ForfeitReason
from licenses.domain.license.events import (
    LicenseExpired,
    LicenseGranted,
    LicenseRevoked,
    LicenseSuspended,
)
from licenses.domain.license.terms import LicensedLine
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.shipment.events import (
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentRequested,
    ShipmentStopped,
)


class StopShipmentOf(Intent):
    """Stop a shipment that has not left."""

    shipment_id: UUID
    reason: str
    edition: str | None


class ReleaseHeldVolume(Intent):
    """Give back what a line of an ended license still holds."""

    allotment_id: UUID
    license_id: UUID
    line: int
    license_end: LicenseEnd


class ForfeitEscrowOf(Intent):
    """Forfeit what the escrow of a license holds, if the edition says so."""

    license_id: UUID
    reason: ForfeitReason
    edition: str


class Ending(Value):
    """Why nothing more leaves under the license."""

    reason: str
    edition: str | None = None
    license_end: LicenseEnd | None = None
    forfeit: ForfeitReason | None = None


class WindingUp(State):
    """What the license holds, what became of it, and how it ended."""

    license_id: UUID | None = None
    lines: tuple[LicensedLine, ...] = ()
    has_escrow: bool = False
    is_forfeited: bool = False
    endings: tuple[Ending, ...] = ()
    released: frozenset[int] = frozenset()
    requested: frozenset[UUID] = frozenset()
    closed: frozenset[UUID] = frozenset()


def evolve(state: WindingUp, noted: Noted) -> WindingUp:  # noqa: PLR0911 -- one case an event
    """Note one event of the deal."""
    match noted.event:
        case LicenseGranted(terms=terms):
            return replace(state, license_id=noted.stream_id, lines=terms.lines)
        case EscrowOpened():
            return replace(state, has_escrow=True)
        case EscrowForfeited():
            return replace(state, is_forfeited=True)
        case VolumeReleased(line=line, license_end=end) if end is not None:
            return replace(state, released=state.released | {line})
        case ShipmentRequested():
            return replace(state, requested=state.requested | {noted.stream_id})
        case ShipmentDispatched() | ShipmentCancelled() | ShipmentStopped():
            return replace(state, closed=state.closed | {noted.stream_id})
        case LicenseRevoked() | LicenseExpired() | LicenseSuspended():
            ending = _ending(noted.event)
            return replace(state, endings=(*state.endings, ending)) if ending else state
        case _:
            return state


def _ending(event: LicenseRevoked | LicenseExpired | LicenseSuspended) -> Ending | None:
    match event:
        case LicenseRevoked():
            return Ending(
                reason=f"The license was revoked: {event.reason}",
                edition=event.edition,
                license_end=LicenseEnd.REVOKED,
                forfeit=ForfeitReason.REVOCATION,
            )
        case LicenseExpired():
            return Ending(reason="The license has expired", license_end=LicenseEnd.EXPIRED)
        case LicenseSuspended(edition=edition) if edition is not None:
            return Ending(
                reason=f"Banned by edition {edition}: {event.reason}",
                edition=edition,
                forfeit=ForfeitReason.BAN,
            )
        case _:
            return None  # an officer's suspension may be lifted: everything waits


def react(state: WindingUp) -> tuple[Intent, ...]:
    """Name everything that is left to wind up; nothing as long as the license may ship."""
    if state.license_id is None or not state.endings:
        return ()
    return (*_stops(state), *_releases(state), *_forfeitures(state))


def _stops(state: WindingUp) -> tuple[Intent, ...]:
    first = min(state.endings, key=lambda ending: (ending.edition is None, ending.reason))
    return tuple(
        StopShipmentOf(shipment_id=shipment_id, reason=first.reason, edition=first.edition)
        for shipment_id in sorted(state.requested - state.closed)
    )


def _releases(state: WindingUp) -> tuple[Intent, ...]:
    ends = [ending.license_end for ending in state.endings if ending.license_end is not None]
    if not ends or state.license_id is None:
        return ()
    return tuple(
        ReleaseHeldVolume(
            allotment_id=line.allotment_id,
            license_id=state.license_id,
            line=line.line,
            license_end=min(ends),
        )
        for line in state.lines
        if line.allotment_id is not None and line.line not in state.released
    )


def _forfeitures(state: WindingUp) -> tuple[Intent, ...]:
    if not state.has_escrow or state.is_forfeited or state.license_id is None:
        return ()
    return tuple(
        ForfeitEscrowOf(license_id=state.license_id, reason=ending.forfeit, edition=ending.edition)
        for ending in state.endings
        if ending.forfeit is not None and ending.edition is not None
    )


PROCESS: Final = Process(
    name="wind_up_license",
    initial=WindingUp(),
    triggers=(
        *(LicenseRevoked, LicenseExpired, LicenseSuspended),
        *(EscrowOpened, ShipmentRequested),
    ),
    listens=(
        *(LicenseGranted, LicenseRevoked, LicenseExpired, LicenseSuspended),
        *(EscrowOpened, EscrowForfeited, VolumeReleased),
        *(ShipmentRequested, ShipmentDispatched, ShipmentCancelled, ShipmentStopped),
    ),
    evolve=evolve,
    react=react,
)
