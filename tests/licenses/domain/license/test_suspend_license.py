"""Suspension: without notice, on any number of grounds."""

import pytest

from audits.kernel import Facts
from licenses.domain.license import DECIDER
from licenses.domain.license.commands import SuspendLicense
from licenses.domain.license.events import LicenseSuspended
from licenses.domain.license.state import Active, Suspended, Suspension
from tests.licenses.domain.license.cases import (
    GRANTED,
    HISTORIES,
    PROPOSED,
    SUSPENDED,
    draw,
)
from tests.support.deciding import given
from tests.support.people import NOON, SYSTEM

COMMAND = SuspendLicense(reason="A hit")
BAN = SuspendLicense(reason="H200 is banned", edition="ban-2027")
BY_SYSTEM = Facts(now=NOON, actor=SYSTEM)


def test_an_officer_suspends() -> None:
    given(DECIDER, GRANTED).when(COMMAND).then(SUSPENDED)


def test_a_ban_suspends_and_names_its_edition() -> None:
    given(DECIDER, GRANTED).when(BAN, BY_SYSTEM).then(
        LicenseSuspended(reason="H200 is banned", edition="ban-2027", by=SYSTEM.person_id)
    )


def test_no_officer_bans_in_the_name_of_an_edition() -> None:
    given(DECIDER, GRANTED).when(BAN).refused("edition_not_in_charge")
    given(DECIDER, GRANTED, SUSPENDED).when(BAN).refused("edition_not_in_charge")


def test_nothing_ships_meanwhile() -> None:
    refusal = (
        given(DECIDER, GRANTED, SUSPENDED)
        .when(draw())
        .refused("license_not_active", citation="15 CFR 750.7")
    )
    assert refusal.extra == {"state": "suspended"}


def test_a_further_ground_is_recorded_beside_the_first() -> None:
    (second,) = given(DECIDER, GRANTED, SUSPENDED).when(BAN, BY_SYSTEM).events

    state = DECIDER.fold([GRANTED, SUSPENDED, second])
    assert isinstance(state, Suspended)
    assert state.suspensions == (
        Suspension(reason="A hit", edition=None),
        Suspension(reason="H200 is banned", edition="ban-2027"),
    )


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, GRANTED, SUSPENDED).when(COMMAND).then()


def test_the_same_reason_of_another_edition_is_another_ground() -> None:
    command = SuspendLicense(reason="A hit", edition="ban-2027")
    (event,) = given(DECIDER, GRANTED, SUSPENDED).when(command, BY_SYSTEM).events

    assert event == LicenseSuspended(reason="A hit", edition="ban-2027", by=SYSTEM.person_id)
    given(DECIDER, GRANTED, SUSPENDED, event).when(command, BY_SYSTEM).then()


def test_a_proposed_revocation_stays_proposed() -> None:
    before = DECIDER.fold([GRANTED, PROPOSED])
    after = DECIDER.fold([GRANTED, PROPOSED, SUSPENDED])

    assert isinstance(before, Active)
    assert isinstance(after, Suspended)
    assert (after.grant, after.revocation) == (before.grant, before.revocation)
    assert after.revocation is not None


@pytest.mark.parametrize("stage", ["revoked", "expired", "exhausted"])
def test_not_when_the_license_has_ended(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).refused("license_not_in_force")
