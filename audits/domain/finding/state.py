"""The cases of a finding and how events move between them. Pure."""

from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from audits.domain.finding.events import (
    FindingAnswered,
    FindingAssigned,
    FindingCleared,
    FindingClosed,
    FindingEvent,
    FindingRaised,
    FindingReopened,
)
from audits.kernel import Event, State, require_follows


class NotRaised(State):
    """No audit found this yet."""


class Raised(State):
    """Nobody looks into it yet."""

    matter: FindingRaised


class Assigned(State):
    """Somebody looks into it."""

    matter: FindingRaised
    assignee_id: UUID


class Answered(State):
    """The assignee has answered; a second person has to be satisfied."""

    matter: FindingRaised
    assignee_id: UUID
    answer: FindingAnswered


class Closed(State):
    """Closed by a second person; while the audit finds the same, it stays so."""

    matter: FindingRaised
    closed: FindingClosed


class Cleared(State):
    """The audit does not find it any more."""

    matter: FindingRaised


FindingState: TypeAlias = NotRaised | Raised | Assigned | Answered | Closed | Cleared
INITIAL: Final[FindingState] = NotRaised()

FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    FindingRaised: (NotRaised, Raised, Assigned, Answered, Closed, Cleared),
    FindingCleared: (Raised, Assigned, Answered, Closed),
    FindingAssigned: (Raised, Assigned, Answered),
    FindingAnswered: (Assigned,),
    FindingClosed: (Answered,),
    FindingReopened: (Closed,),
}


def evolve(state: FindingState, event: FindingEvent) -> FindingState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, FindingRaised):
        return _told(state, event)
    if isinstance(state, NotRaised):
        raise TypeError(f"{type(event).__name__} cannot follow NotRaised")
    match event:
        case FindingCleared():
            return Cleared(matter=state.matter)
        case FindingAssigned():
            return Assigned(matter=state.matter, assignee_id=event.assignee_id)
        case FindingAnswered():
            return Answered(matter=state.matter, assignee_id=event.by, answer=event)
        case FindingClosed():
            return Closed(matter=state.matter, closed=event)
        case FindingReopened():
            return Raised(matter=state.matter)
        case _:
            assert_never(event)


def _told(state: FindingState, matter: FindingRaised) -> Raised | Assigned:
    """Take up what is new; whoever looks into it still does, and has not answered that yet."""
    if isinstance(state, Assigned | Answered):
        return Assigned(matter=matter, assignee_id=state.assignee_id)
    return Raised(matter=matter)
