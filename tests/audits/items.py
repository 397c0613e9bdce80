"""Work items of a kind whose effects can be counted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audits import context, reading, store, work
from audits.models import WorkItem
from audits.work import Leased, NewWork
from audits.work.dead import HISTORY
from tests.audits.histories import sealed

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
        loaded = reading.load(HISTORY, leased.subject_id, lock="write")
        store.append([sealed(leased.subject_id, loaded.version + 1, cause=leased.event_id)])
        self.meanwhile()
        if self.error is not None:
            raise self.error


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
    return reading.load(HISTORY, row(item_id).subject_id).version


def claimed(item_id: UUID | None = None, *, lease: timedelta = work.LEASE) -> Leased:
    leased = work.claim(item_id, lease=lease)
    assert leased is not None
    return leased


def change(item_id: UUID, **columns: Any) -> None:
    assert WorkItem.objects.filter(id=item_id).update(**columns) == 1


def due_ids(*, limit: int = 500) -> list[UUID]:
    """List items that are due and not leased, longest due first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM audits_work_item WHERE status IN ('ready', 'leased')"
            " AND due_at <= clock_timestamp()"
            " AND (status = 'ready' OR lease_until < clock_timestamp())"
            " ORDER BY due_at LIMIT %s",
            [limit],
        )
        return [item_id for (item_id,) in cursor.fetchall()]
