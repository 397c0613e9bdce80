"""Whether writes of a kind are halted, asked so that no halt can slip in before the commit."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from audits.domain import halt
from audits.domain.halt.commands import HaltKind
from audits.domain.halt.state import Halted as HaltedState
from audits.kernel import Decider, Halted
from audits.reading import Loaded

HALTS: Final[Mapping[HaltKind, UUID]] = {
    HaltKind.MONEY: UUID("a11ed000-6d6f-5ce7-8000-000000000001"),
    HaltKind.VOLUME: UUID("a11ed000-766f-5c6d-8000-000000000002"),
}
"""The one stream of each kind; the guards of the database know them, too (migration 0005)."""


def require_running(
    kinds: Iterable[HaltKind], load: Callable[[Decider[Any], UUID], Loaded[Any]]
) -> None:
    """Refuse writes that are halted; `load` has to hold off any halt until they are committed."""
    for kind in sorted(kinds):
        state = load(halt.DECIDER, HALTS[kind]).state
        if isinstance(state, HaltedState):
            raise Halted(kind.value, state.halt.reason)
