"""Releases: per dispatched shipment, never more than is held, the levy exact over all of them."""

from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st
from msgspec.structs import replace

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.escrow.state import Closed, Closing, Funded
from tests.licenses.domain.escrow.scenes import (
    EXPORTER_ID,
    FIRST_SHIPMENT,
    HISTORIES,
    LICENSE,
    OPEN,
    OPEN_WITHOUT_PREPAYMENT,
    PRICE_CENTS,
    SECOND_SHIPMENT,
    acting,
    deposit,
    deposit_facts,
    history,
    release,
)
from tests.licenses.domain.policy.deals import BRIEF
from tests.support.deciding import given
from tests.support.people import SYSTEM, identity

CITATION = BRIEF.prepayment.citation
WHOLE = EscrowReleased(
    license_id=LICENSE,
    exporter_id=EXPORTER_ID,
    shipment_id=FIRST_SHIPMENT,
    gross_cents=PRICE_CENTS,
    levy_cents=250_01,  # a quarter of 100,001 cents, rounded up
    exporter_cents=750_00,
    currency="USD",
    cumulative_gross_cents=PRICE_CENTS,
    cumulative_levy_cents=250_01,
    held_cents=0,
    edition="brief-2026",
)


def released(gross_cents: int, levy_cents: int, **changes: Any) -> EscrowReleased:
    event = replace(
        WHOLE,
        gross_cents=gross_cents,
        levy_cents=levy_cents,
        exporter_cents=gross_cents - levy_cents,
        cumulative_gross_cents=gross_cents,
        cumulative_levy_cents=levy_cents,
        held_cents=PRICE_CENTS - gross_cents,
    )
    return replace(event, **changes)


def test_releasing_everything_closes_the_escrow() -> None:
    funded = HISTORIES["funded"]
    events = given(DECIDER, *funded).when(release(), acting(SYSTEM)).then(WHOLE)
    state = DECIDER.fold([*funded, *events])
    assert isinstance(state, Closed)
    assert state.how is Closing.RELEASED


def test_a_part_leaves_the_rest_in_escrow() -> None:
    funded = HISTORIES["funded"]
    events = given(DECIDER, *funded).when(release(1), acting(SYSTEM)).then(released(1, 1))
    assert isinstance(DECIDER.fold([*funded, *events]), Funded)


def test_the_levy_of_later_shipments_makes_up_for_rounding() -> None:
    cent_by_cent = history(
        (OPEN, acting(SYSTEM)), (deposit(), deposit_facts()), (release(1), acting(SYSTEM))
    )
    second = released(
        1,
        0,
        shipment_id=SECOND_SHIPMENT,
        cumulative_gross_cents=2,
        cumulative_levy_cents=1,
        held_cents=PRICE_CENTS - 2,
    )
    outcome = given(DECIDER, *cent_by_cent).when(release(1, SECOND_SHIPMENT), acting(SYSTEM))
    outcome.then(second)


def test_without_a_levy_the_exporter_gets_everything() -> None:
    opened = history((replace(OPEN, levy=None), acting(SYSTEM)), (deposit(), deposit_facts()))
    outcome = given(DECIDER, *opened).when(release(400), acting(SYSTEM))
    outcome.then(released(400, 0))


def test_never_more_than_is_held() -> None:
    partly = HISTORIES["partly released"]
    rest = PRICE_CENTS - 300_00
    outcome = given(DECIDER, *partly).when(release(rest + 1, SECOND_SHIPMENT), acting(SYSTEM))
    outcome.refused("escrow_insufficient", citation=CITATION)
    outcome = given(DECIDER, *partly).when(release(rest, SECOND_SHIPMENT), acting(SYSTEM))
    assert isinstance(outcome.events[0], EscrowReleased)


def test_excess_is_not_there_to_be_released() -> None:
    outcome = given(DECIDER, *HISTORIES["overpaid"]).when(release(PRICE_CENTS + 1), acting(SYSTEM))
    outcome.refused("escrow_insufficient", citation=CITATION)


@pytest.mark.parametrize("name", ["awaiting funds", "partly paid", "set aside"])
def test_nothing_leaves_before_everything_is_paid(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(release(1), acting(SYSTEM))
    outcome.refused("escrow_not_funded", citation=CITATION)


def test_without_prepayment_only_what_is_held_can_be_released() -> None:
    opened = history((OPEN_WITHOUT_PREPAYMENT, acting(SYSTEM)), (deposit(100), deposit_facts()))
    outcome = given(DECIDER, *opened).when(release(101), acting(SYSTEM))
    outcome.refused("escrow_insufficient")
    outcome = given(DECIDER, *opened).when(release(100), acting(SYSTEM))
    outcome.then(released(100, 25, held_cents=0))


@pytest.mark.parametrize("name", ["partly released"])
def test_a_repeat_changes_nothing(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(release(300_00), acting(SYSTEM)).then()


def test_a_repeat_after_the_end_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["released"]).when(release(), acting(SYSTEM)).then()


def test_one_shipment_is_released_once() -> None:
    outcome = given(DECIDER, *HISTORIES["partly released"]).when(release(1), acting(SYSTEM))
    outcome.refused("release_conflict", citation=CITATION)


@pytest.mark.parametrize("name", ["released", "forfeited", "refund waived", "refunded"])
def test_a_closed_escrow_releases_nothing(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(release(1, SECOND_SHIPMENT), acting(SYSTEM))
    outcome.refused("escrow_closed", citation=CITATION)


def test_a_proposed_refund_does_not_stop_a_release() -> None:
    outcome = given(DECIDER, *HISTORIES["refund proposed"]).when(release(), acting(SYSTEM))
    outcome.then(WHOLE)


def test_an_escrow_must_be_open() -> None:
    given(DECIDER).when(release(), acting(SYSTEM)).refused("escrow_not_opened")


@forall(
    parts=st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, max_size=12),
    numerator=st.integers(min_value=0, max_value=100),
)
def test_splitting_a_sale_shaves_nothing(parts: list[int], numerator: int) -> None:
    levy = replace(BRIEF.levy, rate_numerator=numerator, rate_denominator=100)
    price_cents = sum(parts)
    opening = replace(OPEN, price_cents=price_cents, levy=levy)
    steps = [(opening, acting(SYSTEM)), (deposit(price_cents), deposit_facts())]
    steps += [
        (release(part, identity(f"shipment/{number}")), acting(SYSTEM))
        for number, part in enumerate(parts)
    ]
    releases = [event for event in history(*steps) if isinstance(event, EscrowReleased)]
    gross = levied = 0
    for event in releases:
        gross += event.gross_cents
        levied += event.levy_cents
        assert event.exporter_cents >= 0
        assert event.levy_cents + event.exporter_cents == event.gross_cents
        assert (event.cumulative_gross_cents, event.cumulative_levy_cents) == (gross, levied)
        assert levied == (gross * numerator + 99) // 100
    assert gross == price_cents
