"""An edition's way into force, as histories."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from audits.kernel import Actor, Command, Facts
from licenses.domain.edition.commands import (
    ApproveEdition,
    EnforceEdition,
    PublishEdition,
    WithdrawEdition,
)
from licenses.domain.edition.decisions import DECIDER
from licenses.domain.edition.events import (
    EditionApproved,
    EditionEvent,
    EditionPublished,
    EditionTookEffect,
    EditionWithdrawn,
)
from licenses.domain.edition.state import Unpublished, evolve
from tests.licenses.domain.policy.deals import BRIEF_TOML
from tests.support.deciding import given
from tests.support.people import NOON, OFFICER, SECOND_OFFICER, SYSTEM

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
TOMORROW_TOML = BRIEF_TOML.replace("2026-01-15T00:00:00-05:00", "2026-11-24T07:00:00-05:00")
SHA256 = hashlib.sha256(TOMORROW_TOML.encode()).hexdigest()

PUBLISHED = EditionPublished(
    name="brief-2026",
    title="The deal as announced: one generation back, a quarter to the Treasury",
    family="brief",
    toml=TOMORROW_TOML,
    sha256=SHA256,
    effective_from=NOON + DAY,
    by=OFFICER.person_id,
)
APPROVED = EditionApproved(
    name="brief-2026",
    sha256=SHA256,
    effective_from=NOON + DAY,
    approved_at=NOON,
    published_by=OFFICER.person_id,
    by=SECOND_OFFICER.person_id,
)
WITHDRAWN = EditionWithdrawn(
    name="brief-2026", reason="The law changed first", by=OFFICER.person_id
)
IN_EFFECT = EditionTookEffect(
    name="brief-2026", sha256=SHA256, effective_from=NOON + DAY, approved_at=NOON
)

PUBLISH = PublishEdition(toml=TOMORROW_TOML)
APPROVE = ApproveEdition(sha256=SHA256)
WITHDRAW = WithdrawEdition(reason="The law changed first")
ENFORCE = EnforceEdition()


def _facts(actor: Actor = OFFICER, now: datetime = NOON) -> Facts:
    return Facts(now=now, actor=actor)


def test_publishing_keeps_text_fingerprint_and_day_in_utc() -> None:
    given(DECIDER).when(PUBLISH).then(PUBLISHED)

    assert PUBLISHED.effective_from == datetime(2026, 11, 24, 12, tzinfo=UTC)
    (published,) = DECIDER.decide(PUBLISH, DECIDER.initial, _facts())
    assert isinstance(published, EditionPublished)
    assert published.effective_from.isoformat() == "2026-11-24T12:00:00+00:00"


def test_publishing_the_same_again_changes_nothing() -> None:
    for history in ([PUBLISHED], [PUBLISHED, APPROVED], [PUBLISHED, APPROVED, IN_EFFECT]):
        given(DECIDER, *history).when(PUBLISH, _facts(SECOND_OFFICER)).then()


def test_a_name_keeps_its_text() -> None:
    other = PublishEdition(toml=TOMORROW_TOML + "# a word more\n")

    for history in ([PUBLISHED], [PUBLISHED, APPROVED], [PUBLISHED, APPROVED, IN_EFFECT]):
        given(DECIDER, *history).when(other).refused("edition_name_taken")


def test_a_withdrawn_name_is_not_used_again() -> None:
    given(DECIDER, PUBLISHED, WITHDRAWN).when(PUBLISH).refused("edition_withdrawn")


def test_a_malformed_edition_is_refused_with_every_problem() -> None:
    refusal = given(DECIDER).when(PublishEdition(toml='name = "x"')).refused("edition_malformed")

    assert "title: missing" in refusal.extra["problems"]


def test_a_second_officer_approves() -> None:
    given(DECIDER, PUBLISHED).when(APPROVE, _facts(SECOND_OFFICER)).then(APPROVED)


def test_the_publisher_does_not_approve() -> None:
    given(DECIDER, PUBLISHED).when(APPROVE, _facts(OFFICER)).refused("four_eyes")


def test_approval_is_bound_to_the_text() -> None:
    other = ApproveEdition(sha256="0" * 64)

    for history in ([PUBLISHED], [PUBLISHED, APPROVED], [PUBLISHED, APPROVED, IN_EFFECT]):
        given(DECIDER, *history).when(other, _facts(SECOND_OFFICER)).refused("edition_text_differs")


@pytest.mark.parametrize(
    ("now", "effective_from"),
    [
        (NOON + DAY - TICK, NOON + DAY),
        (NOON + DAY, NOON + DAY),
        (NOON + DAY + TICK, NOON + DAY + TICK),
    ],
)
def test_an_edition_never_takes_effect_before_its_approval(
    now: datetime, effective_from: datetime
) -> None:
    (approved,) = given(DECIDER, PUBLISHED).when(APPROVE, _facts(SECOND_OFFICER, now)).events

    assert isinstance(approved, EditionApproved)
    assert approved.effective_from == effective_from
    assert approved.approved_at == now


def test_approving_again_changes_nothing_whoever_does_it() -> None:
    for actor in (OFFICER, SECOND_OFFICER):
        given(DECIDER, PUBLISHED, APPROVED).when(APPROVE, _facts(actor)).then()
        given(DECIDER, PUBLISHED, APPROVED, IN_EFFECT).when(APPROVE, _facts(actor)).then()


@pytest.mark.parametrize(
    ("now", "refusal"),
    [(NOON + DAY - TICK, "edition_not_due"), (NOON + DAY, None), (NOON + 2 * DAY, None)],
)
def test_it_takes_effect_on_its_day(now: datetime, refusal: str | None) -> None:
    outcome = given(DECIDER, PUBLISHED, APPROVED).when(ENFORCE, _facts(SYSTEM, now))

    if refusal:
        outcome.refused(refusal)
    else:
        outcome.then(IN_EFFECT)


def test_it_takes_effect_once() -> None:
    given(DECIDER, PUBLISHED, APPROVED, IN_EFFECT).when(
        ENFORCE, _facts(SYSTEM, NOON + 2 * DAY)
    ).then()


def test_it_can_be_withdrawn_while_it_waits_for_approval_even_after_its_day() -> None:
    for now in (NOON, NOON + 2 * DAY):
        given(DECIDER, PUBLISHED).when(WITHDRAW, _facts(now=now)).then(WITHDRAWN)


@pytest.mark.parametrize(
    ("now", "refusal"), [(NOON + DAY - TICK, None), (NOON + DAY, "edition_in_force")]
)
def test_it_can_be_withdrawn_until_it_takes_effect(now: datetime, refusal: str | None) -> None:
    outcome = given(DECIDER, PUBLISHED, APPROVED).when(WITHDRAW, _facts(now=now))

    if refusal:
        outcome.refused(refusal)
    else:
        outcome.then(WITHDRAWN)


def test_withdrawing_again_changes_nothing() -> None:
    given(DECIDER, PUBLISHED, WITHDRAWN).when(WITHDRAW).then()
    given(DECIDER, PUBLISHED, APPROVED, WITHDRAWN).when(WITHDRAW).then()


@pytest.mark.parametrize(
    ("history", "command", "code"),
    [
        ([], APPROVE, "edition_not_published"),
        ([], WITHDRAW, "edition_not_published"),
        ([], ENFORCE, "edition_not_approved"),
        ([PUBLISHED], ENFORCE, "edition_not_approved"),
        ([PUBLISHED, APPROVED, IN_EFFECT], WITHDRAW, "edition_in_force"),
        ([PUBLISHED, WITHDRAWN], APPROVE, "edition_not_published"),
        ([PUBLISHED, WITHDRAWN], ENFORCE, "edition_not_approved"),
    ],
)
def test_no_command_jumps_a_step(history: list[EditionEvent], command: Command, code: str) -> None:
    given(DECIDER, *history).when(command, _facts(SECOND_OFFICER, NOON + 2 * DAY)).refused(code)


def test_a_history_that_begins_with_a_withdrawal_is_a_bug() -> None:
    with pytest.raises(TypeError, match="cannot follow Unpublished"):
        evolve(Unpublished(), WITHDRAWN)
