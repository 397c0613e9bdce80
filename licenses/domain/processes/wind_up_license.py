"""Winds up a license that ended or was banned: shipments, volume, money. Pure.

Revoked or expired: what has not left is stopped, held volume goes back. Revoked, or suspended
because an edition bans the product: the escrow is forfeited where that edition says so. A ban that
was lifted by a reinstatement winds nothing up any more.
"""

from collections.abc import Sequence
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
    LicenseReinstated,
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

    version: int
    """Of the license when it happened."""
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
    endings: frozenset[Ending] = frozenset()
    reinstated: int = 0
    """Version of the license at its last reinstatement: bans before it were lifted."""
    released: frozenset[tuple[UUID, int]] = frozenset()
    """Lines of ended licenses that hold nothing any more."""
    requested: frozenset[UUID] = frozenset()
    closed: frozenset[UUID] = frozenset()


def evolve(state: WindingUp, noted: Noted) -> WindingUp:
    """Note one event of the deal."""
    match noted.event:
        case EscrowOpened():
            return replace(state, has_escrow=True)
        case EscrowForfeited():
            return replace(state, is_forfeited=True)
        case VolumeReleased(license_id=license_id, line=line, license_end=end) if end is not None:
            return replace(state, released=state.released | {(license_id, line)})
        case ShipmentRequested():
            return replace(state, requested=state.requested | {noted.stream_id})
        case ShipmentDispatched() | ShipmentCancelled() | ShipmentStopped():
            return replace(state, closed=state.closed | {noted.stream_id})
        case _:
            return _of_license(state, noted)


def _of_license(state: WindingUp, noted: Noted) -> WindingUp:
    match noted.event:
        case LicenseGranted(terms=terms):
            return replace(state, license_id=noted.stream_id, lines=terms.lines)
        case LicenseReinstated():
            return replace(state, reinstated=max(state.reinstated, noted.version))
        case LicenseRevoked() | LicenseExpired() | LicenseSuspended():
            ending = _ending(noted.event, noted.version)
            return replace(state, endings=state.endings | {ending}) if ending else state
        case _:
            return state


def _ending(
    event: LicenseRevoked | LicenseExpired | LicenseSuspended, version: int
) -> Ending | None:
    match event:
        case LicenseRevoked():
            return Ending(
                version=version,
                reason=f"The license was revoked: {event.reason}",
                edition=event.edition,
                license_end=LicenseEnd.REVOKED,
                forfeit=ForfeitReason.REVOCATION,
            )
        case LicenseExpired():
            return Ending(
                version=version,
                reason="The license has expired",
                license_end=LicenseEnd.EXPIRED,
            )
        case LicenseSuspended(edition=edition) if edition is not None:
            return Ending(
                version=version,
                reason=f"Banned by edition {edition}: {event.reason}",
                edition=edition,
                forfeit=ForfeitReason.BAN,
            )
        case _:
            return None  # an officer's suspension may be lifted: everything waits


def react(state: WindingUp) -> tuple[Intent, ...]:
    """Name everything that is left to wind up; nothing as long as the license may ship."""
    endings = sorted(_standing(state), key=lambda ending: ending.version)
    if state.license_id is None or not endings:
        return ()
    return (
        *_stops(state, endings),
        *_forfeitures(state, state.license_id, endings),
        *_releases(state, state.license_id, endings),
    )


def _standing(state: WindingUp) -> tuple[Ending, ...]:
    """Select what still keeps the license from shipping: a reinstatement lifts earlier bans."""
    return tuple(
        ending
        for ending in state.endings
        if ending.license_end is not None or ending.version > state.reinstated
    )


def _stops(state: WindingUp, endings: Sequence[Ending]) -> tuple[Intent, ...]:
    first = endings[0]
    return tuple(
        StopShipmentOf(shipment_id=shipment_id, reason=first.reason, edition=first.edition)
        for shipment_id in sorted(state.requested - state.closed)
    )


def _releases(state: WindingUp, license_id: UUID, endings: Sequence[Ending]) -> tuple[Intent, ...]:
    ends = [ending.license_end for ending in endings if ending.license_end is not None]
    if not ends:
        return ()
    held = [
        (line.allotment_id, line.line)
        for line in state.lines
        if line.allotment_id is not None and (license_id, line.line) not in state.released
    ]
    return tuple(
        ReleaseHeldVolume(
            allotment_id=allotment_id, license_id=license_id, line=line, license_end=ends[0]
        )
        for allotment_id, line in sorted(held)
    )


def _forfeitures(
    state: WindingUp, license_id: UUID, endings: Sequence[Ending]
) -> tuple[Intent, ...]:
    if not state.has_escrow or state.is_forfeited:
        return ()
    return tuple(
        ForfeitEscrowOf(license_id=license_id, reason=ending.forfeit, edition=ending.edition)
        for ending in endings
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
        *(LicenseGranted, LicenseReinstated),
        *(LicenseRevoked, LicenseExpired, LicenseSuspended),
        *(EscrowOpened, EscrowForfeited, VolumeReleased),
        *(ShipmentRequested, ShipmentDispatched, ShipmentCancelled, ShipmentStopped),
    ),
    evolve=evolve,
    react=react,
)
