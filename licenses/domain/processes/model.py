"""What a process manager is: a state folded from a deal's events, and what follows from it. Pure.

`evolve` must not depend on the order of events, and `react` names everything that is still to be
done: both run again after every event, so an order that was carried out before changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from audits.kernel import Event, State, Value


class Noted(Value):
    """An event of the deal, and its place in the stream that it happened in."""

    stream_id: UUID
    version: int
    event: Event


class Intent(Value):
    """Something that should be done; `subscriptions.py` makes the command of it."""


S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Process(Generic[S]):
    """A process manager, named by what it brings about."""

    name: str
    initial: S
    triggers: tuple[type[Event], ...]
    """Events after which something may have to be done."""
    listens: tuple[type[Event], ...]
    """Events that the state is folded from."""
    evolve: Callable[[S, Noted], S]
    react: Callable[[S], tuple[Intent, ...]]
    """Gives intents in the order in which streams are locked: shipments, escrows, allotments."""

    def intents(self, noted: Iterable[Noted]) -> tuple[Intent, ...]:
        """Fold what happened in a deal and name what is still to be done."""
        state: Any = self.initial
        for each in noted:
            if isinstance(each.event, self.listens):
                state = self.evolve(state, each)
        return self.react(state)
