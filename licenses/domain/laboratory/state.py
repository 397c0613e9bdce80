"""The cases of a laboratory and how events move between them."""

from collections.abc import Mapping
from typing import Final, assert_never

from msgspec.structs import replace

from audits.kernel import Event, State, require_follows
from licenses.domain.laboratory.events import (
    DisqualificationProposed,
    LaboratoryAccredited,
    LaboratoryDisqualified,
    LaboratoryEvent,
    LaboratoryKeyRotated,
)


class NotAccredited(State):
    """Nobody accredited it."""


class Accredited(State):
    """It may test; its reports count under `public_key`."""

    terms: LaboratoryAccredited
    public_key: str
    key_id: str
    retired_key_ids: tuple[str, ...] = ()
    proposal: DisqualificationProposed | None = None


class Disqualified(State):
    """It may not test any more, for good."""

    terms: LaboratoryAccredited
    disqualified: LaboratoryDisqualified


LaboratoryState = NotAccredited | Accredited | Disqualified
INITIAL: Final[LaboratoryState] = NotAccredited()


FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    LaboratoryAccredited: (NotAccredited,),
    LaboratoryKeyRotated: (Accredited,),
    DisqualificationProposed: (Accredited,),
    LaboratoryDisqualified: (Accredited,),
}


def evolve(state: LaboratoryState, event: LaboratoryEvent) -> LaboratoryState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, LaboratoryAccredited):
        return Accredited(terms=event, public_key=event.public_key, key_id=event.key_id)
    if not isinstance(state, Accredited):
        raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")
    match event:
        case LaboratoryKeyRotated():
            return replace(
                state,
                public_key=event.public_key,
                key_id=event.key_id,
                retired_key_ids=(*state.retired_key_ids, event.replaced_key_id),
            )
        case DisqualificationProposed():
            return replace(state, proposal=event)
        case LaboratoryDisqualified():
            return Disqualified(terms=state.terms, disqualified=event)
        case _:
            assert_never(event)
