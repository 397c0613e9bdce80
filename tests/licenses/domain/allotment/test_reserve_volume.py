"""Reserving: up to the cap and never a unit more, in units or in TPP, under the cap in force."""

import msgspec
import pytest

from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.events import (
    AllotmentEvent,
    CapAdopted,
    VolumePosted,
    VolumeReserved,
)
from licenses.domain.allotment.state import Frozen, Open
from licenses.domain.allotment.values import Counters, Tally, us_counting_at_least
from licenses.domain.policy.model import Cap
from tests.licenses.domain.allotment.cases import (
    BY_SYSTEM,
    HISTORIES,
    LICENSE,
    TPP_CAP,
    UNITS_CAP,
    both,
    counters,
    history,
    post,
    release,
    reserve,
    reversal,
    sale,
    tally,
    under,
)
from tests.licenses.domain.application.cases import EDITION
from tests.support.deciding import given

RESERVED = VolumeReserved(
    license_id=LICENSE,
    line=1,
    quantity=50,
    tpp_per_unit=1000,
    tpp=50_000,
    edition=EDITION,
    seen=both(us_reported=100, us_counting=100),
    moved=both(pending=50),
)


@pytest.mark.parametrize("cap", [UNITS_CAP, TPP_CAP])
def test_exactly_half_of_the_us_sales_may_be_taken(cap: Cap) -> None:
    given(DECIDER, *history(sale(100), cap=cap)).when(reserve(50), under(cap)).then(RESERVED)


def test_not_one_unit_more() -> None:
    refusal = (
        given(DECIDER, *HISTORIES["open"])
        .when(reserve(51), under())
        .refused("cap_exceeded", citation=UNITS_CAP.citation)
    )
    assert refusal.detail == "51 units asked, 50 left under the cap"
    assert refusal.extra == {
        "metric": "units",
        "headroom": 50,
        "headroom_units": 50,
        "asked_units": 51,
        "us_counting": 100,
        "pending": 0,
        "posted": 0,
    }


def test_not_one_unit_more_in_tpp_either() -> None:
    refusal = (
        given(DECIDER, *history(sale(100), reserve(40), post(15), cap=TPP_CAP))
        .when(reserve(11, line=2), under(TPP_CAP))
        .refused("cap_exceeded", citation=TPP_CAP.citation)
    )
    assert refusal.extra == {
        "metric": "tpp",
        "headroom": 10_000,
        "headroom_units": 10,
        "asked_units": 11,
        "us_counting": 100_000,
        "pending": 25_000,
        "posted": 15_000,
    }


@pytest.mark.parametrize(
    ("events", "left"),
    [
        (history(sale(100), reserve(40)), 10),
        (history(sale(100), reserve(40), post(15)), 10),
        (history(sale(100), reserve(40), release()), 50),
        (history(sale(100), reserve(40), post(15, short=5)), 15),
        (history(sale(100), reserve(40), reversal(20)), 0),
        (history(sale(101)), 50),
        (history(sale(99)), 49),
    ],
)
def test_what_is_left_can_be_taken_to_the_last_unit(
    events: tuple[AllotmentEvent, ...], left: int
) -> None:
    given(DECIDER, *events).when(reserve(left + 1, line=2), under()).refused("cap_exceeded")
    if left:
        assert given(DECIDER, *events).when(reserve(left, line=2), under()).refusal is None


def test_a_ratio_other_than_one_half() -> None:
    cap = msgspec.structs.replace(UNITS_CAP, ratio_numerator=2, ratio_denominator=3)
    events = history(sale(100), cap=cap)

    assert given(DECIDER, *events).when(reserve(66), under(cap)).refusal is None
    given(DECIDER, *events).when(reserve(67), under(cap)).refused("cap_exceeded")


def test_without_us_sales_nothing_can_be_taken() -> None:
    refusal = given(DECIDER).when(reserve(1), under()).refused("cap_exceeded")
    assert refusal.extra["headroom"] == 0


@pytest.mark.parametrize("stage", ["frozen", "frozen, posted"])
def test_nothing_is_reserved_while_the_cap_is_broken(stage: str) -> None:
    refusal = (
        given(DECIDER, *HISTORIES[stage])
        .when(reserve(1, line=2), under())
        .refused("allotment_frozen", citation=UNITS_CAP.citation)
    )
    assert refusal.extra == {"metric": "units", "shortfall": 10}


@pytest.mark.parametrize("stage", ["open, reserved", "open, posted", "open, released", "frozen"])
def test_a_repeat_changes_nothing(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(reserve(40), under()).then()


def test_a_line_is_reserved_in_one_quantity_only() -> None:
    given(DECIDER, *HISTORIES["open, reserved"]).when(reserve(41), under()).refused(
        "volume_already_reserved"
    )


def test_a_new_cap_is_adopted_with_the_first_decision_under_it() -> None:
    seen = both(us_reported=100, us_counting=100, pending=40)

    given(DECIDER, *HISTORIES["open, reserved"]).when(
        reserve(10, line=2), under(TPP_CAP, edition="rule-2026")
    ).then(
        CapAdopted(cap=TPP_CAP, edition="rule-2026", seen=seen, moved=Counters()),
        msgspec.structs.replace(
            RESERVED,
            line=2,
            quantity=10,
            tpp=10_000,
            edition="rule-2026",
            seen=seen,
            moved=both(pending=10),
        ),
    )


def test_a_stricter_cap_freezes_what_it_finds_broken() -> None:
    quarter = msgspec.structs.replace(UNITS_CAP, ratio_denominator=4)
    reserved = HISTORIES["open, reserved"]

    given(DECIDER, *reserved).when(reserve(1, line=2), under(quarter)).refused("allotment_frozen")
    adopted, _ = given(DECIDER, *reserved).when(sale(59, name="INV-2"), under(quarter)).events
    assert isinstance(adopted, CapAdopted)
    assert adopted.moved.units == Tally(us_counting=60, shortfall=60)
    assert isinstance(DECIDER.fold([*reserved, adopted]), Frozen)


@pytest.mark.parametrize(("quantity", "state"), [(59, Frozen), (60, Open)])
def test_sales_heal_what_a_stricter_cap_broke(quantity: int, state: type) -> None:
    quarter = msgspec.structs.replace(UNITS_CAP, ratio_denominator=4)
    reserved = HISTORIES["open, reserved"]
    events = given(DECIDER, *reserved).when(sale(quantity, name="INV-2"), under(quarter)).events

    assert isinstance(DECIDER.fold([*reserved, *events]), state)


def test_a_shortfall_moves_with_the_metric() -> None:
    frozen = HISTORIES["frozen"]
    events = given(DECIDER, *frozen).when(sale(1, name="INV-2"), under(TPP_CAP)).events
    after = counters(DECIDER.fold([*frozen, *events]))

    assert (after.units.shortfall, after.tpp.shortfall) == (0, 9_000)
    assert tally(frozen).shortfall == 10


def test_the_adopted_edition_governs_what_ships_later() -> None:
    reserved = HISTORIES["open, reserved"]
    facts = under(TPP_CAP, edition="rule-2026")
    adopted = given(DECIDER, *reserved).when(sale(1, name="INV-2"), facts).events

    (posted,) = given(DECIDER, *reserved, *adopted).when(post(1), BY_SYSTEM).events
    assert isinstance(posted, VolumePosted)
    assert posted.edition == "rule-2026"


@pytest.mark.parametrize(("taken", "least"), [(0, 0), (1, 2), (4, 6), (5, 8), (6, 9)])
def test_how_much_must_be_sold_for_what_is_taken(taken: int, least: int) -> None:
    cap = msgspec.structs.replace(UNITS_CAP, ratio_numerator=2, ratio_denominator=3)

    assert us_counting_at_least(cap, taken) == least
