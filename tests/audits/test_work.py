"""Work items survive workers, brokers and bugs: leased, fenced, repeated, put aside, driven again."""

import io
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audits import context, grants, reading, store, tasks, work
from audits.enrollment import enroll_organization, enroll_person
from audits.events import WorkItemDied, WorkItemRedriven
from audits.kernel import Context, Refused, Role
from audits.models import WorkItem
from audits.work import Leased, NewWork
from tests.audits.histories import context_of, sealed
from tests.support.database import in_threads
from tests.support.people import NOON, OFFICER
from tests.support.world import logged_in

pytestmark = pytest.mark.django_db

KIND = "test_work"
OVER = timedelta(seconds=-1)
"""A lease that has ended when it begins."""


class Effects:
    """A handler that appends one event to the subject's stream, and may then fail."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.ran: list[UUID] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self, leased: Leased) -> None:
        self.ran.append(leased.id)
        loaded = reading.load(work.HISTORY, leased.subject_id, lock="write")
        store.append([sealed(leased.subject_id, loaded.version + 1, cause=leased.event_id)])
        self.meanwhile()
        if self.error is not None:
            raise self.error


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> Effects:
    monkeypatch.setattr(work, "_handlers", {})
    handler = Effects()
    work.register(KIND, handler)
    return handler


def new_item(*, due_in_seconds: float = 0, kind: str = KIND) -> UUID:
    """Write an event and an item that it causes."""
    [cause] = store.append([sealed(context.new_id(), 1)])
    due_at = context.database_now() + timedelta(seconds=due_in_seconds)
    new = NewWork(kind=kind, subject_id=context.new_id(), event_id=cause.event_id, due_at=due_at)
    [item_id] = work.enqueue([new])
    return item_id


def row(item_id: UUID) -> WorkItem:
    return WorkItem.objects.get(id=item_id)


def effects_of(item_id: UUID) -> int:
    return reading.load(work.HISTORY, row(item_id).subject_id).version


def claimed(item_id: UUID | None = None, *, lease: timedelta = work.LEASE) -> Leased:
    leased = work.claim(item_id, lease=lease)
    assert leased is not None
    return leased


def change(item_id: UUID, **columns: Any) -> None:
    assert WorkItem.objects.filter(id=item_id).update(**columns) == 1


# -- Leases --------------------------------------------------------------------------------


def test_an_item_is_done_once_together_with_its_effect(effects: Effects) -> None:
    item = new_item()
    leased = claimed()
    assert (leased.id, leased.attempts) == (item, 1)
    assert work.run(leased) is True
    assert (row(item).status, effects_of(item), effects.ran) == ("done", 1, [item])
    assert row(item).finished_at is not None
    assert work.claim() is None
    assert work.claim(item) is None


def test_a_leased_item_belongs_to_one_worker_until_the_lease_ends(effects: Effects) -> None:
    item = new_item()
    first = claimed(lease=timedelta(seconds=60))
    assert work.claim() is None
    assert work.claim(item) is None
    assert work.due_ids() == []
    change(item, lease_until=context.database_now() + OVER)
    assert work.due_ids() == [item]
    second = claimed()
    assert (second.id, second.attempts) == (item, 2)
    assert second.token != first.token
    assert not effects.ran


@pytest.mark.parametrize("second_is_done", [True, False])
def test_a_stale_worker_changes_nothing(effects: Effects, *, second_is_done: bool) -> None:
    item = new_item()
    stale = claimed(lease=OVER)
    second = claimed()
    if second_is_done:
        assert work.run(second) is True
    assert work.run(stale) is False
    assert effects_of(item) == int(second_is_done)  # the stale worker's own effect was undone
    assert row(item).status == ("done" if second_is_done else "leased")
    if not second_is_done:
        assert row(item).lease_token == second.token
        assert work.run(second) is True
    assert effects_of(item) == 1
    assert effects.ran.count(item) == 2


def test_a_worker_that_loses_its_lease_in_the_middle_is_fenced(effects: Effects) -> None:
    item = new_item()
    slow = claimed(lease=OVER)
    effects.meanwhile = claimed
    assert work.run(slow) is False
    effects.meanwhile = lambda: None
    assert (effects_of(item), row(item).status) == (0, "leased")


def test_a_stale_worker_that_fails_does_not_disturb_the_other(effects: Effects) -> None:
    item = new_item()
    stale = claimed(lease=OVER)
    second = claimed()
    effects.error = ValueError("late")
    assert work.run(stale) is False
    assert (row(item).lease_token, row(item).last_error) == (second.token, "")


def test_a_worker_that_outlives_its_lease_unnoticed_may_still_finish(effects: Effects) -> None:
    item = new_item()
    assert work.run(claimed(lease=OVER)) is True
    assert (row(item).status, effects.ran) == ("done", [item])


# -- Due times -----------------------------------------------------------------------------


def test_what_is_due_later_waits(effects: Effects) -> None:
    item = new_item(due_in_seconds=60)
    assert work.claim() is None
    assert work.claim(item) is None
    assert work.due_ids() == []
    assert work.oldest_due_seconds() == 0
    assert work.run_due() == 0
    change(item, due_at=context.database_now() - timedelta(seconds=30))
    assert 30 <= work.oldest_due_seconds() < 60
    assert work.due_ids() == [item]
    assert work.run_due() == 1
    assert effects.ran == [item]
    assert work.oldest_due_seconds() == 0


def test_the_longest_due_comes_first_and_the_limit_is_kept(effects: Effects) -> None:
    items = [new_item(due_in_seconds=-age) for age in (10, 30, 20)]
    assert work.due_ids(limit=2) == [items[1], items[2]]
    assert work.run_due(limit=2) == 2
    assert effects.ran == [items[1], items[2]]
    assert work.run_due() == 1


def test_the_same_event_makes_the_same_work_once(effects: Effects) -> None:
    cause = store.append([sealed(context.new_id(), 1)])[0].event_id
    new = NewWork(kind=KIND, subject_id=UUID(int=1), event_id=cause)
    other_subject = NewWork(kind=KIND, subject_id=UUID(int=2), event_id=cause)
    other_kind = NewWork(kind="other", subject_id=UUID(int=1), event_id=cause)
    first = work.enqueue([new, other_subject, other_kind])
    assert len(set(first)) == 3
    change(first[0], status="done")
    assert work.enqueue([new]) == first[:1]
    assert WorkItem.objects.count() == 3
    assert row(first[0]).status == "done"
    assert not effects.ran


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
    [died] = reading.load(work.HISTORY, item).recorded
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
    assert reading.load(work.HISTORY, item).version == 0


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
    receipt = work.redrive(item, reason="fixed", context=officers_context())
    died, redriven = reading.load(work.HISTORY, item).recorded
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
        work.redrive(target, reason="why not", context=officers_context())
    assert refusal.value.code == "work_item_not_dead"
    assert reading.load(work.HISTORY, target).version == 0
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
    assert reading.load(work.HISTORY, item).recorded[-1].actor == person.actor()
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


# -- Tasks ---------------------------------------------------------------------------------


def test_a_hint_runs_its_item_and_a_repeat_of_it_does_nothing(effects: Effects) -> None:
    item, other = new_item(), new_item()
    assert tasks.run_work_item(str(item), "from a newer sender", also="this") is True
    assert tasks.run_work_item(str(item)) is False
    assert effects.ran == [item]
    assert tasks.sweep("unknown", argument=1) == 1
    assert effects.ran == [item, other]


def test_the_context_of_work_is_the_same_on_every_attempt(effects: Effects) -> None:
    item = new_item()
    first, second = (claimed(item, lease=OVER).context(step="go", now=NOON) for _ in range(2))
    assert first == second
    assert first.actor.role is Role.SYSTEM
    assert first.causation_id == row(item).event_id
    assert first.command_id != claimed(item).context(step="stop", now=NOON).command_id
    assert not effects.ran
    assert context_of().actor.role is Role.EXPORTER


# -- Many workers --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_sixteen_workers_run_each_item_once(effects: Effects) -> None:
    items = {new_item() for _ in range(120)}
    start = threading.Barrier(16)

    def worker(_number: int) -> int:
        start.wait()
        return work.run_due()

    tried = in_threads(worker, range(16), threads=16)
    assert sum(tried) == len(effects.ran) == len(items)
    assert set(effects.ran) == items
    assert {effects_of(item) for item in items} == {1}
    assert set(WorkItem.objects.values_list("status", "attempts")) == {("done", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_claim_skips_what_another_transaction_holds(effects: Effects) -> None:
    held, free = new_item(due_in_seconds=-10), new_item()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM audits_work_item WHERE id = %s FOR UPDATE", [held])
        [leased] = in_threads(lambda _: work.claim(), [None], threads=1)
    assert leased is not None
    assert leased.id == free
    assert not effects.ran
