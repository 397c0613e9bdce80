"""The states of the legal holds on one customer or deal."""

from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Event, ImpossibleHistoryError, State, Value, require_follows
from customers.domain.legal_hold.events import (
    LegalHoldEvent,
    LegalHoldLifted,
    LegalHoldPlaced,
    LiftingProposed,
)
from customers.domain.values import ShortText


class Matter(Value):
    """What the target is held for."""

    name: ShortText
    placed_by: UUID
    lifting_proposed_by: UUID | None = None


class NotHeld(State):
    """No hold was ever placed."""


class Held(State):
    """Nothing of the target may be erased."""

    target_id: UUID
    matters: tuple[Matter, ...]
    """At least one; each has a name of its own."""


class Lifted(State):
    """Every hold has been lifted."""

    target_id: UUID


LegalHoldState: TypeAlias = NotHeld | Held | Lifted

INITIAL: Final[LegalHoldState] = NotHeld()
FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    LegalHoldPlaced: (NotHeld, Held, Lifted),
    LiftingProposed: (Held,),
    LegalHoldLifted: (Held,),
}


def matters_of(state: LegalHoldState) -> tuple[Matter, ...]:
    """List what the target is held for."""
    return state.matters if isinstance(state, Held) else ()


def matter_named(state: LegalHoldState, name: str) -> Matter | None:
    """Find a matter; None: the target is not held for it."""
    return next((matter for matter in matters_of(state) if matter.name == name), None)


def evolve(state: LegalHoldState, event: LegalHoldEvent) -> LegalHoldState:
    """Move on by one event. Raises ImpossibleHistoryError for what cannot have happened."""
    require_follows(FOLLOWS, state, event)
    known = matter_named(state, event.matter)
    if (known is None) != isinstance(event, LegalHoldPlaced):
        raise ImpossibleHistoryError(f"{type(event).__name__} on the matter {event.matter}")
    others = tuple(matter for matter in matters_of(state) if matter != known)
    match event:
        case LegalHoldPlaced():
            fresh = Matter(name=event.matter, placed_by=event.by)
            return Held(target_id=event.target_id, matters=(*others, fresh))
        case LiftingProposed() if isinstance(state, Held) and known is not None:
            proposed = replace(known, lifting_proposed_by=event.by)
            return replace(state, matters=(*others, proposed))
        case LegalHoldLifted() if isinstance(state, Held):
            return replace(state, matters=others) if others else Lifted(target_id=state.target_id)
        case LiftingProposed() | LegalHoldLifted():
            raise ImpossibleHistoryError(f"{type(event).__name__} on nothing")
        case _:
            assert_never(event)
