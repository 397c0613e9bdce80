"""Reversals: facts about the world are recorded; what breaks the cap becomes a shortfall."""

from datetime import date
from typing import Any

import msgspec
import pytest

from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.events import UsSaleReversed
from licenses.domain.allotment.state import Frozen, Open
from licenses.domain.allotment.values import Counters, Tally
from tests.licenses.domain.allotment.cases import (
    HISTORIES,
    both,
    history,
    post,
    release,
    reserve,
    reversal,
    sale,
    tally,
    under,
)
from tests.licenses.domain.application.cases import EDITION, document
from tests.support.deciding import given

REVERSED = UsSaleReversed(
    sale_reference="INV-1",
    reversal_reference="CN-1",
    evidence=document("CN-1"),
    reversed_on=date(2026, 6, 1),
    quantity=100,
    tpp=100_000,
    reason="Returned by the buyer",
    edition=EDITION,
    seen=both(us_reported=100, us_counting=100),
    moved=both(us_reversed=100, us_counting=-100),
)


def test_a_sale_is_taken_back_in_whole() -> None:
    given(DECIDER, *HISTORIES["open"]).when(reversal(), under()).then(REVERSED)


@pytest.mark.parametrize(
    ("quantity", "counting", "shortfall", "state"),
    [(20, 80, 0, Open), (21, 80, 1, Frozen), (100, 80, 80, Frozen)],
)
@pytest.mark.parametrize("stage", ["open, reserved", "open, posted"])
def test_what_would_break_the_cap_becomes_a_shortfall(
    stage: str, quantity: int, counting: int, shortfall: int, state: type
) -> None:
    events = given(DECIDER, *HISTORIES[stage]).when(reversal(quantity), under()).events

    after = [*HISTORIES[stage], *events]
    assert isinstance(DECIDER.fold(after), state)
    assert (tally(after).us_counting, tally(after).shortfall) == (counting, shortfall)
    assert tally(after).us_net == 100 - quantity


def test_the_event_says_what_fell_short() -> None:
    (event,) = given(DECIDER, *HISTORIES["open, reserved"]).when(reversal(30), under()).events

    assert isinstance(event, UsSaleReversed)
    assert event.seen == both(us_reported=100, us_counting=100, pending=40)
    assert event.moved == Counters(
        units=Tally(us_reversed=30, us_counting=-20, shortfall=10),
        tpp=Tally(us_reversed=30_000, us_counting=-30_000),
    )


@pytest.mark.parametrize(
    ("released", "shortfall", "state"), [((2,), 10, Frozen), ((2, 1), 0, Open)]
)
def test_a_release_heals_a_shortfall_as_well(
    released: tuple[int, ...], shortfall: int, state: type
) -> None:
    events = history(
        sale(100),
        reserve(40),
        reserve(10, line=2),
        reversal(30),
        *(release(line=line) for line in released),
    )

    assert isinstance(DECIDER.fold(events), state)
    assert tally(events).shortfall == shortfall
    assert tally(events).us_counting == 70 + shortfall


def test_volume_that_was_held_ships_all_the_same() -> None:
    shipped = history(sale(100), reserve(40), reversal(30), post(40))

    assert tally(shipped) == Tally(
        us_reported=100, us_reversed=30, us_counting=80, shortfall=10, posted=40
    )


def test_a_repeat_changes_nothing() -> None:
    events = history(sale(), reversal())
    given(DECIDER, *events).when(reversal(), under()).then()


@pytest.mark.parametrize(
    "changes",
    [{"quantity": 99}, {"reversed_on": date(2026, 6, 2)}, {"evidence": document("other")}],
)
def test_a_reversal_is_reported_in_one_way_only(changes: dict[str, Any]) -> None:
    events = history(sale(), reversal())
    given(DECIDER, *events).when(msgspec.structs.replace(reversal(), **changes), under()).refused(
        "reversal_already_reported"
    )


def test_a_document_proves_one_report_only() -> None:
    given(DECIDER, *HISTORIES["open"]).when(
        reversal(1, evidence=document("INV-1")), under()
    ).refused("evidence_already_used")


def test_sales_are_taken_back_apart() -> None:
    events = history(sale(100), sale(100, name="INV-2"), reversal(100))
    outcome = given(DECIDER, *events).when(reversal(100, of="INV-2", name="CN-2"), under())

    assert outcome.refusal is None
    assert tally([*events, *outcome.events]).us_net == 0


@pytest.mark.parametrize(("quantity", "code"), [(60, None), (61, "reversal_above_sale")])
def test_not_more_than_was_sold(quantity: int, code: str | None) -> None:
    events = history(sale(), sale(1000, name="INV-2"), reversal(40))
    outcome = given(DECIDER, *events).when(reversal(quantity, name="CN-2"), under())

    assert (outcome.refusal.code if outcome.refusal else None) == code
    assert outcome.refusal is None or outcome.refusal.extra == {"left": 60}


@pytest.mark.parametrize(
    ("reversed_on", "code"),
    [
        (date(2026, 4, 30), "reversal_before_sale"),
        (date(2026, 5, 1), None),
        (date(2026, 11, 23), None),
        (date(2026, 11, 24), "reversal_in_future"),
    ],
)
def test_when_a_sale_can_be_taken_back(reversed_on: date, code: str | None) -> None:
    outcome = given(DECIDER, *HISTORIES["open"]).when(reversal(1, reversed_on=reversed_on), under())

    assert (outcome.refusal.code if outcome.refusal else None) == code


@pytest.mark.parametrize("stage", ["not opened", "open"])
def test_there_must_be_such_a_sale(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(reversal(of="INV-9"), under()).refused("sale_unknown")


def test_tpp_is_taken_back_as_it_was_reported() -> None:
    (event,) = given(DECIDER, *HISTORIES["open"]).when(reversal(10), under(tpp_per_unit=1)).events

    assert isinstance(event, UsSaleReversed)
    assert event.tpp == 10_000
