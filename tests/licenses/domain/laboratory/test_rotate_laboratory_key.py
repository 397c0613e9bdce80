"""Rotation: a new key, never an old one, and only by who knows which is in use."""

import pytest
from msgspec.structs import replace

from licenses.domain.laboratory import DECIDER
from licenses.domain.laboratory.commands import RotateLaboratoryKey
from licenses.domain.laboratory.events import LaboratoryKeyRotated
from licenses.domain.laboratory.state import Accredited
from tests.licenses.domain.laboratory.scenes import (
    HISTORIES,
    KEY_ID,
    NEXT_KEY_ID,
    NEXT_PUBLIC_KEY,
    PUBLIC_KEY,
    ROTATE,
    acting,
)
from tests.support.deciding import given
from tests.support.people import LABORATORY

ROTATED = LaboratoryKeyRotated(
    public_key=NEXT_PUBLIC_KEY, key_id=NEXT_KEY_ID, replaced_key_id=KEY_ID
)


def test_the_new_key_counts_from_now_on() -> None:
    accredited = HISTORIES["accredited"]
    events = given(DECIDER, *accredited).when(ROTATE, acting(LABORATORY)).then(ROTATED)
    state = DECIDER.fold([*accredited, *events])
    assert isinstance(state, Accredited)
    assert (state.public_key, state.key_id) == (NEXT_PUBLIC_KEY, NEXT_KEY_ID)


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["rotated"]).when(ROTATE, acting(LABORATORY)).then()


def test_the_key_in_use_must_be_named() -> None:
    command = replace(ROTATE, replaces_key_id=NEXT_KEY_ID)
    outcome = given(DECIDER, *HISTORIES["accredited"]).when(command, acting(LABORATORY))
    outcome.refused("key_not_in_use")


@pytest.mark.parametrize("key", [PUBLIC_KEY, NEXT_PUBLIC_KEY])
def test_a_key_is_not_used_again(key: str) -> None:
    command = RotateLaboratoryKey(public_key=key, replaces_key_id=NEXT_KEY_ID)
    outcome = given(DECIDER, *HISTORIES["rotated"]).when(command, acting(LABORATORY))
    outcome.refused("key_used_before")


def test_a_weak_key_is_refused() -> None:
    command = replace(ROTATE, public_key="00" * 32)
    outcome = given(DECIDER, *HISTORIES["accredited"]).when(command, acting(LABORATORY))
    outcome.refused("public_key_weak", citation="RFC 8032, section 5.1.7")


def test_a_proposed_disqualification_survives_a_rotation() -> None:
    events = given(DECIDER, *HISTORIES["proposed"]).when(ROTATE, acting(LABORATORY)).then(ROTATED)
    state = DECIDER.fold([*HISTORIES["proposed"], *events])
    assert isinstance(state, Accredited)
    assert state.proposal is not None


@pytest.mark.parametrize("name", ["not accredited", "disqualified"])
def test_only_an_accredited_laboratory_has_keys(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(ROTATE, acting(LABORATORY))
    outcome.refused("laboratory_not_accredited")
