"""Who paid: by id, by name, or both; nobody else's money counts."""

from typing import Any

import pytest
from msgspec.structs import replace

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.deposits import plain_name
from licenses.domain.escrow.events import Payer, SetAsideReason
from tests.licenses.domain.escrow.booking import AWAITING, FUNDED, booked, naming, set_aside
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    OPEN,
    PARENT,
    STRANGER,
    acting,
    deposit,
    deposit_facts,
    history,
)
from tests.support.deciding import given
from tests.support.people import SYSTEM


def test_a_stranger_does_not_pay() -> None:
    facts = deposit_facts(screened_customer_ids=(BUYER, STRANGER))
    outcome = given(DECIDER, *AWAITING).when(deposit(payer_customer_id=STRANGER), facts)
    outcome.then(set_aside(SetAsideReason.PAYER_UNKNOWN, payer_customer_id=STRANGER))


def test_a_party_that_is_not_cleared_does_not_pay() -> None:
    facts = deposit_facts(screened_customer_ids=(PARENT,))
    outcome = given(DECIDER, *AWAITING).when(deposit(), facts)
    outcome.then(set_aside(SetAsideReason.PAYER_NOT_SCREENED))


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
