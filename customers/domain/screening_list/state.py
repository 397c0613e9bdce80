"""The states of the screening list."""

from typing import Final, TypeAlias

from audits.kernel import State
from customers.domain.screening_list.commands import Count
from customers.domain.screening_list.events import ScreeningListEvent
from customers.domain.values import Moment, Sha256


class NotImported(State):
    """No list was ever imported: nobody can be cleared."""


class InUse(State):
    """The list that parties are screened against."""

    sha256: Sha256
    fetched_at: Moment
    entries: Count


ScreeningListState: TypeAlias = NotImported | InUse

INITIAL: Final[ScreeningListState] = NotImported()


def evolve(_state: ScreeningListState, event: ScreeningListEvent) -> ScreeningListState:
    """Move on by one event."""
    return InUse(sha256=event.sha256, fetched_at=event.fetched_at, entries=event.entries)
