"""Deposits: what counts, what is set aside, and in which states."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.deposits import refusal_of
from licenses.domain.escrow.events import CreditDebit, EntryStatus, SetAsideReason
from licenses.domain.escrow.state import AwaitingFunds, Funded
from tests.licenses.domain.escrow.booking import AWAITING, CITATION, FUNDED, booked, set_aside
from tests.licenses.domain.escrow.scenes import (
    HISTORIES,
    LONG_STOP,
    PARENT,
    PRICE_CENTS,
    TODAY,
    deposit,
    deposit_facts,
)
from tests.support.deciding import given
from tests.support.people import NOON


def test_the_exact_price_funds_the_escrow() -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(), deposit_facts())
    events = outcome.then(booked(), FUNDED)
    assert isinstance(DECIDER.fold([*AWAITING, *events]), Funded)


def test_a_cent_less_leaves_it_waiting_for_that_cent() -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(PRICE_CENTS - 1), deposit_facts())
    events = outcome.then(booked(PRICE_CENTS - 1, missing_cents=1))
    assert isinstance(DECIDER.fold([*AWAITING, *events]), AwaitingFunds)


def test_a_cent_more_is_excess() -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(PRICE_CENTS + 1), deposit_facts())
    excess = booked(
        PRICE_CENTS + 1,
        credited_cents=PRICE_CENTS,
        excess_cents=1,
        held_cents=PRICE_CENTS,
        missing_cents=0,
    )
    outcome.then(excess, FUNDED)


def test_several_parties_may_fill_it_together() -> None:
    outcome = given(DECIDER, *HISTORIES["partly paid"]).when(
        deposit(600_01, "E2", payer_customer_id=PARENT), deposit_facts()
    )
    rest = booked(
        600_01,
        bank_reference="E2",
        payer_customer_id=PARENT,
        held_cents=PRICE_CENTS,
        missing_cents=0,
    )
    outcome.then(rest, FUNDED)


def test_once_funded_everything_is_excess() -> None:
    outcome = given(DECIDER, *HISTORIES["funded"]).when(deposit(1, "E2"), deposit_facts())
    more = booked(
        1,
        bank_reference="E2",
        credited_cents=0,
        excess_cents=1,
        held_cents=PRICE_CENTS,
        missing_cents=0,
    )
    outcome.then(more)


SPOILED: dict[SetAsideReason, dict[str, Any]] = {
    SetAsideReason.NOT_BOOKED: {"status": EntryStatus.PENDING},
    SetAsideReason.NOT_A_CREDIT: {"credit_debit": CreditDebit.DEBIT},
    SetAsideReason.NO_AMOUNT: {"amount_cents": 0},
    SetAsideReason.WRONG_CURRENCY: {"currency": "CNY"},
    SetAsideReason.WRONG_REFERENCE: {"end_to_end_id": "INVOICE 7"},
    SetAsideReason.VALUE_DAY_AHEAD: {"value_on": TODAY + timedelta(days=1)},
}


@pytest.mark.parametrize("reason", SPOILED)
def test_what_cannot_count_is_recorded_and_then_refused(reason: SetAsideReason) -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(**SPOILED[reason]), deposit_facts())
    (event,) = outcome.then(set_aside(reason, **SPOILED[reason]))
    refusal = refusal_of(event)
    assert refusal is not None
    assert (refusal.code, refusal.citation) == (reason.value, CITATION)


def test_every_reason_has_a_refusal_of_its_own() -> None:
    refusals = [refusal_of(set_aside(reason)) for reason in SetAsideReason]
    assert [refusal and refusal.code for refusal in refusals] == list(SetAsideReason)
    assert len({refusal and refusal.detail for refusal in refusals}) == len(SetAsideReason)


def test_what_counts_is_answered_with_success() -> None:
    assert refusal_of(booked()) is None


@pytest.mark.parametrize("status", [EntryStatus.INFORMATION, EntryStatus.FUTURE])
def test_only_booked_counts(status: EntryStatus) -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(status=status), deposit_facts())
    outcome.then(set_aside(SetAsideReason.NOT_BOOKED, status=status))


def test_the_reversal_of_a_debit_is_no_payment() -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(is_reversal=True), deposit_facts())
    outcome.then(set_aside(SetAsideReason.NOT_A_CREDIT, is_reversal=True))


def test_a_payment_without_reference_is_not_matched() -> None:
    outcome = given(DECIDER, *AWAITING).when(deposit(end_to_end_id=None), deposit_facts())
    outcome.then(set_aside(SetAsideReason.WRONG_REFERENCE, end_to_end_id=None))


def test_the_value_date_is_reached_at_midnight_utc() -> None:
    tomorrow = TODAY + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), tzinfo=UTC)
    command = deposit(value_on=tomorrow)
    before = deposit_facts(now=midnight - timedelta(microseconds=1))
    outcome = given(DECIDER, *AWAITING).when(command, before)
    outcome.then(set_aside(SetAsideReason.VALUE_DAY_AHEAD, value_on=tomorrow))
    outcome = given(DECIDER, *AWAITING).when(command, deposit_facts(now=midnight))
    outcome.then(booked(value_on=tomorrow), FUNDED)


def test_the_long_stop_date_is_the_last_that_counts() -> None:
    late = deposit_facts(now=NOON + timedelta(days=400))
    outcome = given(DECIDER, *AWAITING).when(deposit(value_on=LONG_STOP), late)
    outcome.then(booked(value_on=LONG_STOP), FUNDED)
    after = LONG_STOP + timedelta(days=1)
    outcome = given(DECIDER, *AWAITING).when(deposit(value_on=after), late)
    outcome.then(set_aside(SetAsideReason.AFTER_LONG_STOP, value_on=after))


# States


@pytest.mark.parametrize("name", ["released", "forfeited", "refund waived", "refunded"])
def test_a_closed_escrow_takes_no_more(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(deposit(1, "E2"), deposit_facts())
    outcome.then(set_aside(SetAsideReason.ESCROW_CLOSED, amount_cents=1, bank_reference="E2"))


def test_an_escrow_must_be_open() -> None:
    given(DECIDER).when(deposit(), deposit_facts()).refused("escrow_not_opened")
