"""Work that fails is tried again, then put aside with an event, and driven again on a person's word."""

import io
import json
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from audits import context, grants, reading, work
from audits.enrollment import enroll_organization, enroll_person
from audits.events import WorkItemDied, WorkItemRedriven
from audits.kernel import Context, Refused, Role
from audits.work.dead import HISTORY, redrive
from tests.audits.items import KIND, OVER, Effects, change, claimed, effects_of, new_item, row
from tests.support.people import OFFICER
from tests.support.world import logged_in

pytestmark = pytest.mark.django_db


# -- Failure -------------------------------------------------------------------------------


def test_a_failure_undoes_the_effect_and_is_tried_again_later(effects: Effects) -> None:
    item = new_item()
    effects.error = ValueError("no\0 such \ud800 thing")
    assert work.run(claimed()) is False
    failed = row(item)
    assert (effects_of(item), failed.status, failed.attempts) == (0, "ready", 1)
    assert failed.last_error == "ValueError: no\ufffd such ? thing"
    assert failed.due_at > context.database_now()
    assert failed.lease_token is None
    assert work.claim() is None
    effects.error = None
    change(item, due_at=context.database_now())
    assert work.run(claimed()) is True
    assert effects_of(item) == 1


def test_work_of_an_unknown_kind_is_kept_until_somebody_knows_it(effects: Effects) -> None:
    item = new_item(kind="not_yet_deployed")
    assert work.run(claimed()) is False
    assert "not_yet_deployed" in row(item).last_error
    assert row(item).status == "ready"
    assert not effects.ran


def backoff_seconds(effects: Effects, attempts: int) -> tuple[float, float]:
    """Fail for the `attempts`-th time; return the least and the most that the pause may be."""
    effects.error = ValueError("again")
    item = new_item()
    change(item, attempts=attempts - 1)
    leased = claimed(item)
    before = context.database_now()
    work.run(leased)
    after, due_at = context.database_now(), row(item).due_at
    return (due_at - after).total_seconds(), (due_at - before).total_seconds()


def test_the_pause_grows_with_every_attempt_with_jitter_up_to_a_cap(
    effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MAX_ATTEMPTS", 100)
    cap = work.BACKOFF_CAP.total_seconds()
    for attempts in (2, 5, 8, 9, 10, 99):
        pauses = [backoff_seconds(effects, attempts) for _ in range(3)]
        longest = min(cap, 2.0 ** (attempts - 1))
        assert all(least <= longest for least, _ in pauses), (attempts, pauses)
        assert all(most >= longest / 2 for _, most in pauses), (attempts, pauses)
        spread = max(most for _, most in pauses) - min(least for least, _ in pauses)
        assert spread > longest / 1_000  # they do not march in step


def test_poison_is_put_aside_with_an_event_after_the_last_attempt(effects: Effects) -> None:
    effects.error = ValueError("poison")
    item = new_item()
    for attempt in range(1, work.MAX_ATTEMPTS + 1):
        assert row(item).status == "ready", attempt
        change(item, due_at=context.database_now())
        assert work.run_due() == 1
    dead = row(item)
    assert (dead.status, dead.attempts) == ("dead", work.MAX_ATTEMPTS)
    assert len(effects.ran) == work.MAX_ATTEMPTS
    [died] = reading.load(HISTORY, item).recorded
    assert died.data == WorkItemDied(
        work_item_id=item,
        kind=KIND,
        subject_id=dead.subject_id,
        attempts=work.MAX_ATTEMPTS,
        last_error="ValueError: poison",
    )
    assert died.causation_id == dead.event_id
    assert dead.event_id is not None
    [cause] = [
        each
        for each in reading.read_correlated(died.correlation_id)
        if each.event_id == dead.event_id
    ]
    assert died.correlation_id == cause.correlation_id  # it stands in the history of its deal
    change(item, due_at=context.database_now() + OVER)
    assert work.claim() is None
    assert work.claim(item) is None


def test_an_item_whose_workers_all_vanished_is_put_aside_unrun(effects: Effects) -> None:
    item = new_item()
    for _ in range(work.MAX_ATTEMPTS):
        claimed(lease=OVER)
    assert work.run(claimed()) is False
    assert row(item).status == "dead"
    assert not effects.ran


def test_a_stale_worker_cannot_put_aside_what_another_holds(effects: Effects) -> None:
    item = new_item()
    change(item, attempts=work.MAX_ATTEMPTS - 1)
    stale = claimed(lease=OVER)
    second = claimed()
    effects.error = ValueError("poison")
    assert work.run(stale) is False
    assert row(item).lease_token == second.token
    assert reading.load(HISTORY, item).version == 0


# -- Driving again -------------------------------------------------------------------------


def dead_item(effects: Effects) -> UUID:
    effects.error = ValueError("poison")
    item = new_item()
    change(item, attempts=work.MAX_ATTEMPTS - 1)
    work.run_due()
    effects.error = None
    assert row(item).status == "dead"
    return item


def test_a_dead_item_is_driven_again_on_a_persons_word(effects: Effects) -> None:
    item = dead_item(effects)
    receipt = redrive(item, reason="fixed", context=officers_context())
    died, redriven = reading.load(HISTORY, item).recorded
    assert isinstance(died.data, WorkItemDied)
    assert redriven.data == WorkItemRedriven(work_item_id=item, kind=KIND, reason="fixed")
    assert (redriven.actor, redriven.event_id) == (OFFICER, receipt.event_id)
    assert (row(item).status, row(item).attempts) == ("ready", 0)
    assert work.run_due() == 1
    assert (row(item).status, effects_of(item)) == ("done", 1)


def officers_context() -> Context:
    return Context(actor=OFFICER, now=context.database_now(), command_id=context.new_id())


@pytest.mark.parametrize("status", ["ready", "done", "nowhere"])
def test_only_a_dead_item_is_driven_again(effects: Effects, status: str) -> None:
    item = new_item()
    if status == "done":
        work.run_due()
    target = UUID(int=7) if status == "nowhere" else item
    with pytest.raises(Refused) as refusal:
        redrive(target, reason="why not", context=officers_context())
    assert refusal.value.code == "work_item_not_dead"
    assert reading.load(HISTORY, target).version == 0
    assert len(effects.ran) == int(status == "done")


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("dead_letters", *arguments, stdout=out)
    return out.getvalue()


def test_dead_letters_are_listed(effects: Effects) -> None:
    assert told() == "dead work items: 0\n"
    item = dead_item(effects)
    new_item()
    assert f"{item}  {KIND}" in told()
    assert "ValueError: poison" in told()
    assert told().endswith("dead work items: 1\n")
    [listed] = json.loads(told("--json"))
    assert (listed["id"], listed["last_error"]) == (str(item), "ValueError: poison")


def test_dead_letters_are_driven_again_by_an_enrolled_person(effects: Effects) -> None:
    organization = enroll_organization("BIS", Role.OFFICER, agency="BIS")
    person = enroll_person("olivia", organization, password=context.new_id().hex)
    item = dead_item(effects)
    arguments = ("--redrive", str(item), "--reason", "fixed", "--person")
    for name in ("nobody", ""):
        with pytest.raises(CommandError):
            told(*arguments, name)
    with pytest.raises(CommandError):
        told("--redrive", str(item), "--reason", " ", "--person", "olivia")
    assert row(item).status == "dead"
    with logged_in(grants.WORKER):
        assert "is due again" in told(*arguments, "olivia")
    assert reading.load(HISTORY, item).recorded[-1].actor == person.actor()
    with pytest.raises(CommandError, match="work_item_not_dead"):
        told(*arguments, "olivia")


def test_a_person_who_left_drives_nothing_again(effects: Effects) -> None:
    organization = enroll_organization("BIS", Role.OFFICER, agency="BIS")
    person = enroll_person("olivia", organization, password=context.new_id().hex)
    person.is_active = False
    person.save()
    item = dead_item(effects)
    with pytest.raises(CommandError, match="cannot decide"):
        told("--redrive", str(item), "--reason", "fixed", "--person", "olivia")
    assert row(item).status == "dead"
