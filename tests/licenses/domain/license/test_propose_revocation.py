"""Proposing to revoke: nothing ends yet."""

import pytest

from licenses.domain.license import DECIDER
from licenses.domain.license.commands import ProposeRevocation
from licenses.domain.license.events import RevocationProposed
from licenses.domain.license.state import Active, Suspended
from tests.licenses.domain.license.cases import (
    GRANTED,
    HISTORIES,
    PROPOSED,
    SUSPENDED,
    proposing,
)
from tests.support.deciding import given
from tests.support.people import OFFICER, SECOND_OFFICER

COMMAND = ProposeRevocation(reason="Diversion")


def test_an_officer_proposes() -> None:
    given(DECIDER, GRANTED).when(COMMAND, proposing()).then(PROPOSED)

    assert isinstance(DECIDER.fold([GRANTED, PROPOSED]), Active)


def test_of_a_suspended_license_too() -> None:
    given(DECIDER, GRANTED, SUSPENDED).when(COMMAND, proposing(version=2)).then(
        RevocationProposed(reason="Diversion", on_version=2, by=OFFICER.person_id)
    )

    assert isinstance(DECIDER.fold([GRANTED, SUSPENDED, PROPOSED]), Suspended)


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, GRANTED, PROPOSED).when(COMMAND, proposing(version=2)).then()


def test_the_same_by_another_officer_is_a_proposal_of_theirs() -> None:
    given(DECIDER, GRANTED, PROPOSED).when(COMMAND, proposing(SECOND_OFFICER, 2)).then(
        RevocationProposed(reason="Diversion", on_version=2, by=SECOND_OFFICER.person_id)
    )


def test_a_new_reason_replaces_the_proposal() -> None:
    given(DECIDER, GRANTED, PROPOSED).when(
        ProposeRevocation(reason="False statements"), proposing(version=2)
    ).then(RevocationProposed(reason="False statements", on_version=2, by=OFFICER.person_id))


@pytest.mark.parametrize("stage", ["revoked", "expired", "exhausted"])
def test_not_when_the_license_has_ended(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, proposing()).refused("license_not_in_force")
