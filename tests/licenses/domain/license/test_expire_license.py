"""Expiry: at its moment, not before."""

import msgspec
import pytest

from licenses.domain.license import DECIDER
from licenses.domain.license.commands import ExpireLicense
from licenses.domain.license.terms import LineBalance
from tests.licenses.domain.license.cases import (
    ACKNOWLEDGED,
    BY_SYSTEM,
    EXPIRED,
    GRANTED,
    HISTORIES,
    ONE_MOMENT,
    PRICE_CENTS,
    draw,
    drawn,
)
from tests.support.deciding import given

COMMAND = ExpireLicense()
JUST_BEFORE = msgspec.structs.replace(BY_SYSTEM, now=BY_SYSTEM.now - ONE_MOMENT)


@pytest.mark.parametrize("stage", ["active", "suspended", "active, revocation proposed"])
def test_at_its_moment(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, BY_SYSTEM).then(EXPIRED)


@pytest.mark.parametrize("stage", ["active", "suspended"])
def test_not_before(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, JUST_BEFORE).refused(
        "expiry_not_reached", citation="15 CFR 750.7(g)"
    )


def test_what_is_left_is_named() -> None:
    given(DECIDER, GRANTED, ACKNOWLEDGED, drawn(draw(99))).when(COMMAND, BY_SYSTEM).then(
        msgspec.structs.replace(
            EXPIRED,
            left=(
                LineBalance(line=1, quantity=1, value_cents=PRICE_CENTS),
                LineBalance(line=2, quantity=10, value_cents=200_000_00),
            ),
        )
    )


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, GRANTED, EXPIRED).when(COMMAND, BY_SYSTEM).then()


@pytest.mark.parametrize("stage", ["revoked", "exhausted"])
def test_what_has_ended_otherwise_does_not_expire(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, BY_SYSTEM).refused("license_not_in_force")
