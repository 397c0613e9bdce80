"""The cases of a policy edition and how events move between them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

from audits.kernel import Event, State, require_follows
from licenses.domain.edition.events import (
    EditionApproved,
    EditionEvent,
    EditionPublished,
    EditionTookEffect,
    EditionWithdrawn,
)


class Unpublished(State):
    """Nobody published it."""


class Published(State):
    """It waits for a second officer."""

    name: str
    sha256: str
    effective_from: datetime
    by: UUID


class Approved(State):
    """It waits for its day."""

    name: str
    sha256: str
    effective_from: datetime
    approved_at: datetime


class InForce(State):
    """It has taken effect. Whether a later edition rules today is a matter of all editions."""

    name: str
    sha256: str
    effective_from: datetime
    approved_at: datetime


class Withdrawn(State):
    """It never took effect and never will."""

    name: str
    sha256: str


EditionState = Unpublished | Published | Approved | InForce | Withdrawn
INITIAL: Final[EditionState] = Unpublished()


FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    EditionPublished: (Unpublished,),
    EditionApproved: (Published,),
    EditionTookEffect: (Approved,),
    EditionWithdrawn: (Published, Approved),
}


def evolve(state: EditionState, event: EditionEvent) -> EditionState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    match event:
        case EditionPublished():
            return Published(
                name=event.name,
                sha256=event.sha256,
                effective_from=event.effective_from,
                by=event.by,
            )
        case EditionApproved():
            return Approved(
                name=event.name,
                sha256=event.sha256,
                effective_from=event.effective_from,
                approved_at=event.approved_at,
            )
        case EditionTookEffect():
            return InForce(
                name=event.name,
                sha256=event.sha256,
                effective_from=event.effective_from,
                approved_at=event.approved_at,
            )
        case EditionWithdrawn():
            if isinstance(state, Unpublished):
                raise TypeError("EditionWithdrawn cannot follow Unpublished")
            return Withdrawn(name=event.name, sha256=state.sha256)
        case _:
            assert_never(event)
