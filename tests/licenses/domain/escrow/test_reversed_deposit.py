"""What the bank takes back of a deposit is recorded, and nothing rests on that money any more."""

from typing import Any

import pytest

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.books import Books
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import (
    CreditDebit,
    DepositSetAside,
    EntryStatus,
    ExcessReturned,
    SetAsideReason,
)
from licenses.domain.escrow.state import opened
from tests.licenses.domain.escrow.scenes import (
    HISTORIES,
    OPENING,
    PAYING,
    PRICE_CENTS,
    PROPOSE,
    PROPOSING,
    acting,
    deposit,
    deposit_facts,
    history,
    release,
    return_facts,
    returning,
    waiver,
    waiving,
)
from tests.support.deciding import Step, given
from tests.support.people import OFFICER, SECOND_OFFICER, SYSTEM


def reversal(amount_cents: int = PRICE_CENTS, reference: str = "E1", **changes: Any) -> BookDeposit:
    """Report that the bank took a credit back, under the reference of the credit."""
    taken = {"credit_debit": CreditDebit.DEBIT, "is_reversal": True, "payer_customer_id": None}
    return deposit(amount_cents, reference, **taken | changes)


REVERSING: Step = (reversal(), deposit_facts())
PAYING_AGAIN: Step = (deposit(PRICE_CENTS, "E2"), deposit_facts())


def books(*steps: Step) -> Books:
    return opened(DECIDER.fold(history(*steps))).books


@pytest.mark.parametrize("reference", ["E1", "RV1"])
def test_a_reversal_is_recorded_under_the_reference_of_the_credit_or_its_own(
    reference: str,
) -> None:
    taken = reversal(reference=reference)
    outcome = given(DECIDER, *HISTORIES["funded"]).when(taken, deposit_facts())
    (event,) = outcome.events
    assert isinstance(event, DepositSetAside)
    assert event.reason is SetAsideReason.NOT_A_CREDIT
    known = books(OPENING, PAYING, (taken, deposit_facts()))
    assert (known.uncovered_cents, known.available_cents) == (PRICE_CENTS, 0)
    assert known.held_cents == PRICE_CENTS  # the ledger moves by a person's hand alone


def test_a_reversal_that_is_reported_again_is_refused_without_a_second_record() -> None:
    reversed_ = history(OPENING, PAYING, REVERSING)
    given(DECIDER, *reversed_).when(*REVERSING).refused("deposit_not_a_credit")
    given(DECIDER, *reversed_).when(*PAYING).then()  # a late repeat of the credit changes nothing


def test_another_payment_makes_up_for_it() -> None:
    assert books(OPENING, PAYING, REVERSING, PAYING_AGAIN).uncovered_cents == 0
    a_cent_less = (deposit(PRICE_CENTS - 1, "E2"), deposit_facts())
    short = books(OPENING, PAYING, REVERSING, a_cent_less)
    assert (short.uncovered_cents, short.available_cents) == (1, PRICE_CENTS - 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": EntryStatus.PENDING},
        {"currency": "EUR", "reference": "RV1"},
        {"reference": "RV1", "end_to_end_id": "PAYROLL"},
        {"reference": "RV1", "is_reversal": False},
        {"reference": "RV1", "credit_debit": CreditDebit.CREDIT},
    ],
)
def test_only_a_booked_reversal_of_a_credit_here_takes_money_back(changes: dict[str, Any]) -> None:
    taken = reversal(**changes)
    assert books(OPENING, PAYING, (taken, deposit_facts())).uncovered_cents == 0


def test_a_reversal_that_is_itself_undone_takes_nothing_back() -> None:
    undone = reversal(reference="RV2", credit_debit=CreditDebit.CREDIT)
    assert books(OPENING, PAYING, REVERSING, (undone, deposit_facts())).uncovered_cents == 0


def test_no_release_rests_on_money_taken_back() -> None:
    reversed_ = history(OPENING, PAYING, (reversal(1), deposit_facts()))
    whole = given(DECIDER, *reversed_).when(release(), acting(SYSTEM))
    whole.refused("escrow_insufficient")


def test_excess_that_makes_up_for_a_reversal_is_not_returned() -> None:
    again = (deposit(PRICE_CENTS + 5, "E2"), deposit_facts())
    covered = history(OPENING, PAYING, REVERSING, again)
    given(DECIDER, *covered).when(returning(6), return_facts()).refused("excess_exceeded")
    outcome = given(DECIDER, *covered).when(returning(5), return_facts())
    assert isinstance(outcome.events[0], ExcessReturned)


def test_no_refund_of_money_taken_back() -> None:
    reversed_ = history(OPENING, PAYING, REVERSING)
    given(DECIDER, *reversed_).when(PROPOSE, acting(OFFICER)).refused("deposit_reversed")
    between = history(OPENING, PAYING, PROPOSING, REVERSING)
    outcome = given(DECIDER, *between).when(waiver(), waiving(SECOND_OFFICER))
    outcome.refused("deposit_reversed")
