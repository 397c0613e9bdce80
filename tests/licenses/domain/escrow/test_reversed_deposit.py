"""What the bank takes back of a payment is posted, and nothing rests on that money any more."""

from typing import Any

import pytest

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    CreditDebit,
    DepositBooked,
    DepositReversed,
    DepositSetAside,
    EntryStatus,
    EscrowForfeited,
    EscrowFunded,
    ExcessReturned,
    SetAsideReason,
)
from licenses.domain.escrow.state import AwaitingFunds, Closed, Funded
from tests.licenses.domain.escrow.scenes import (
    FORFEIT,
    FORFEIT_FACTS,
    HISTORIES,
    LONG_STOP,
    OPENING,
    PARENT,
    PART,
    PART_RELEASED,
    PAYING,
    PAYING_AGAIN,
    PRICE_CENTS,
    PROPOSE,
    PROPOSING,
    RELEASING,
    REVERSING,
    SECOND_SHIPMENT,
    TODAY,
    WAIVING,
    acting,
    books,
    deposit,
    deposit_facts,
    history,
    refund_paid,
    release,
    return_facts,
    returning,
    reversal,
    waiver,
    waiving,
)
from tests.support.deciding import Step, given
from tests.support.people import BANK, OFFICER, SECOND_OFFICER, SYSTEM


def taken(*steps: Step, amount_cents: int = PRICE_CENTS, **changes: Any) -> DepositReversed:
    """Take back after `steps`; give the event."""
    command = reversal(amount_cents, **changes)
    (event,) = given(DECIDER, *history(*steps)).when(command, deposit_facts()).events
    assert isinstance(event, DepositReversed)
    return event


def split(event: DepositReversed) -> tuple[int, int, int]:
    return event.excess_cents, event.escrow_cents, event.advanced_cents


@pytest.mark.parametrize("reference", ["E1", "RV1"])
def test_a_reversal_is_posted_under_the_reference_of_the_payment_or_its_own(reference: str) -> None:
    event = taken(OPENING, PAYING, reference=reference)
    assert split(event) == (0, PRICE_CENTS, 0)
    assert (event.held_cents, event.missing_cents, event.owed_cents) == (0, PRICE_CENTS, 0)
    known = books(OPENING, PAYING, (reversal(reference=reference), deposit_facts()))
    assert (known.held_cents, known.missing_cents) == (0, PRICE_CENTS)
    assert (known.uncovered_cents, known.owed_cents) == (PRICE_CENTS, 0)


def test_an_escrow_that_loses_a_cent_waits_for_funds_again() -> None:
    short = history(OPENING, PAYING, (reversal(1), deposit_facts()))
    assert isinstance(DECIDER.fold(short), AwaitingFunds)
    given(DECIDER, *short).when(release(), acting(SYSTEM)).refused("escrow_not_funded")
    cent: Step = (deposit(1, "E2"), deposit_facts())
    outcome = given(DECIDER, *short).when(*cent)
    assert [type(event) for event in outcome.events] == [DepositBooked, EscrowFunded]
    assert isinstance(DECIDER.fold([*short, *outcome.events]), Funded)


def test_a_reversal_that_is_reported_again_adds_nothing() -> None:
    reversed_ = history(OPENING, PAYING, REVERSING)
    given(DECIDER, *reversed_).when(*REVERSING).then()
    given(DECIDER, *reversed_).when(*PAYING).then()  # nor does a late repeat of the payment
    other = reversal(PRICE_CENTS - 1)
    given(DECIDER, *reversed_).when(other, deposit_facts()).refused("deposit_conflict")


def test_a_reference_that_paid_for_another_license_reverses_nothing_here() -> None:
    facts = deposit_facts(booked_for_license_id=SECOND_SHIPMENT)
    own = reversal(reference="RV1")
    given(DECIDER, *HISTORIES["funded"]).when(own, facts).refused("deposit_conflict")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": EntryStatus.PENDING}, SetAsideReason.NOT_BOOKED),
        ({"reference": "RV1", "currency": "EUR"}, SetAsideReason.NOT_A_CREDIT),
        ({"reference": "RV1", "end_to_end_id": "PAYROLL"}, SetAsideReason.NOT_A_CREDIT),
        ({"reference": "RV1", "is_reversal": False}, SetAsideReason.NOT_A_CREDIT),
        ({"reference": "RV1", "amount_cents": 0}, SetAsideReason.NOT_A_CREDIT),
        ({"reference": "RV1", "credit_debit": CreditDebit.CREDIT}, SetAsideReason.NOT_A_CREDIT),
    ],
)
def test_only_a_booked_reversal_of_a_payment_here_takes_money_back(
    changes: dict[str, Any], reason: SetAsideReason
) -> None:
    outcome = given(DECIDER, *HISTORIES["funded"]).when(reversal(**changes), deposit_facts())
    (event,) = outcome.events
    assert isinstance(event, DepositSetAside)
    assert event.reason is reason
    assert books(OPENING, PAYING, (reversal(**changes), deposit_facts())).missing_cents == 0


def test_a_pending_reversal_counts_when_it_is_booked() -> None:
    pending = (reversal(status=EntryStatus.PENDING), deposit_facts())
    assert split(taken(OPENING, PAYING, pending)) == (0, PRICE_CENTS, 0)
    assert books(OPENING, PAYING, pending, REVERSING).set_aside == ()


def test_the_payers_excess_goes_first_and_nobody_elses() -> None:
    more: Step = (deposit(PRICE_CENTS + 5), deposit_facts())
    assert split(taken(OPENING, more, amount_cents=7)) == (5, 2, 0)
    parents: Step = (deposit(9, "E2", payer_customer_id=PARENT), deposit_facts())
    assert split(taken(OPENING, more, parents, amount_cents=7)) == (5, 2, 0)
    theirs = {"reference": "RV1", "payer_customer_id": PARENT}
    assert split(taken(OPENING, more, parents, amount_cents=10, **theirs)) == (9, 1, 0)
    nobodys = {"reference": "RV1", "payer_customer_id": None}
    assert split(taken(OPENING, more, parents, amount_cents=3, **nobodys)) == (0, 3, 0)


def test_excess_that_was_taken_back_is_not_returned() -> None:
    over = history(
        OPENING, (deposit(PRICE_CENTS + 5), deposit_facts()), (reversal(3), deposit_facts())
    )
    given(DECIDER, *over).when(returning(3), return_facts()).refused("excess_exceeded")
    outcome = given(DECIDER, *over).when(returning(2), return_facts())
    assert isinstance(outcome.events[0], ExcessReturned)


def test_what_has_left_escrow_the_bank_advances_and_the_buyer_owes() -> None:
    assert split(taken(*PART_RELEASED)) == (0, PRICE_CENTS - PART, PART)
    assert split(taken(OPENING, PAYING, RELEASING)) == (0, 0, PRICE_CENTS)
    known = books(*PART_RELEASED, REVERSING)
    assert (known.held_cents, known.missing_cents, known.owed_cents) == (0, PRICE_CENTS, PART)


def test_a_new_payment_repays_the_bank_first() -> None:
    short = history(*PART_RELEASED, REVERSING)
    part: Step = (deposit(PART - 1, "E2"), deposit_facts())
    booked, repaid = given(DECIDER, *short).when(*part).events
    assert isinstance(booked, DepositBooked)
    assert isinstance(repaid, AdvanceRepaid)
    assert (repaid.amount_cents, repaid.held_cents, repaid.owed_cents) == (PART - 1, 0, 1)
    outcome = given(DECIDER, *short).when(*PAYING_AGAIN)
    assert [type(event) for event in outcome.events] == [DepositBooked, AdvanceRepaid, EscrowFunded]
    known = books(*PART_RELEASED, REVERSING, PAYING_AGAIN)
    assert (known.held_cents, known.missing_cents) == (PRICE_CENTS - PART, 0)
    assert (known.uncovered_cents, known.owed_cents) == (0, 0)


def test_a_reversal_that_comes_before_its_payment_weighs_as_much() -> None:
    early: Step = (reversal(reference="RV1"), deposit_facts())
    assert split(taken(OPENING, reference="RV1")) == (0, 0, PRICE_CENTS)
    known = books(OPENING, early, PAYING)
    assert (known.held_cents, known.missing_cents, known.owed_cents) == (0, PRICE_CENTS, 0)


@pytest.mark.parametrize("late", [False, True])
def test_a_closed_escrow_takes_what_is_owed_and_no_cent_more(*, late: bool) -> None:
    owing = history(OPENING, PAYING, RELEASING, REVERSING)
    value_on = LONG_STOP.replace(year=LONG_STOP.year + 1) if late else TODAY
    again = deposit(PRICE_CENTS + 5, "E2", value_on=value_on)
    facts = deposit_facts(now=deposit_facts().now.replace(year=value_on.year + 1))
    booked, repaid = given(DECIDER, *owing).when(again, facts).events
    assert isinstance(booked, DepositBooked)
    assert (booked.credited_cents, booked.excess_cents) == (PRICE_CENTS, 5)
    assert isinstance(repaid, AdvanceRepaid)
    assert repaid.owed_cents == repaid.held_cents == 0
    settled = [*owing, booked, repaid]
    assert isinstance(DECIDER.fold(settled), Closed)
    (event,) = given(DECIDER, *settled).when(deposit(1, "E3"), deposit_facts()).events
    assert isinstance(event, DepositSetAside)
    assert event.reason is SetAsideReason.ESCROW_CLOSED


def test_a_closed_escrow_that_never_was_full_is_not_filled_by_what_is_owed() -> None:
    part: Step = (deposit(40), deposit_facts())
    lost = history(OPENING, part, (FORFEIT, FORFEIT_FACTS), (reversal(7), deposit_facts()))
    booked, _ = given(DECIDER, *lost).when(deposit(10, "E2"), deposit_facts()).events
    assert isinstance(booked, DepositBooked)
    assert (booked.credited_cents, booked.excess_cents) == (7, 3)


def test_only_what_is_there_is_forfeited() -> None:
    reversed_ = history(OPENING, PAYING, (reversal(1), deposit_facts()))
    (event,) = given(DECIDER, *reversed_).when(FORFEIT, FORFEIT_FACTS).events
    assert isinstance(event, EscrowForfeited)
    assert event.amount_cents == PRICE_CENTS - 1


def test_only_what_is_there_is_refunded() -> None:
    whole = history(OPENING, PAYING, REVERSING)
    given(DECIDER, *whole).when(PROPOSE, acting(OFFICER)).refused("nothing_to_refund")
    between = history(OPENING, PAYING, PROPOSING, (reversal(1), deposit_facts()))
    outcome = given(DECIDER, *between).when(waiver(), waiving(SECOND_OFFICER))
    outcome.refused("refund_amount_changed")


def test_money_that_is_earmarked_for_a_refund_is_not_taken_from_it() -> None:
    waived = (OPENING, PAYING, PROPOSING, WAIVING)
    assert split(taken(*waived)) == (0, 0, PRICE_CENTS)
    known = books(*waived, REVERSING, (refund_paid(), acting(BANK)))
    assert (known.held_cents, known.owed_cents) == (0, PRICE_CENTS)
