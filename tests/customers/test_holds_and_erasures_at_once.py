"""A legal hold and an erasure at the same moment: whoever comes first is believed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from audits import vault
from audits.kernel import Refused
from audits.personal import ERASED
from audits.reading import Receipt
from customers.domain.erasure.commands import ApproveErasure, RequestErasure
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import PlaceLegalHold
from tests.support.people import OFFICER, SECOND_OFFICER
from tests.support.racing import race
from tests.support.stage import Stage, body

pytestmark = pytest.mark.django_db(transaction=True)
Step = Callable[[], Any]


@pytest.fixture
def steps() -> tuple[UUID, Step, Step]:
    """Request an erasure; give the holder, how it is approved, and how a hold is placed on it."""
    stage = Stage()
    holder = stage.registered_customer()
    [named] = vault.named_in(holder)
    asked = body(RequestErasure, subject_id=str(named.subject_id), reason="Asked for")
    stage.do(OFFICER, asked, named.subject_id)
    placing = body(PlaceLegalHold, target_id=str(holder), matter="Docket 1", reason="Keep it")
    return (
        holder,
        lambda: stage.do(SECOND_OFFICER, ApproveErasure(), named.subject_id),
        lambda: stage.do(OFFICER, placing, legal_hold_id(holder)),
    )


def test_an_erasure_waits_for_a_hold_in_the_making_and_is_refused(
    steps: tuple[UUID, Step, Step],
) -> None:
    holder, approve, place = steps
    outcome = race(place, approve)
    assert outcome.waited
    assert isinstance(outcome.second, Refused)
    assert outcome.second.code == "legal_hold"
    assert [named.name for named in vault.named_in(holder)] != [ERASED]


def test_a_hold_waits_for_an_erasure_in_the_making_and_keeps_what_is_left(
    steps: tuple[UUID, Step, Step],
) -> None:
    holder, approve, place = steps
    outcome = race(approve, place)
    assert outcome.waited
    assert isinstance(outcome.second, Receipt)
    assert [named.name for named in vault.named_in(holder)] == [ERASED]
