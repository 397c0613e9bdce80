"""The cases of a finding and how events move between them. Pure."""

from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from audits.domain.finding.events import (
    FindingAccepted,
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
    """Closed as put right by a second person; if the audit finds it again, it is raised again."""

    matter: FindingRaised
    closed: FindingClosed


class Accepted(State):
    """Accepted by a second person; while the audit finds the same, it stays so."""

    matter: FindingRaised
    accepted: FindingAccepted


class Cleared(State):
    """The audit does not find it any more."""

    matter: FindingRaised


FindingState: TypeAlias = NotRaised | Raised | Assigned | Answered | Closed | Accepted | Cleared
INITIAL: Final[FindingState] = NotRaised()

FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    FindingRaised: (NotRaised, Raised, Assigned, Answered, Closed, Accepted, Cleared),
    FindingCleared: (Raised, Assigned, Answered, Closed, Accepted),
    FindingAssigned: (Raised, Assigned, Answered),
    FindingAnswered: (Assigned,),
    FindingClosed: (Answered,),
    FindingAccepted: (Answered,),
    FindingReopened: (Closed, Accepted),
}


def evolve(state: FindingState, event: FindingEvent) -> FindingState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, FindingRaised):
        return _told(state, event)
    if isinstance(state, NotRaised):
        raise TypeError(f"{type(event).__name__} cannot follow NotRaised")
    match event:
        case FindingAssigned():
            return Assigned(matter=state.matter, assignee_id=event.assignee_id)
        case FindingAnswered():
            return Answered(matter=state.matter, assignee_id=event.by, answer=event)
        case FindingReopened():
            return Raised(matter=state.matter)
        case _:
            return _ended(state.matter, event)


def _ended(
    matter: FindingRaised, event: FindingClosed | FindingAccepted | FindingCleared
) -> Closed | Accepted | Cleared:
    match event:
        case FindingClosed():
            return Closed(matter=matter, closed=event)
        case FindingAccepted():
            return Accepted(matter=matter, accepted=event)
        case FindingCleared():
            return Cleared(matter=matter)
        case _:
            assert_never(event)


def _told(state: FindingState, matter: FindingRaised) -> Raised | Assigned:
    """Take up what is new; whoever looks into it still does, and has not answered that yet."""
    if isinstance(state, Assigned | Answered):
        return Assigned(matter=matter, assignee_id=state.assignee_id)
    return Raised(matter=matter)
