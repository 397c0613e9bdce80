"""Work items survive workers, brokers and bugs: leased, fenced, repeated."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from audits import context, store, tasks, work
from audits.kernel import Role
from audits.models import WorkItem
from audits.work import NewWork
from tests.audits.histories import context_of, sealed
from tests.audits.items import (
    KIND,
    OVER,
    Effects,
    change,
    claimed,
    due_ids,
    effects_of,
    new_item,
    row,
)
from tests.support.database import in_threads
from tests.support.people import NOON

pytestmark = pytest.mark.django_db


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
    assert due_ids() == []
    change(item, lease_until=context.database_now() + OVER)
    assert due_ids() == [item]
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
    assert due_ids() == []
    assert work.oldest_due_seconds() == 0
    assert work.run_due() == 0
    change(item, due_at=context.database_now() - timedelta(seconds=30))
    assert 30 <= work.oldest_due_seconds() < 60
    assert due_ids() == [item]
    assert work.run_due() == 1
    assert effects.ran == [item]
    assert work.oldest_due_seconds() == 0


def test_the_longest_due_comes_first_and_the_limit_is_kept(effects: Effects) -> None:
    items = [new_item(due_in_seconds=-age) for age in (10, 30, 20)]
    assert due_ids(limit=2) == [items[1], items[2]]
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
