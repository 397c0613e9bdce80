"""Revoking: two natural persons, and what is left is named."""

import msgspec
import pytest

from licenses.domain.license import DECIDER
from licenses.domain.license.commands import ConfirmRevocation
from licenses.domain.license.terms import LineBalance
from tests.licenses.domain.license.cases import (
    ACKNOWLEDGED,
    GRANTED,
    HISTORIES,
    PRICE_CENTS,
    PROPOSED,
    REVOKED,
    SUSPENDED,
    confirming,
    draw,
    drawn,
)
from tests.support.deciding import given
from tests.support.people import OFFICER, SYSTEM

COMMAND = ConfirmRevocation(on_version=1)


@pytest.mark.parametrize("stage", ["active, revocation proposed", "suspended, revocation proposed"])
def test_a_second_officer_ends_the_license(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, confirming()).then(REVOKED)


def test_what_has_shipped_is_not_left() -> None:
    history = (GRANTED, ACKNOWLEDGED, drawn(draw(30)), PROPOSED)

    given(DECIDER, *history).when(COMMAND, confirming()).then(
        msgspec.structs.replace(
            REVOKED,
            left=(
                LineBalance(line=1, quantity=70, value_cents=70 * PRICE_CENTS),
                LineBalance(line=2, quantity=10, value_cents=200_000_00),
            ),
        )
    )


def test_nothing_ships_afterwards() -> None:
    refusal = given(DECIDER, *HISTORIES["revoked"]).when(draw()).refused("license_not_active")
    assert refusal.extra == {"state": "revoked"}


def test_whoever_proposed_does_not_confirm() -> None:
    given(DECIDER, GRANTED, PROPOSED).when(COMMAND, confirming(OFFICER)).refused(
        "four_eyes", citation="Tollgate: four-eyes principle"
    )


@pytest.mark.parametrize("on_version", [2, 3])
def test_only_the_very_proposal_that_was_read(on_version: int) -> None:
    given(DECIDER, GRANTED, PROPOSED).when(
        ConfirmRevocation(on_version=on_version), confirming()
    ).refused("proposal_replaced")


@pytest.mark.parametrize("stage", ["active", "suspended"])
def test_there_must_be_a_proposal(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, confirming()).refused("revocation_not_proposed")


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["revoked"]).when(COMMAND, confirming()).then()


def test_it_is_confirmed_by_one_officer_only() -> None:
    given(DECIDER, *HISTORIES["revoked"]).when(COMMAND, confirming(SYSTEM)).refused(
        "license_not_in_force"
    )


@pytest.mark.parametrize("stage", ["expired", "exhausted"])
def test_not_when_the_license_has_ended(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, confirming()).refused("license_not_in_force")


def test_the_value_left_is_never_below_nothing() -> None:
    over = draw(99, value_cents=3_300_000_00)
    (event,) = (
        given(DECIDER, GRANTED, ACKNOWLEDGED, drawn(over), SUSPENDED, PROPOSED)
        .when(COMMAND, confirming())
        .events
    )

    assert event == msgspec.structs.replace(
        REVOKED,
        left=(LineBalance(line=1, quantity=1, value_cents=0), REVOKED.left[1]),
    )
