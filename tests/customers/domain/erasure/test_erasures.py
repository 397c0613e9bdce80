"""Erasures: asked for by one person, approved by another, and kept back by whatever needs the data."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace

from audits.kernel import Actor, Facts
from customers.domain.erasure import DECIDER
from customers.domain.erasure.commands import ApproveErasure, DeclineErasure, RequestErasure
from customers.domain.erasure.decisions import ErasureFacts, SubjectKey, years_after
from customers.domain.erasure.events import ErasureDeclined, ErasureRequested, PersonalDataErased
from tests.support.deciding import given
from tests.support.people import NOON, OFFICER, SECOND_OFFICER, identity

SUBJECT: Final = identity("subject")
HOLDER: Final = identity("holder")
DIGEST: Final = "c" * 64
WHY: Final = "The person asked for it"
KEY: Final = SubjectKey(holder_id=HOLDER, sha256=DIGEST, is_destroyed=False)
REQUEST: Final = RequestErasure(subject_id=SUBJECT, reason=WHY)
REQUESTED: Final = ErasureRequested(holder_id=HOLDER, reason=WHY, by=OFFICER.person_id)
DECLINED: Final = ErasureDeclined(holder_id=HOLDER, reason="Needed", by=SECOND_OFFICER.person_id)
ERASED: Final = PersonalDataErased(
    holder_id=HOLDER,
    key_sha256=DIGEST,
    reason=WHY,
    requested_by=OFFICER.person_id,
    by=SECOND_OFFICER.person_id,
)
KEPT: Final[dict[str, dict[str, Any]]] = {
    "subject_unknown": {"key": None},
    "already_erased": {"key": replace(KEY, is_destroyed=True)},
    "legal_hold": {"matters": ("Docket 1",)},
    "approval_in_force": {"approval_in_force": True},
    "deal_open": {"open_deal_ids": (identity("deal"),)},
    "retention_running": {"last_ended_at": NOON - timedelta(days=1)},
}


def facts(actor: Actor = OFFICER, **known: Any) -> ErasureFacts:
    return ErasureFacts(now=NOON, actor=actor, **({"key": KEY} | known))


def test_one_person_asks_and_another_erases() -> None:
    given(DECIDER).when(REQUEST, facts()).then(REQUESTED)
    given(DECIDER, REQUESTED).when(REQUEST, facts()).then()
    given(DECIDER, REQUESTED).when(ApproveErasure(), facts(SECOND_OFFICER)).then(ERASED)
    given(DECIDER, REQUESTED, ERASED).when(ApproveErasure(), facts(SECOND_OFFICER)).then()
    given(DECIDER, REQUESTED, ERASED).when(ApproveErasure(), facts()).refused("already_erased")


def test_nobody_erases_alone() -> None:
    given(DECIDER, REQUESTED).when(ApproveErasure(), facts()).refused("four_eyes")
    given(DECIDER).when(ApproveErasure(), facts()).refused("erasure_not_requested")
    given(DECIDER, REQUESTED).when(REQUEST, facts(SECOND_OFFICER)).refused(
        "erasure_already_requested"
    )


@pytest.mark.parametrize("code", sorted(KEPT))
def test_what_keeps_the_data_refuses_request_and_approval(code: str) -> None:
    given(DECIDER).when(REQUEST, facts(**KEPT[code])).refused(code)
    approving = facts(SECOND_OFFICER, **KEPT[code])
    given(DECIDER, REQUESTED).when(ApproveErasure(), approving).refused(code)


def test_a_request_can_be_declined_and_made_again() -> None:
    declining = Facts(now=NOON, actor=SECOND_OFFICER)
    decline = DeclineErasure(reason="Needed")
    given(DECIDER, REQUESTED).when(decline, declining).then(DECLINED)
    given(DECIDER, REQUESTED, DECLINED).when(REQUEST, facts()).then(REQUESTED)
    given(DECIDER, REQUESTED, DECLINED).when(ApproveErasure(), facts(SECOND_OFFICER)).refused(
        "erasure_not_requested"
    )
    given(DECIDER, REQUESTED, ERASED).when(decline, declining).refused("erasure_not_requested")


def test_records_are_kept_for_five_years_to_the_moment() -> None:
    ended = datetime(2021, 11, 23, 12, 0, tzinfo=UTC)
    over = facts(last_ended_at=ended)
    given(DECIDER).when(REQUEST, over).then(REQUESTED)
    still = facts(last_ended_at=ended + timedelta(microseconds=1))
    refusal = (
        given(DECIDER).when(REQUEST, still).refused("retention_running", citation="15 CFR 762.6")
    )
    assert refusal.extra == {"kept_until": "2026-11-23T12:00:00.000001+00:00"}


def test_five_years_after_a_leap_day_is_the_first_of_march() -> None:
    leap = datetime(2024, 2, 29, 8, 0, tzinfo=UTC)
    assert years_after(leap, 5) == datetime(2029, 3, 1, 8, 0, tzinfo=UTC)
    assert years_after(leap, 4) == datetime(2028, 2, 29, 8, 0, tzinfo=UTC)
