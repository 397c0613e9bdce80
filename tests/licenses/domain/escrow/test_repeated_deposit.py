"""Deposits reported again: the same one changes nothing, another one under its name is refused."""

from datetime import timedelta
from typing import Any

import pytest

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.events import CreditDebit, DepositBooked, EntryStatus, SetAsideReason
from tests.licenses.domain.escrow.booking import (
    AWAITING,
    CITATION,
    FUNDED,
    booked,
    naming,
    set_aside,
)
from tests.licenses.domain.escrow.scenes import (
    HISTORIES,
    OPEN,
    PARENT,
    PRICE_CENTS,
    STRANGER,
    TODAY,
    acting,
    deposit,
    deposit_facts,
    history,
)
from tests.support.deciding import given
from tests.support.people import SYSTEM, identity


@pytest.mark.parametrize("name", ["funded", "partly released", "released", "forfeited", "refunded"])
def test_a_repeat_changes_nothing(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(deposit(), deposit_facts()).then()


def test_the_same_entry_in_another_message_is_a_repeat() -> None:
    again = deposit(
        message_sha256="b" * 64, payer_customer_id=None, payer_name="HARBOR CLOUD CO LTD"
    )
    given(DECIDER, *HISTORIES["funded"]).when(again, naming(again.payer_name)).then()


def test_a_late_notice_that_it_was_pending_is_a_repeat() -> None:
    late = deposit(status=EntryStatus.PENDING)
    given(DECIDER, *HISTORIES["funded"]).when(late, deposit_facts()).then()


@pytest.mark.parametrize(
    "change",
    [
        {"amount_cents": PRICE_CENTS + 1},
        {"currency": "EUR"},
        {"value_on": TODAY - timedelta(days=1)},
        {"payer_customer_id": PARENT},
        {"payer_customer_id": STRANGER},
        {"end_to_end_id": None},
        {"credit_debit": CreditDebit.DEBIT},
        {"is_reversal": True},
    ],
)
def test_the_same_reference_with_other_content_is_refused(change: dict[str, Any]) -> None:
    outcome = given(DECIDER, *HISTORIES["funded"]).when(deposit(**change), deposit_facts())
    outcome.refused("deposit_conflict")


def test_the_same_reference_on_another_account_is_another_entry() -> None:
    other = deposit(1, account="US64SVBKUS6S3300958879")
    outcome = given(DECIDER, *HISTORIES["funded"]).when(other, deposit_facts())
    assert isinstance(outcome.events[0], DepositBooked)


def test_an_entry_pays_for_one_license_only() -> None:
    facts = deposit_facts(booked_for_license_id=identity("license/other"))
    outcome = given(DECIDER, *AWAITING).when(deposit(), facts)
    outcome.refused("deposit_conflict")


def test_what_was_pending_counts_once_it_is_booked() -> None:
    pending = history(
        (OPEN, acting(SYSTEM)), (deposit(status=EntryStatus.PENDING), deposit_facts())
    )
    given(DECIDER, *pending).when(deposit(), deposit_facts()).then(booked(), FUNDED)


def test_another_obstacle_is_another_fact() -> None:
    pending = history(
        (OPEN, acting(SYSTEM)), (deposit(status=EntryStatus.PENDING), deposit_facts())
    )
    outcome = given(DECIDER, *pending).when(deposit(), deposit_facts(screened_customer_ids=()))
    outcome.then(set_aside(SetAsideReason.PAYER_NOT_SCREENED))


def test_the_same_obstacle_again_is_refused_without_a_second_record() -> None:
    command = deposit(currency="EUR")
    outcome = given(DECIDER, *HISTORIES["set aside"]).when(command, deposit_facts())
    outcome.refused("deposit_currency_wrong", citation=CITATION)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"currency": "EUR", "amount_cents": 1},
        {"currency": "EUR", "credit_debit": CreditDebit.DEBIT},
    ],
)
def test_what_was_set_aside_cannot_become_another_payment(change: dict[str, Any]) -> None:
    outcome = given(DECIDER, *HISTORIES["set aside"]).when(deposit(**change), deposit_facts())
    outcome.refused("deposit_conflict")
