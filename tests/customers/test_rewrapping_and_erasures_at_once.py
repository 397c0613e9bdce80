"""A key is destroyed while it is being wrapped anew: it is gone afterwards, whoever comes first."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest
from pytest_django import Settings

from audits import vault
from audits.differences import Look, Silence
from audits.personal import ERASED
from audits.reading import Receipt
from audits.vault import rewrapping
from audits.verification import verify
from customers.domain.erasure.commands import ApproveErasure, RequestErasure
from tests.support.people import OFFICER, SECOND_OFFICER
from tests.support.racing import race
from tests.support.stage import Stage, body

pytestmark = pytest.mark.django_db(transaction=True)
Step = Callable[[], Any]
COMING: Final = "the coming key of tests, which opens nothing of anybody's"


@pytest.fixture
def steps(settings: Settings) -> tuple[UUID, Step, Step]:
    """Let another key take over; give the holder, how one is erased, and how keys are rewrapped."""
    stage = Stage()
    holder = stage.registered_customer()
    [named] = vault.named_in(holder)
    asked = body(RequestErasure, subject_id=str(named.subject_id), reason="Asked for")
    stage.do(OFFICER, asked, named.subject_id)
    settings.PERSONAL_KEY_OTHER = settings.PERSONAL_KEY
    settings.PERSONAL_KEY = COMING
    return (
        holder,
        lambda: stage.do(SECOND_OFFICER, ApproveErasure(), named.subject_id),
        lambda: rewrapping.rewrap(Look(name="rewrap", progress=Silence())),
    )


def is_gone(holder: UUID) -> bool:
    """Tell whether nobody is named any more, and whether the record says so."""
    [named] = vault.named_in(holder)
    is_sound = verify(only=("erased_keys", "streams", "versions")).is_sound
    return named.name == ERASED and named.destroyed_at is not None and is_sound


def test_rewrapping_passes_over_a_key_that_is_being_destroyed(
    steps: tuple[UUID, Step, Step],
) -> None:
    holder, approve, rewrap = steps
    outcome = race(approve, rewrap)
    assert (outcome.waited, outcome.second) == (True, 0)
    assert is_gone(holder)


def test_a_key_that_is_being_wrapped_anew_is_destroyed_thereafter(
    steps: tuple[UUID, Step, Step],
) -> None:
    holder, approve, rewrap = steps
    outcome = race(rewrap, approve)
    assert (outcome.first, outcome.waited) == (1, True)
    assert isinstance(outcome.second, Receipt)
    assert is_gone(holder)
