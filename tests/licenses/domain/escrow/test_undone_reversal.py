"""A reversal that the bank undoes: what it gives back settles, fills, and then is excess."""

from typing import Any

import pytest

from audits.kernel import Event
from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import (
    CreditDebit,
    DepositSetAside,
    EscrowFunded,
    ReversalUndone,
    SetAsideReason,
)
from licenses.domain.escrow.state import AwaitingFunds
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    FORFEIT,
    FORFEIT_FACTS,
    OPENING,
    PART,
    PART_RELEASED,
    PAYING,
    PAYING_AGAIN,
    PRICE_CENTS,
    RELEASING,
    REVERSING,
    UNDOING,
    books,
    deposit,
    deposit_facts,
    history,
    reversal,
)
from tests.support.deciding import Step, given


def undoing(amount_cents: int = PRICE_CENTS, reference: str = "RV2", **changes: Any) -> BookDeposit:
    """Report that the bank gives back what it took."""
    return reversal(amount_cents, reference, credit_debit=CreditDebit.CREDIT, **changes)


def test_a_reversal_that_is_undone_leaves_everything_as_it_was() -> None:
    reversed_ = history(OPENING, PAYING, REVERSING)
    undone, funded = given(DECIDER, *reversed_).when(*UNDOING).events
    assert isinstance(undone, ReversalUndone)
    assert (undone.escrow_cents, undone.held_cents) == (PRICE_CENTS, PRICE_CENTS)
    assert isinstance(funded, EscrowFunded)
    known = books(OPENING, PAYING, REVERSING, UNDOING)
    assert (known.missing_cents, known.uncovered_cents, known.owed_cents) == (0, 0, 0)


def given_back(*steps: Step, amount_cents: int = PRICE_CENTS) -> tuple[int, int, int]:
    events: list[Event] = history(*steps)
    made = given(DECIDER, *events).when(undoing(amount_cents), deposit_facts()).events
    undone = made[0]
    assert isinstance(undone, ReversalUndone)
    was = DECIDER.fold(events)
    is_funded = isinstance(was, AwaitingFunds) and undone.missing_cents == 0
    assert [type(event) for event in made[1:]] == [EscrowFunded] * is_funded
    assert undone.payer_customer_id == BUYER
    return undone.settled_cents, undone.escrow_cents, undone.excess_cents


def test_what_is_given_back_settles_first_then_fills_the_price_then_is_excess() -> None:
    assert given_back(*PART_RELEASED, REVERSING) == (PART, PRICE_CENTS - PART, 0)
    assert given_back(*PART_RELEASED, REVERSING, PAYING_AGAIN) == (0, 0, PRICE_CENTS)
    closed = (OPENING, PAYING, RELEASING, (reversal(10), deposit_facts()))
    assert given_back(*closed, amount_cents=10) == (10, 0, 0)
    repaid: Step = (deposit(4, "E2"), deposit_facts())
    assert given_back(*closed, repaid, amount_cents=10) == (6, 0, 4)
    lost = (OPENING, (deposit(40), deposit_facts()), (FORFEIT, FORFEIT_FACTS))
    again: Step = (deposit(7, "E2"), deposit_facts())
    assert given_back(*lost, (reversal(7), deposit_facts()), again, amount_cents=7) == (0, 0, 7)
    early: Step = (reversal(reference="RV1", payer_customer_id=None), deposit_facts())
    assert given_back(OPENING, early, PAYING, PAYING_AGAIN) == (0, 0, PRICE_CENTS)


@pytest.mark.parametrize("quoted", [None, "PAYROLL"])
def test_a_reversal_is_undone_under_its_own_reference_whatever_is_quoted(
    quoted: str | None,
) -> None:
    own = (reversal(reference="RV1"), deposit_facts())
    back = undoing(reference="RV1", end_to_end_id=quoted)
    events = given(DECIDER, *history(OPENING, PAYING, own)).when(back, deposit_facts()).events
    assert [type(event) for event in events] == [ReversalUndone, EscrowFunded]


def test_what_is_given_back_counts_once_and_only_as_far_as_it_was_taken() -> None:
    undone = history(OPENING, PAYING, REVERSING, UNDOING)
    given(DECIDER, *undone).when(*UNDOING).then()
    given(DECIDER, *undone).when(undoing(1), deposit_facts()).refused("deposit_conflict")
    reversed_ = history(OPENING, PAYING, (reversal(5), deposit_facts()))
    (event,) = given(DECIDER, *reversed_).when(undoing(6), deposit_facts()).events
    assert isinstance(event, DepositSetAside)
    assert event.reason is SetAsideReason.NOT_A_CREDIT


def test_what_is_given_back_needs_no_payer_where_it_all_settles_what_is_owed() -> None:
    early: Step = (reversal(reference="RV1", payer_customer_id=None), deposit_facts())
    unpaid = history(OPENING, early)
    (undone,) = given(DECIDER, *unpaid).when(*UNDOING).events
    assert isinstance(undone, ReversalUndone)
    assert (undone.payer_customer_id, undone.settled_cents) == (None, PRICE_CENTS)
