"""Drawing down: no tolerance of quantity, ten percent of value, once for each shipment."""

import msgspec
import pytest

from audits.kernel import Event, Facts
from licenses.domain.license import DECIDER
from licenses.domain.license.commands import DrawDown
from licenses.domain.license.events import LicenseExhausted
from licenses.domain.license.state import Exhausted
from tests.licenses.domain.application.cases import EXPIRY
from tests.licenses.domain.license.cases import (
    ACKNOWLEDGED,
    AT_NOON,
    EXPIRED,
    GRANTED,
    GRANTED_ONE_LINE,
    HISTORIES,
    ONE_MOMENT,
    PRICE_CENTS,
    draw,
    drawn,
)
from tests.support.deciding import given
from tests.support.people import EXPORTER

OPEN = (GRANTED, ACKNOWLEDGED)
LIMIT_CENTS = 40 * PRICE_CENTS
"""Licensed value of the license with one line."""


def test_the_figures_seen_are_recorded() -> None:
    first, second = draw(30, shipment="a"), draw(20, shipment="b")

    given(DECIDER, *OPEN).when(first, AT_NOON).then(drawn(first))
    given(DECIDER, *OPEN, drawn(first)).when(second, AT_NOON).then(
        drawn(second, before=(30, 30 * PRICE_CENTS))
    )


def test_lines_are_drawn_apart() -> None:
    first, second = draw(100, shipment="a"), draw(9, line=2, shipment="b")

    given(DECIDER, *OPEN, drawn(first)).when(second, AT_NOON).then(drawn(second))


@pytest.mark.parametrize(("before", "quantity"), [(0, 40), (39, 1), (1, 39)])
def test_the_full_quantity_exhausts_the_license(before: int, quantity: int) -> None:
    earlier = [drawn(draw(before, shipment="earlier"))] if before else []
    command = draw(quantity)

    events = (
        given(DECIDER, GRANTED_ONE_LINE, *earlier)
        .when(command, AT_NOON)
        .then(
            drawn(command, before=(before, before * PRICE_CENTS)),
            LicenseExhausted(shipment_id=command.shipment_id),
        )
    )
    assert isinstance(DECIDER.fold([GRANTED_ONE_LINE, *earlier, *events]), Exhausted)


@pytest.mark.parametrize(("before", "quantity", "left"), [(0, 41, 40), (39, 2, 1)])
def test_not_one_unit_more(before: int, quantity: int, left: int) -> None:
    earlier = [drawn(draw(before, shipment="earlier"))] if before else []

    refusal = (
        given(DECIDER, GRANTED_ONE_LINE, *earlier)
        .when(draw(quantity), AT_NOON)
        .refused("quantity_exceeded", citation="15 CFR 750.11")
    )
    assert refusal.extra == {"left": left}


def test_value_may_run_ten_percent_over() -> None:
    command = draw(39, value_cents=LIMIT_CENTS * 11 // 10)
    given(DECIDER, GRANTED_ONE_LINE).when(command, AT_NOON).then(drawn(command))


def test_not_one_cent_more() -> None:
    refusal = (
        given(DECIDER, GRANTED_ONE_LINE)
        .when(draw(39, value_cents=LIMIT_CENTS * 11 // 10 + 1), AT_NOON)
        .refused("value_exceeded", citation="15 CFR 750.11")
    )
    assert refusal.extra == {"left_cents": str(LIMIT_CENTS * 11 // 10)}
    left = f"USD {LIMIT_CENTS * 11 // 1000:,}.{LIMIT_CENTS * 11 // 10 % 100:02d}"
    assert refusal.detail == f"{left} are left on line 1, 10 percent of tolerance included"


def test_the_tolerance_is_used_once() -> None:
    first = draw(20, value_cents=LIMIT_CENTS * 11 // 10 - 1, shipment="a")
    refusal = (
        given(DECIDER, GRANTED_ONE_LINE, drawn(first))
        .when(draw(1, value_cents=2, shipment="b"), AT_NOON)
        .refused("value_exceeded")
    )
    assert refusal.extra == {"left_cents": "1"}
    second = draw(1, value_cents=1, shipment="b")
    given(DECIDER, GRANTED_ONE_LINE, drawn(first)).when(second, AT_NOON).then(
        drawn(second, before=(20, first.value_cents))
    )


def test_a_license_without_tolerance() -> None:
    strict = msgspec.structs.replace(GRANTED_ONE_LINE, value_tolerance_percent=0)
    exact = draw(39, value_cents=LIMIT_CENTS)

    given(DECIDER, strict).when(exact, AT_NOON).then(drawn(exact))
    given(DECIDER, strict).when(draw(39, value_cents=LIMIT_CENTS + 1), AT_NOON).refused(
        "value_exceeded"
    )


def test_provisos_come_first() -> None:
    refusal = (
        given(DECIDER, GRANTED)
        .when(draw(), AT_NOON)
        .refused("provisos_not_acknowledged", citation="15 CFR 750.7")
    )
    assert refusal.extra == {"missing": ["P1"]}


def test_a_line_that_is_not_licensed() -> None:
    given(DECIDER, *OPEN).when(draw(line=3), AT_NOON).refused(
        "line_not_licensed", citation="15 CFR 750.7"
    )


def test_until_the_last_moment() -> None:
    last = Facts(now=EXPIRY - ONE_MOMENT, actor=EXPORTER)
    given(DECIDER, *OPEN).when(draw(), last).then(drawn(draw()))


@pytest.mark.parametrize("history", [OPEN, (*OPEN, EXPIRED)])
def test_not_from_the_moment_of_expiry_on(history: tuple[Event, ...]) -> None:
    at_expiry = Facts(now=EXPIRY, actor=EXPORTER)
    given(DECIDER, *history).when(draw(), at_expiry).refused(
        "license_expired", citation="15 CFR 750.7(g)"
    )


@pytest.mark.parametrize("history", [(), (EXPIRED,)])
def test_a_repeat_changes_nothing(history: tuple[Event, ...]) -> None:
    given(DECIDER, *OPEN, drawn(draw(30)), *history).when(draw(30), AT_NOON).then()


def test_the_draw_that_exhausted_the_license_is_repeated_safely() -> None:
    given(DECIDER, *HISTORIES["exhausted"]).when(draw(100, shipment="a"), AT_NOON).then()


@pytest.mark.parametrize(
    "other", [draw(29), draw(30, value_cents=1), draw(30, line=2)], ids=["units", "value", "line"]
)
def test_a_shipment_draws_in_one_way_only(other: DrawDown) -> None:
    given(DECIDER, *OPEN, drawn(draw(30))).when(other, AT_NOON).refused(
        "shipment_already_drawn", citation="15 CFR 750.7"
    )


@pytest.mark.parametrize("stage", ["suspended", "revoked", "exhausted"])
def test_only_an_active_license_ships(stage: str) -> None:
    refusal = (
        given(DECIDER, *HISTORIES[stage])
        .when(draw(shipment="c"), AT_NOON)
        .refused("license_not_active", citation="15 CFR 750.7")
    )
    assert refusal.extra == {"state": stage}


def test_there_must_be_a_license() -> None:
    given(DECIDER).when(draw(), AT_NOON).refused("license_not_granted")
