"""Provisos are acknowledged in writing, each once, before anything ships."""

import msgspec
import pytest

from audits.kernel import Event
from licenses.domain.license import DECIDER
from licenses.domain.license.commands import AcknowledgeProvisos
from licenses.domain.license.state import Active
from tests.licenses.domain.application.cases import document
from tests.licenses.domain.license.cases import (
    ACKNOWLEDGED,
    AT_NOON,
    EXPIRED,
    GRANTED,
    HISTORIES,
    SUSPENDED,
)
from tests.support.deciding import given

COMMAND = AcknowledgeProvisos(proviso_ids=("P1",))


@pytest.mark.parametrize("history", [(GRANTED,), (GRANTED, SUSPENDED)])
def test_by_the_holder(history: tuple[Event, ...]) -> None:
    given(DECIDER, *history).when(COMMAND, AT_NOON).then(ACKNOWLEDGED)


def test_the_signed_letter_is_kept() -> None:
    letter = document("acknowledgement")
    given(DECIDER, GRANTED).when(
        AcknowledgeProvisos(proviso_ids=("P1",), letter=letter), AT_NOON
    ).then(msgspec.structs.replace(ACKNOWLEDGED, letter=letter))


def test_nothing_is_missing_afterwards() -> None:
    before, after = DECIDER.fold([GRANTED]), DECIDER.fold([GRANTED, ACKNOWLEDGED])

    assert isinstance(before, Active)
    assert isinstance(after, Active)
    assert before.grant.missing_provisos() == ("P1",)
    assert after.grant.missing_provisos() == ()


@pytest.mark.parametrize("history", [(), (EXPIRED,)])
def test_a_repeat_changes_nothing(history: tuple[Event, ...]) -> None:
    given(DECIDER, GRANTED, ACKNOWLEDGED, *history).when(COMMAND, AT_NOON).then()


def test_a_proviso_that_the_license_does_not_have() -> None:
    given(DECIDER, GRANTED).when(AcknowledgeProvisos(proviso_ids=("P1", "P2")), AT_NOON).refused(
        "proviso_unknown"
    )


@pytest.mark.parametrize("stage", ["revoked", "expired"])
def test_not_when_the_license_has_ended(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, AT_NOON).refused("license_not_in_force")
