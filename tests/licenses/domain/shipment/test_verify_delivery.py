"""Delivery: proven once, not before the goods left, not in the future."""

from datetime import date

import msgspec
import pytest

from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.state import Delivered
from tests.licenses.domain.shipment.cases import (
    BY_EXPORTER,
    DELIVERED,
    HISTORIES,
    VERIFY,
)
from tests.support.deciding import given


def test_arrival_is_proven() -> None:
    given(DECIDER, *HISTORIES["dispatched"]).when(VERIFY, BY_EXPORTER).then(DELIVERED)

    state = DECIDER.fold(HISTORIES["delivered"])
    assert isinstance(state, Delivered)
    assert state.delivery == DELIVERED.delivery


@pytest.mark.parametrize(
    ("delivered_on", "code"),
    [
        (date(2026, 11, 22), "delivery_before_dispatch"),
        (date(2026, 11, 23), None),
        (date(2026, 11, 24), None),
        (date(2026, 11, 25), "delivery_in_future"),
    ],
)
def test_when_goods_can_arrive(delivered_on: date, code: str | None) -> None:
    """At noon UTC it is the 24th east of +12:00, and nowhere the 25th."""
    outcome = given(DECIDER, *HISTORIES["dispatched"]).when(
        msgspec.structs.replace(VERIFY, delivered_on=delivered_on), BY_EXPORTER
    )
    assert (outcome.refusal.code if outcome.refusal else None) == code


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["delivered"]).when(VERIFY, BY_EXPORTER).then()


def test_arrival_is_proven_in_one_way_only() -> None:
    other = msgspec.structs.replace(VERIFY, received_by="Somebody else")
    given(DECIDER, *HISTORIES["delivered"]).when(other, BY_EXPORTER).refused(
        "delivery_already_verified"
    )


@pytest.mark.parametrize("stage", ["requested", "cleared", "cancelled", "stopped"])
def test_only_what_left_arrives(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(VERIFY, BY_EXPORTER).refused("shipment_not_dispatched")
