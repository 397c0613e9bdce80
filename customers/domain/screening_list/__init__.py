"""The screening list in use, and every one that was in use before."""

from typing import Final

from audits.kernel import Decider
from customers.domain.screening_list.commands import ImportList
from customers.domain.screening_list.decisions import import_list
from customers.domain.screening_list.state import INITIAL, ScreeningListState, evolve

__all__ = ["DECIDER"]

DECIDER: Final[Decider[ScreeningListState]] = Decider(
    aggregate="screening_list",
    initial=INITIAL,
    evolve=evolve,
    decisions={ImportList: import_list},
)
