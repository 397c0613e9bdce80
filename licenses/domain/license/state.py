"""The states of a license and how events move it. Pure."""

from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from audits.kernel import State, Value
from licenses.domain.license.events import (
    LicenseDrawnDown,
    LicenseEvent,
    LicenseExhausted,
    LicenseExpired,
    LicenseGranted,
    LicenseReinstated,
    LicenseRevoked,
    LicenseSuspended,
    ProvisosAcknowledged,
    RevocationProposed,
)
from licenses.domain.license.terms import Draw, Grant


class Revocation(Value):
    """A revocation that one officer proposed; `on_version` names it."""

    reason: str
    on_version: int
    by: UUID


class Suspension(Value):
    """One ground on which a license is suspended."""

    reason: str
    edition: str | None


class NotGranted(State):
    """Nothing happened yet."""


class Active(State):
    """May ship until it expires."""

    grant: Grant
    revocation: Revocation | None = None


class Suspended(State):
    """May not ship; may be reinstated."""

    grant: Grant
    suspensions: tuple[Suspension, ...]
    revocation: Revocation | None = None


class Revoked(State):
    """Two officers ended it."""

    grant: Grant
    on_version: int
    confirmed_by: UUID


class Expired(State):
    """It ran out."""

    grant: Grant


class Exhausted(State):
    """Everything licensed has shipped."""

    grant: Grant


InForce: TypeAlias = Active | Suspended
Granted: TypeAlias = Active | Suspended | Revoked | Expired | Exhausted
LicenseState: TypeAlias = NotGranted | Granted

INITIAL: Final[LicenseState] = NotGranted()


def evolve(state: LicenseState, event: LicenseEvent) -> LicenseState:  # noqa: C901, PLR0911 (one case a transition)
    """Move `state` by `event`; raises TypeError for an event that cannot follow."""
    match state, event:
        case NotGranted(), LicenseGranted():
            return Active(grant=_granted(event))
        case Active() | Suspended(), ProvisosAcknowledged():
            acknowledged = state.grant.acknowledged | set(event.proviso_ids)
            grant = msgspec.structs.replace(state.grant, acknowledged=acknowledged)
            return msgspec.structs.replace(state, grant=grant)
        case Active() | Suspended(), LicenseSuspended():
            return _suspended(state, event)
        case Suspended(), LicenseReinstated():
            return Active(grant=state.grant, revocation=state.revocation)
        case Active() | Suspended(), RevocationProposed():
            proposed = Revocation(reason=event.reason, on_version=event.on_version, by=event.by)
            return msgspec.structs.replace(state, revocation=proposed)
        case Active() | Suspended(), LicenseRevoked():
            return Revoked(
                grant=state.grant, on_version=event.on_version, confirmed_by=event.confirmed_by
            )
        case Active() | Suspended(), LicenseExpired():
            return Expired(grant=state.grant)
        case Active(), LicenseDrawnDown():
            return msgspec.structs.replace(state, grant=_drawn(state.grant, event))
        case Active(), LicenseExhausted():
            return Exhausted(grant=state.grant)
        case _:
            raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")


def _granted(event: LicenseGranted) -> Grant:
    return Grant(
        license_number=event.license_number,
        terms=event.terms,
        value_tolerance_percent=event.value_tolerance_percent,
    )


def _suspended(state: InForce, event: LicenseSuspended) -> Suspended:
    earlier = state.suspensions if isinstance(state, Suspended) else ()
    ground = Suspension(reason=event.reason, edition=event.edition)
    return Suspended(grant=state.grant, suspensions=(*earlier, ground), revocation=state.revocation)


def _drawn(grant: Grant, event: LicenseDrawnDown) -> Grant:
    draw = Draw(
        shipment_id=event.shipment_id,
        line=event.line,
        quantity=event.quantity,
        value_cents=event.value_cents,
    )
    return msgspec.structs.replace(grant, draws=(*grant.draws, draw))
