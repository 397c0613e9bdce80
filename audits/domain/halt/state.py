"""The cases of a halt and how events move between them. Pure."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec.structs import replace

from audits.domain.halt.commands import HaltKind
from audits.domain.halt.events import HaltEvent, HaltLifted, HaltLiftProposed, HaltSet
from audits.kernel import Event, State, require_follows


class NeverSet(State):
    """Nothing ever stopped these writes."""


class Halted(State):
    """Writes of this kind are refused."""

    halt: HaltSet
    """The last reason; earlier ones are in the history."""
    proposal: HaltLiftProposed | None = None

    @property
    def kind(self) -> HaltKind:
        """Which writes are refused."""
        return self.halt.kind


class Lifted(State):
    """Writes of this kind go on, on the word of two persons."""

    kind: HaltKind
    lifted: HaltLifted


HaltState: TypeAlias = NeverSet | Halted | Lifted
INITIAL: Final[HaltState] = NeverSet()

FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    HaltSet: (NeverSet, Halted, Lifted),
    HaltLiftProposed: (Halted,),
    HaltLifted: (Halted,),
}


def evolve(state: HaltState, event: HaltEvent) -> HaltState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, HaltSet):
        return Halted(halt=event)
    if not isinstance(state, Halted):
        raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")
    if isinstance(event, HaltLiftProposed):
        return replace(state, proposal=event)
    return Lifted(kind=state.kind, lifted=event)
