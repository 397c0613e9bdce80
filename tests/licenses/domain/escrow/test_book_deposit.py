"""Deposits: what counts, what is set aside, what is a repeat."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.deposits import DepositFacts, payers_named, plain_name, refusal_of
from licenses.domain.escrow.events import (
    CreditDebit,
    DepositBooked,
    DepositSetAside,
    EntryStatus,
    EscrowFunded,
    Payer,
    SetAsideReason,
)
from licenses.domain.escrow.state import AwaitingFunds, Funded
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    HISTORIES,
    LICENSE,
    LONG_STOP,
    OPEN,
    PARENT,
    PRICE_CENTS,
    REFERENCE,
    STRANGER,
    TODAY,
    acting,
    deposit,
    deposit_facts,
    history,
)
from tests.licenses.domain.policy.deals import BRIEF
from tests.support.deciding import given
from tests.support.people import NOON, SYSTEM, identity

AWAITING = HISTORIES["awaiting funds"]
CITATION = BRIEF.prepayment.citation

FUNDED = EscrowFunded(license_id=LICENSE, price_cents=PRICE_CENTS, currency="USD")


def booked(amount_cents: int = PRICE_CENTS, **changes: Any) -> DepositBooked:
    event = DepositBooked(
        license_id=LICENSE,
        account="DE02120300000000202051",
        bank_reference="E1",
        end_to_end_id=REFERENCE,
        payer_customer_id=BUYER,
        amount_cents=amount_cents,
        credited_cents=amount_cents,
        excess_cents=0,
        currency="USD",
        value_on=TODAY,
        message_sha256="a" * 64,
        held_cents=amount_cents,
        missing_cents=PRICE_CENTS - amount_cents,
    )
    return replace(event, **changes)


def set_aside(reason: SetAsideReason, **changes: Any) -> DepositSetAside:
    event = DepositSetAside(
        license_id=LICENSE,
        account="DE02120300000000202051",
        bank_reference="E1",
        end_to_end_id=REFERENCE,
        payer_customer_id=BUYER,
        payer_name=None,
        amount_cents=PRICE_CENTS,
        currency="USD",
        value_on=TODAY,
        status=EntryStatus.BOOKED,
        credit_debit=CreditDebit.CREDIT,
        is_reversal=False,
        message_sha256="a" * 64,
        reason=reason,
        citation=CITATION,
    )
    return replace(event, **changes)


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


def test_a_stranger_does_not_pay() -> None:
    facts = deposit_facts(screened_customer_ids=(BUYER, STRANGER))
    outcome = given(DECIDER, *AWAITING).when(deposit(payer_customer_id=STRANGER), facts)
    outcome.then(set_aside(SetAsideReason.PAYER_UNKNOWN, payer_customer_id=STRANGER))


def test_a_party_that_is_not_cleared_does_not_pay() -> None:
    facts = deposit_facts(screened_customer_ids=(PARENT,))
    outcome = given(DECIDER, *AWAITING).when(deposit(), facts)
    outcome.then(set_aside(SetAsideReason.PAYER_NOT_SCREENED))


def naming(name: str | None, payers: tuple[Payer, ...] = OPEN.payers) -> DepositFacts:
    """Give the facts in which the bank's name was looked up among the payers."""
    return deposit_facts(named_payer_ids=() if name is None else payers_named(name, payers))


@pytest.mark.parametrize(
    "name", ["Harbor Cloud Co., Ltd.", "HARBOR CLOUD CO LTD", "harbor  cloud-co ltd", "海港云"]
)
def test_a_bank_may_know_the_payer_by_name_only(name: str) -> None:
    command = deposit(payer_customer_id=None, payer_name=name)
    given(DECIDER, *AWAITING).when(command, naming(name)).then(booked(), FUNDED)


@pytest.mark.parametrize(
    ("payer_customer_id", "payer_name"),
    [
        (None, None),
        (None, "Harbor Cloud"),
        (None, "Harbor Cloud Co Ltd Trading"),
        (BUYER, "Harbor Holding AG"),
        (STRANGER, "Harbor Cloud Co Ltd"),
    ],
)
def test_id_and_name_must_point_to_the_same_party(
    payer_customer_id: Any, payer_name: str | None
) -> None:
    command = deposit(payer_customer_id=payer_customer_id, payer_name=payer_name)
    outcome = given(DECIDER, *AWAITING).when(command, naming(payer_name))
    unknown = set_aside(
        SetAsideReason.PAYER_UNKNOWN, payer_customer_id=payer_customer_id, payer_name=payer_name
    )
    outcome.then(unknown)


def test_a_name_that_two_parties_share_names_neither() -> None:
    twins = tuple(
        Payer(customer_id=payer.customer_id, names=("Harbor Cloud",)) for payer in OPEN.payers
    )
    opened = history((replace(OPEN, payers=twins), acting(SYSTEM)))
    command = deposit(payer_customer_id=None, payer_name="Harbor Cloud")
    outcome = given(DECIDER, *opened).when(command, naming("Harbor Cloud", twins))
    unknown = set_aside(
        SetAsideReason.PAYER_UNKNOWN, payer_customer_id=None, payer_name="Harbor Cloud"
    )
    outcome.then(unknown)


def test_names_are_compared_by_letters_and_digits() -> None:
    assert plain_name("\uff21cme  (Shenzhen) Co., Ltd.") == "acme shenzhen co ltd"


# Repeats


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


# States


@pytest.mark.parametrize("name", ["released", "forfeited", "refund waived", "refunded"])
def test_a_closed_escrow_takes_no_more(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(deposit(1, "E2"), deposit_facts())
    outcome.then(set_aside(SetAsideReason.ESCROW_CLOSED, amount_cents=1, bank_reference="E2"))


def test_an_escrow_must_be_open() -> None:
    given(DECIDER).when(deposit(), deposit_facts()).refused("escrow_not_opened")
