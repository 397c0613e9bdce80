"""Opening: once, on the terms of the grant."""

import pytest
from msgspec.structs import replace

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.events import EscrowOpened
from tests.licenses.domain.escrow.scenes import (
    HISTORIES,
    LICENSE,
    LONG_STOP,
    OPEN,
    PRICE_CENTS,
    acting,
)
from tests.licenses.domain.policy.deals import BRIEF, RULE
from tests.support.deciding import given
from tests.support.people import SYSTEM

OPENED = EscrowOpened(
    license_id=LICENSE,
    exporter_id=OPEN.exporter_id,
    currency="USD",
    price_cents=PRICE_CENTS,
    payers=OPEN.payers,
    levy=BRIEF.levy,
    prepayment=BRIEF.prepayment,
    payment_reference=LICENSE.hex,
    long_stop_on=LONG_STOP,
    edition="brief-2026",
)


def test_opening_fixes_the_terms() -> None:
    given(DECIDER).when(OPEN, acting(SYSTEM)).then(OPENED)


def test_the_payment_reference_fits_an_end_to_end_id() -> None:
    assert len(OPENED.payment_reference) <= 35


def test_a_levy_on_the_entered_value_is_not_withheld() -> None:
    terms = replace(OPEN, levy=RULE.levy)
    given(DECIDER).when(terms, acting(SYSTEM)).then(replace(OPENED, levy=None))


def test_a_product_outside_the_levy_has_none() -> None:
    terms = replace(OPEN, levy=None)
    given(DECIDER).when(terms, acting(SYSTEM)).then(replace(OPENED, levy=None))


def test_a_levy_may_take_everything_but_not_more() -> None:
    whole = replace(BRIEF.levy, rate_numerator=100)
    more = replace(BRIEF.levy, rate_numerator=101)
    given(DECIDER).when(replace(OPEN, levy=whole), acting(SYSTEM)).then(replace(OPENED, levy=whole))
    outcome = given(DECIDER).when(replace(OPEN, levy=more), acting(SYSTEM))
    outcome.refused("levy_above_proceeds")


@pytest.mark.parametrize("name", [name for name in HISTORIES if name != "not opened"])
def test_opening_again_changes_nothing(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(OPEN, acting(SYSTEM)).then()


@pytest.mark.parametrize("name", [name for name in HISTORIES if name != "not opened"])
def test_other_terms_are_refused(name: str) -> None:
    other = replace(OPEN, price_cents=PRICE_CENTS + 1)
    outcome = given(DECIDER, *HISTORIES[name]).when(other, acting(SYSTEM))
    outcome.refused("escrow_already_opened")
