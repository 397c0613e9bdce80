"""The sequencer: gives committed events their dense log index, off the append path.

It works through committed rows that have no index yet: a queue, not a high-water mark over ids, so
nothing is missed and a slow transaction delays only itself. The scan starts at a transaction id
below which everything was committed and indexed when this process last looked; that floor lives in
memory only, so every process begins by looking at everything.
"""

import heapq
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

BATCH_SIZE: Final = 2_000
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('audits.sequencer', 0))"
_SNAPSHOT: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_WAITING: Final = """
    SELECT e.event_id, e.stream_id, e.version, e.causation_id, e.xid::text::bigint, e.ordinal
    FROM audits_event e
    WHERE e.xid >= %s::text::xid8
      AND NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)
    ORDER BY e.xid, e.ordinal, e.event_id LIMIT %s
"""
_INDEX: Final = """
    INSERT INTO audits_log (log_index, event_id)
    SELECT (SELECT coalesce(max(log_index) + 1, 0) FROM audits_log) + place - 1, id
    FROM unnest(%s::uuid[]) WITH ORDINALITY AS waiting (id, place)
    ORDER BY place
"""
_INDEXED: Final = """
    SELECT e.event_id, e.stream_id, e.version
    FROM unnest(%s::uuid[]) AS cause (event_id)
    JOIN audits_event e USING (event_id) JOIN audits_log USING (event_id)
    UNION ALL
    SELECT e.event_id, e.stream_id, e.version
    FROM unnest(%s::uuid[], %s::integer[]) AS predecessor (stream_id, version)
    JOIN audits_event e USING (stream_id, version) JOIN audits_log USING (event_id)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A committed event without a log index."""

    event_id: UUID
    stream_id: UUID
    version: int
    causation_id: UUID | None
    xid: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that wait, from the lowest transaction up, and which of them can be indexed now."""

    waiting: list[Waiting]
    ready: list[UUID]
    is_full: bool
    """Whether more may wait beyond it."""

    def floor_below(self, xmin: int) -> int:
        """Say below which transaction nothing waits any more, once the ready ones are indexed.

        xmin: every transaction below it had ended before the batch was read.
        """
        ready = set(self.ready)
        held = [item.xid for item in self.waiting if item.event_id not in ready]
        cut = [self.waiting[-1].xid] if self.is_full else []
        return min([xmin, *held, *cut])


@dataclass(slots=True)
class Sequencer:
    """Indexes waiting events, one batch a call. Two at once are merely slow."""

    floor: int = 0
    """Every transaction below it has ended and is indexed; 0 until this process has looked."""
    batch_size: int = BATCH_SIZE

    def run_once(self) -> int:
        """Index one batch of committed events; return how many."""
        floor, self.floor = self.floor, 0  # whoever is interrupted looks at everything again
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCK)
            cursor.execute(_SNAPSHOT)
            (xmin,) = cursor.fetchone()
            # A database that was restored may be behind the floor, which then says nothing of it.
            batch = _take(cursor, floor if floor <= xmin else 0, self.batch_size)
            if batch.ready:
                cursor.execute(_INDEX, [batch.ready])
        self.floor = batch.floor_below(xmin)
        return len(batch.ready)

    def run_until_empty(self) -> int:
        """Index until nothing waits; return how many events were indexed."""
        total = 0
        while count := self.run_once():
            total += count
        return total


def _take(cursor: Any, floor: int, limit: int) -> Batch:
    """Read a batch, and a larger one when all of it depends on events beyond its end."""
    while True:
        cursor.execute(_WAITING, [str(floor), limit])
        waiting = [Waiting(*row) for row in cursor.fetchall()]
        ready = ordered(waiting, _already_indexed(waiting))
        is_full = len(waiting) == limit
        if ready or not is_full:
            return Batch(waiting, ready, is_full)
        limit *= 2


def _already_indexed(waiting: list[Waiting]) -> set[UUID | tuple[UUID, int]]:
    """Which causes and predecessors of these events have their place already."""
    causes = [item.causation_id for item in waiting if item.causation_id]
    streams = [item.stream_id for item in waiting if item.version > 1]
    versions = [item.version - 1 for item in waiting if item.version > 1]
    with connection.cursor() as cursor:
        cursor.execute(_INDEXED, [causes, streams, versions])
        indexed: set[UUID | tuple[UUID, int]] = set()
        for event_id, stream_id, version in cursor.fetchall():
            indexed.update((event_id, (stream_id, version)))
    return indexed


def ordered(waiting: list[Waiting], indexed: set[UUID | tuple[UUID, int]]) -> list[UUID]:
    """Order a batch: cause before effect, each stream by version, otherwise as it was written.

    An event whose cause or predecessor is neither indexed nor in the batch waits for the next one.
    """
    blocked: dict[UUID | tuple[UUID, int], list[Waiting]] = {}
    missing: dict[UUID, int] = {}
    heap: list[tuple[int, int, UUID]] = []
    by_id = {item.event_id: item for item in waiting}
    for item in waiting:
        needs = [need for need in _needs(item) if need not in indexed]
        missing[item.event_id] = len(needs)
        for need in needs:
            blocked.setdefault(need, []).append(item)
        if not needs:
            heapq.heappush(heap, (item.xid, item.ordinal, item.event_id))
    result: list[UUID] = []
    while heap:
        *_, event_id = heapq.heappop(heap)
        result.append(event_id)
        item = by_id[event_id]
        for freed in (event_id, (item.stream_id, item.version)):
            for follower in blocked.pop(freed, ()):
                missing[follower.event_id] -= 1
                if not missing[follower.event_id]:
                    heapq.heappush(heap, (follower.xid, follower.ordinal, follower.event_id))
    return result


def _needs(item: Waiting) -> list[UUID | tuple[UUID, int]]:
    needs: list[UUID | tuple[UUID, int]] = []
    if item.causation_id:
        needs.append(item.causation_id)
    if item.version > 1:
        needs.append((item.stream_id, item.version - 1))
    return needs
