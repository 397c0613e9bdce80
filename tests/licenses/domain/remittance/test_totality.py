"""Every command in every state has a defined outcome, and a repeat adds nothing."""

import pytest

from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.state import INITIAL
from tests.licenses.domain.remittance.scenes import (
    ASSESSING,
    CONFIRMING,
    HISTORIES,
    INSTRUCTING,
    RECONCILING,
    RETURNING,
)
from tests.support.deciding import Step, once_and_again

STEPS: dict[str, Step] = {
    "assess": ASSESSING,
    "instruct": INSTRUCTING,
    "come back": RETURNING,
    "confirm": CONFIRMING,
    "reconcile": RECONCILING,
}


def test_every_command_is_tried() -> None:
    assert {type(command) for command, _ in STEPS.values()} == set(DECIDER.decisions)


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("step", STEPS)
def test_events_or_a_refusal_and_a_repeat_adds_nothing(name: str, step: str) -> None:
    outcome, repeat = once_and_again(DECIDER, HISTORIES[name], STEPS[step])
    assert (repeat.refusal is None) == (outcome.refusal is None)


@pytest.mark.parametrize("name", ["instructed", "confirmed", "reconciled"])
def test_a_history_out_of_order_is_a_bug_and_rises(name: str) -> None:
    last = HISTORIES[name][-1]
    with pytest.raises(TypeError, match="cannot follow NotAssessed"):
        DECIDER.evolve(INITIAL, last)
