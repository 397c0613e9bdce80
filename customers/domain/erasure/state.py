"""The states of the erasure of one natural person's data."""

from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from audits.kernel import Event, State, require_follows
from customers.domain.erasure.events import (
    ErasureDeclined,
    ErasureEvent,
    ErasureRequested,
    PersonalDataErased,
)
from customers.domain.values import LongText, Sha256


class NotRequested(State):
    """Nobody asked."""


class Requested(State):
    """Waits for another person."""

    holder_id: UUID
    reason: LongText
    by: UUID


class Declined(State):
    """Turned down; may be requested again."""

    holder_id: UUID
    reason: LongText
    by: UUID


class Erased(State):
    """The key is destroyed: the end of the stream."""

    holder_id: UUID
    key_sha256: Sha256
    requested_by: UUID
    by: UUID


ErasureState: TypeAlias = NotRequested | Requested | Declined | Erased

INITIAL: Final[ErasureState] = NotRequested()
FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    ErasureRequested: (NotRequested, Declined),
    ErasureDeclined: (Requested,),
    PersonalDataErased: (Requested,),
}


def evolve(state: ErasureState, event: ErasureEvent) -> ErasureState:
    """Move on by one event. Raises ImpossibleHistoryError for what cannot have happened."""
    require_follows(FOLLOWS, state, event)
    match event:
        case ErasureRequested():
            return Requested(holder_id=event.holder_id, reason=event.reason, by=event.by)
        case ErasureDeclined():
            return Declined(holder_id=event.holder_id, reason=event.reason, by=event.by)
        case PersonalDataErased():
            return Erased(
                holder_id=event.holder_id,
                key_sha256=event.key_sha256,
                requested_by=event.requested_by,
                by=event.by,
            )
        case _:
            assert_never(event)
