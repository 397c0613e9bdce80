"""Posting: once for each shipment, from what is held, and a short shipment gives back the rest."""

import pytest

from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.commands import PostVolume
from licenses.domain.allotment.events import AllotmentEvent, VolumePosted, VolumeReleased
from licenses.domain.allotment.state import Frozen, Open
from licenses.domain.allotment.values import Tally
from tests.licenses.domain.allotment.cases import (
    BY_SYSTEM,
    HISTORIES,
    LICENSE,
    both,
    history,
    post,
    release,
    reserve,
    reversal,
    sale,
    tally,
)
from tests.licenses.domain.application.cases import EDITION
from tests.support.deciding import Outcome, given
from tests.support.people import identity

SHIPMENT = identity("shipment/a")
SOLD = both(us_reported=100, us_counting=100)


def posted(quantity: int, *, from_hold: int, short: int = 0, pending: int = 40) -> VolumePosted:
    return VolumePosted(
        license_id=LICENSE,
        line=1,
        shipment_id=SHIPMENT,
        quantity=quantity,
        from_hold=from_hold,
        short=short,
        tpp=1000 * quantity,
        edition=EDITION,
        seen=both(us_reported=100, us_counting=100, pending=pending),
        moved=both(pending=-from_hold, posted=quantity),
    )


def when(stage: str, command: PostVolume) -> Outcome:
    return given(DECIDER, *HISTORIES[stage]).when(command, BY_SYSTEM)


@pytest.mark.parametrize("quantity", [1, 39, 40])
def test_held_volume_is_used(quantity: int) -> None:
    when("open, reserved", post(quantity)).then(posted(quantity, from_hold=quantity))


def test_in_several_shipments() -> None:
    events = history(sale(100), reserve(40), post(15, shipment="b"), post(25, shipment="c"))

    assert tally(events) == Tally(us_reported=100, us_counting=100, posted=40)


def test_a_short_shipment_gives_back_the_rest() -> None:
    when("open, reserved", post(15, short=5)).then(
        posted(15, from_hold=15, short=5),
        VolumeReleased(
            license_id=LICENSE,
            line=1,
            quantity=5,
            tpp=5000,
            license_end=None,
            shipment_id=SHIPMENT,
            edition=EDITION,
            seen=both(us_reported=100, us_counting=100, pending=25, posted=15),
            moved=both(pending=-5),
        ),
    )


def test_the_rest_of_the_line_stays_held() -> None:
    events = history(sale(100), reserve(40), post(15, short=5))

    assert tally(events) == Tally(us_reported=100, us_counting=100, pending=20, posted=15)


@pytest.mark.parametrize(("short", "given_back"), [(24, 24), (25, 25), (26, 25), (100, 25)])
def test_no_more_goes_back_than_is_held(short: int, given_back: int) -> None:
    _, back = when("open, reserved", post(15, short=short)).events

    assert isinstance(back, VolumeReleased)
    assert back.quantity == given_back


def test_nothing_goes_back_where_nothing_is_held_any_more() -> None:
    when("open, reserved", post(40, short=3)).then(posted(40, from_hold=40, short=3))


@pytest.mark.parametrize(("quantity", "code"), [(50, None), (51, "cap_exceeded")])
def test_units_beyond_the_hold_need_headroom(quantity: int, code: str | None) -> None:
    outcome = when("open, reserved", post(quantity))

    if code is None:
        outcome.then(posted(quantity, from_hold=40))
    else:
        assert outcome.refused(code).extra["headroom"] == 10


def test_units_given_back_can_be_claimed_again() -> None:
    events = history(sale(100), reserve(40), post(15, short=5, shipment="b"), post(25))

    assert tally(events) == Tally(us_reported=100, us_counting=100, posted=40)


@pytest.mark.parametrize(("quantity", "code"), [(40, None), (41, "allotment_frozen")])
def test_a_broken_cap_stops_only_what_is_not_held(quantity: int, code: str | None) -> None:
    outcome = when("frozen", post(quantity))

    assert (outcome.refusal.code if outcome.refusal else None) == code


@pytest.mark.parametrize(
    ("quantity", "short", "shortfall", "state"),
    [(10, 4, 2, Frozen), (30, 5, 0, Open), (30, 4, 2, Frozen)],
)
def test_a_short_shipment_heals_a_shortfall(
    quantity: int, short: int, shortfall: int, state: type
) -> None:
    events = history(sale(100), reserve(40), reversal(30), post(quantity, short=short))

    assert isinstance(DECIDER.fold(events), state)
    assert tally(events).shortfall == shortfall


@pytest.mark.parametrize(
    "events",
    [
        history(sale(100), reserve(40), post(15)),
        history(sale(100), reserve(40), post(15), post(25, shipment="b")),
        history(sale(100), reserve(40), post(15), release()),
    ],
)
def test_a_repeat_changes_nothing(events: tuple[AllotmentEvent, ...]) -> None:
    given(DECIDER, *events).when(post(15), BY_SYSTEM).then()


@pytest.mark.parametrize("command", [post(39), post(40, short=1)])
def test_a_shipment_posts_in_one_way_only(command: PostVolume) -> None:
    when("open, posted", command).refused("volume_already_posted")


def test_nothing_is_posted_after_the_license_has_ended() -> None:
    when("open, released", post(1)).refused("volume_released")


@pytest.mark.parametrize("stage", ["not opened", "open"])
def test_volume_must_have_been_reserved(stage: str) -> None:
    when(stage, post(1)).refused("volume_not_reserved")


def test_lines_are_held_apart() -> None:
    when("open, reserved", post(1, line=2)).refused("volume_not_reserved")
