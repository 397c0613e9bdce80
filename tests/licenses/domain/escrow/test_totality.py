"""Every command in every state has a defined outcome, and every event can be folded again."""

import pytest

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.deposits import refusal_of
from licenses.domain.escrow.events import CreditDebit, EscrowFunded
from licenses.domain.escrow.state import Closed, Closing
from tests.licenses.domain.escrow.scenes import (
    FORFEIT,
    FORFEIT_FACTS,
    HISTORIES,
    LICENSE,
    OPEN,
    PRICE_CENTS,
    PROPOSE,
    SECOND_SHIPMENT,
    acting,
    deposit,
    deposit_facts,
    refund_paid,
    release,
    return_facts,
    returning,
    reversal,
    waiver,
    waiving,
)
from tests.support.deciding import Step, once_and_again
from tests.support.people import BANK, OFFICER, SECOND_OFFICER, SYSTEM

STEPS: dict[str, Step] = {
    "open": (OPEN, acting(SYSTEM)),
    "deposit": (deposit(reference="E9"), deposit_facts()),
    "empty deposit": (deposit(0, "E9"), deposit_facts()),
    "reversal": (reversal(reference="RV9"), deposit_facts()),
    "undone reversal": (reversal(1, "RV8", credit_debit=CreditDebit.CREDIT), deposit_facts()),
    "return": (returning(1), return_facts()),
    "release": (release(1, SECOND_SHIPMENT), acting(SYSTEM)),
    "forfeit": (FORFEIT, FORFEIT_FACTS),
    "propose refund": (PROPOSE, acting(OFFICER)),
    "waive": (waiver(), waiving(SECOND_OFFICER)),
    "pay refund": (refund_paid(), acting(BANK)),
}


def test_every_command_is_tried() -> None:
    assert {type(command) for command, _ in STEPS.values()} == set(DECIDER.decisions)


def test_every_end_is_tried() -> None:
    states = [DECIDER.fold(events) for events in HISTORIES.values()]
    assert {state.how for state in states if isinstance(state, Closed)} == set(Closing)


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("step", STEPS)
def test_events_or_a_refusal_and_a_repeat_adds_nothing(name: str, step: str) -> None:
    outcome, repeat = once_and_again(DECIDER, HISTORIES[name], STEPS[step])
    recorded = [refusal_of(event) for event in outcome.events]
    refusals = [refusal.code for refusal in [*recorded, outcome.refusal] if refusal]
    assert ([repeat.refusal.code] if repeat.refusal else []) == refusals


def test_a_history_out_of_order_is_a_bug_and_rises() -> None:
    funded = EscrowFunded(license_id=LICENSE, price_cents=PRICE_CENTS, currency="USD")
    with pytest.raises(TypeError, match="EscrowFunded cannot follow NotOpened"):
        DECIDER.fold([funded])
