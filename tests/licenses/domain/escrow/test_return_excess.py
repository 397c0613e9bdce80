"""Excess goes back without a waiver: at most the payer's own, and never to a listed party."""

from datetime import timedelta

import pytest

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.events import ExcessReturned
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    FORFEIT,
    FORFEIT_FACTS,
    HISTORIES,
    LICENSE,
    OPENING,
    PARENT,
    PRICE_CENTS,
    TODAY,
    deposit,
    deposit_facts,
    history,
    return_facts,
    returning,
)
from tests.support.deciding import given

OVERPAID = HISTORIES["overpaid"]
RETURNED = ExcessReturned(
    license_id=LICENSE,
    payer_customer_id=BUYER,
    bank_reference="R1",
    amount_cents=5,
    currency="USD",
    returned_on=TODAY,
    excess_cents=0,
)


def test_all_of_it_goes_back() -> None:
    given(DECIDER, *OVERPAID).when(returning(5), return_facts()).then(RETURNED)


def test_not_a_cent_more() -> None:
    outcome = given(DECIDER, *OVERPAID).when(returning(6), return_facts())
    outcome.refused("excess_exceeded")


def test_what_went_back_is_gone() -> None:
    events = [*OVERPAID, RETURNED]
    given(DECIDER, *events).when(returning(1, "R2"), return_facts()).refused("excess_exceeded")


def test_a_payer_gets_its_own_excess_only() -> None:
    both = history(
        OPENING,
        (deposit(PRICE_CENTS + 5), deposit_facts()),
        (deposit(7, "E2", payer_customer_id=PARENT), deposit_facts()),
    )
    to_parent = returning(8, payer_customer_id=PARENT)
    given(DECIDER, *both).when(to_parent, return_facts()).refused("excess_exceeded")
    outcome = given(DECIDER, *both).when(returning(7, payer_customer_id=PARENT), return_facts())
    assert isinstance(outcome.events[0], ExcessReturned)
    assert outcome.events[0].excess_cents == 5


def test_nothing_goes_back_to_a_party_that_is_not_cleared() -> None:
    outcome = given(DECIDER, *OVERPAID).when(returning(5), return_facts(screened=(PARENT,)))
    outcome.refused("payer_not_screened", citation="31 CFR 501.603")


def test_a_return_is_reported_once_made() -> None:
    tomorrow = returning(5, returned_on=TODAY + timedelta(days=1))
    given(DECIDER, *OVERPAID).when(tomorrow, return_facts()).refused("payment_day_ahead")


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *OVERPAID, RETURNED).when(returning(5), return_facts()).then()


@pytest.mark.parametrize("other", [returning(4), returning(5, payer_customer_id=PARENT)])
def test_one_bank_reference_returns_once(other: object) -> None:
    outcome = given(DECIDER, *OVERPAID, RETURNED).when(other, return_facts())  # type: ignore[arg-type]
    outcome.refused("return_conflict")


@pytest.mark.parametrize("name", ["awaiting funds", "funded", "released", "forfeited", "refunded"])
def test_without_excess_nothing_goes_back(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(returning(1), return_facts())
    outcome.refused("excess_exceeded")


def test_forfeiture_leaves_the_excess_to_its_payer() -> None:
    forfeited = history(
        OPENING, (deposit(PRICE_CENTS + 5), deposit_facts()), (FORFEIT, FORFEIT_FACTS)
    )
    given(DECIDER, *forfeited).when(returning(5), return_facts()).then(RETURNED)


def test_an_escrow_must_be_open() -> None:
    given(DECIDER).when(returning(1), return_facts()).refused("escrow_not_opened")
