"""Reading the journal as it is stored: pages of rows, in bounded memory, for those who check it."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection, transaction

PAGE_SIZE: Final = 1_000
FIRST: Final = (UUID(int=0), -1)
"""Before every stream and version."""

T = TypeVar("T")

# A superuser can write times that no calendar has, infinity among them: they are read as the nearest
# that one has, so that whoever compares them gets to name them.
_EVENTS: Final = """
    SELECT stream_id, version, event_id, aggregate, type, schema_version, command_id, ordinal,
           correlation_id, causation_id, person_id, organization_id,
           least(greatest(recorded_at, '0001-01-02Z'), '9999-12-30Z'),
           canonical, leaf_hash
    FROM audits_event WHERE (stream_id, version) > (%s, %s) ORDER BY stream_id, version LIMIT %s
"""
_LOG: Final = """
    SELECT l.log_index, l.event_id, e.stream_id, e.version,
           (SELECT b.log_index FROM audits_event p JOIN audits_log b USING (event_id)
            WHERE p.stream_id = e.stream_id AND p.version = e.version - 1),
           e.causation_id,
           (SELECT c.log_index FROM audits_log c WHERE c.event_id = e.causation_id),
           CASE WHEN e.recorded_at IS NOT NULL
               THEN least(greatest(e.recorded_at, '0001-01-02Z'), '9999-12-30Z') END,
           least(greatest(l.latest_at, '0001-01-02Z'), '9999-12-30Z')
    FROM audits_log l LEFT JOIN audits_event e USING (event_id)
    WHERE l.log_index > %s ORDER BY l.log_index LIMIT %s
"""
_LOG_TIMES: Final = """
    SELECT l.log_index, least(greatest(e.recorded_at, '0001-01-02Z'), '9999-12-30Z')
    FROM audits_log l JOIN audits_event e USING (event_id)
    WHERE l.log_index > %s ORDER BY l.log_index LIMIT %s
"""
_UNINDEXED: Final = """
    SELECT e.stream_id, e.version, e.event_id FROM audits_event e
    WHERE (e.stream_id, e.version) > (%s, %s)
      AND e.recorded_at < clock_timestamp() - make_interval(secs => {seconds})
      AND NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)
    ORDER BY e.stream_id, e.version LIMIT %s
"""
_DEAD: Final = """
    SELECT id, kind, subject_id, event_id, attempts, due_at, last_error
    FROM audits_work_item WHERE status = 'dead' ORDER BY due_at, id
"""
_LAST_ACT: Final = "SELECT max(recorded_at) FROM audits_event WHERE person_id = %s"


class StoredEvent(NamedTuple):
    """An event's row: the columns that the database derived, the bytes and their hash."""

    stream_id: UUID
    version: int
    event_id: UUID
    aggregate: str
    type: str
    schema_version: int
    command_id: UUID
    ordinal: int
    correlation_id: UUID
    causation_id: UUID | None
    person_id: UUID
    organization_id: UUID
    recorded_at: datetime
    canonical: bytes
    leaf_hash: bytes


class LogPlace(NamedTuple):
    """A place in the log, with the places of what must come before it."""

    log_index: int
    event_id: UUID
    stream_id: UUID | None
    """None: there is no such event."""
    version: int | None
    predecessor_index: int | None
    causation_id: UUID | None
    cause_index: int | None
    recorded_at: datetime | None
    latest_at: datetime


class LogTime(NamedTuple):
    """When the event at a place in the log was recorded."""

    log_index: int
    recorded_at: datetime


class DeadItem(NamedTuple):
    """A work item that waits for a person."""

    id: UUID
    kind: str
    subject_id: UUID
    event_id: UUID | None
    attempts: int
    due_at: datetime
    last_error: str


@contextmanager
def snapshot() -> Iterator[None]:
    """See the database as of one moment, and write nothing; inside a transaction: as that does."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def stored_events() -> Iterator[list[StoredEvent]]:
    """Read every event by stream and version, in pages."""
    return _pages(_EVENTS, FIRST, StoredEvent._make)


def streams() -> Iterator[tuple[UUID, Iterator[StoredEvent]]]:
    """Read one stream after the other; each has to be read before the next."""
    events = itertools.chain.from_iterable(stored_events())
    return itertools.groupby(events, key=lambda event: event.stream_id)


def log_places() -> Iterator[list[LogPlace]]:
    """Read the log in its order, in pages."""
    return _pages(_LOG, (-1,), LogPlace._make)


def log_times() -> Iterator[list[LogTime]]:
    """Read when the events of the log were recorded, in its order, in pages."""
    return _pages(_LOG_TIMES, (-1,), LogTime._make)


def unindexed(*, older_than_seconds: int) -> Iterator[list[UUID]]:
    """List events without a place in the log, recorded longer ago than that, in pages."""
    return _pages(_UNINDEXED.format(seconds=int(older_than_seconds)), FIRST, lambda row: row[2])


def dead_items() -> list[DeadItem]:
    """List the work items that wait for a person, longest due first."""
    return [DeadItem._make(row) for row in _fetch(_DEAD, [])]


def last_act_of(person_id: UUID) -> datetime | None:
    """Tell when a person last acted; None: never."""
    [(moment,)] = _fetch(_LAST_ACT, [person_id])
    found: datetime | None = moment
    return found


def count_events() -> int:
    """Count the events."""
    return _one("SELECT count(*) FROM audits_event")


def count_log() -> int:
    """Count the places of the log."""
    return _one("SELECT count(*) FROM audits_log")


def _pages(
    query: str, after: tuple[Any, ...], make: Callable[[tuple[Any, ...]], T]
) -> Iterator[list[T]]:
    """Read in pages; a row begins with the columns that say where the next page starts."""
    keys = len(after)
    while rows := _fetch(query, [*after, PAGE_SIZE]):
        yield [make(row) for row in rows]
        after = rows[-1][:keys]


def _fetch(query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _one(query: str) -> int:
    [(count,)] = _fetch(query, [])
    return int(count)
