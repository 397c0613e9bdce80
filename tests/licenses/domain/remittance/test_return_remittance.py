"""Returns: a payment that came to nothing gives its amount free."""

import pytest

from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.events import RemittanceReturned, Source
from licenses.domain.remittance.state import Assessed
from tests.licenses.domain.remittance.scenes import (
    CITATION,
    DUE_CENTS,
    EXPORTER_ID,
    HISTORIES,
    SHIPMENT,
    acting,
    came_back,
    confirm,
    confirm_facts,
)
from tests.support.deciding import given
from tests.support.people import BANK


def test_the_payment_on_its_way_may_come_back() -> None:
    instructed = HISTORIES["instructed"]
    returned = RemittanceReturned(
        shipment_id=SHIPMENT,
        exporter_id=EXPORTER_ID,
        source=Source.ESCROW,
        bank_reference="T1",
        amount_cents=DUE_CENTS,
        currency="USD",
        reason="The account was closed.",
    )
    events = given(DECIDER, *instructed).when(came_back(), acting(BANK)).then(returned)
    assert isinstance(DECIDER.fold([*instructed, *events]), Assessed)


def test_another_payment_cannot() -> None:
    outcome = given(DECIDER, *HISTORIES["instructed"]).when(came_back("T2"), acting(BANK))
    outcome.refused("remittance_reference_wrong", citation=CITATION)


@pytest.mark.parametrize("name", ["returned", "instructed anew"])
def test_a_repeat_changes_nothing(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(came_back(), acting(BANK)).then()


def test_a_repeat_after_the_end_changes_nothing() -> None:
    events = [*HISTORIES["instructed anew"]]
    events += DECIDER.decide(confirm(), DECIDER.fold(events), confirm_facts())
    given(DECIDER, *events).when(came_back(), acting(BANK)).then()


@pytest.mark.parametrize("name", ["assessed", "confirmed", "reconciled", "nothing due"])
def test_nothing_on_its_way_is_nothing_to_return(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(came_back(), acting(BANK))
    outcome.refused("remittance_not_instructed", citation=CITATION)


def test_the_levy_must_be_assessed() -> None:
    given(DECIDER).when(came_back(), acting(BANK)).refused("remittance_not_assessed")
