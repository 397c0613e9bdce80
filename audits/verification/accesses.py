"""The access log against the journal: every read that was sealed has its row, and no other row has."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits import context as minting
from audits import reading, replay
from audits.access import ACCESSES, COLUMNS, access_of
from audits.differences import Difference, Look
from audits.events import Access, AccessesRecorded

RECORDED_WITHIN: Final = timedelta(hours=1)
"""A worker turns rows into events every few seconds; what waits for longer is named."""
EVENTS_KEPT: Final = 64
"""Decoded events held in memory; rows that follow each other are of few."""

_TOLD: Final = f"SELECT event_id, {COLUMNS} FROM audits_access WHERE id = ANY(%s)"  # noqa: S608 -- constants of ours
_ROWS: Final = "SELECT id, event_id, at FROM audits_access WHERE id > %s ORDER BY id LIMIT %s"
_EVENT: Final = "SELECT canonical FROM audits_event WHERE event_id = %s"
_COUNT: Final = "SELECT count(*) FROM audits_access"


def accesses_check(look: Look) -> Iterator[Difference]:
    """Compare each read that events tell of with its row, then each row with its event."""
    [(rows,)] = _fetch(_COUNT, [])
    look.expect(replay.count([ACCESSES.aggregate]) + int(rows))
    for event in replay.events_of([ACCESSES.aggregate]):
        yield from _event_differences(event.event_id, event.data)
        look.done()
    numbers = lru_cache(maxsize=EVENTS_KEPT)(_numbers)
    now = minting.database_now()
    for page in replay.pages(_ROWS, [], after=(0,)):
        for row in page:
            yield from _row_differences(row, numbers, now)
        look.done(len(page))


def _event_differences(event_id: UUID, told: AccessesRecorded) -> Iterator[Difference]:
    found = _noted([each.access_id for each in told.accesses])
    for access in told.accesses:
        holder, noted = found.get(access.access_id, (None, None))
        subject = f"access {access.access_id}"
        if noted is None:
            detail = f"event {event_id} tells of it: its row is gone"
            yield Difference(kind="access_row_gone", subject=subject, detail=detail)
        elif (holder, noted) != (event_id, access):
            detail = f"event {event_id} says {_spell(access)}; its row says {_spell(noted)}"
            detail += "" if holder == event_id else f", and names event {holder}"
            yield Difference(kind="access_row_differs", subject=subject, detail=detail)


def _row_differences(row: Sequence[Any], numbers: Any, now: datetime) -> Iterator[Difference]:
    access_id, event_id, at = row
    if event_id is None:
        if minting.utc(at) < now - RECORDED_WITHIN:
            detail = f"noted at {minting.utc(at).isoformat()}, and in no event"
            yield Difference(
                kind="access_not_recorded", subject=f"access {access_id}", detail=detail
            )
    elif access_id not in numbers(event_id):
        detail = f"its row names event {event_id}, which does not tell of it"
        yield Difference(kind="access_row_added", subject=f"access {access_id}", detail=detail)


def _noted(access_ids: list[int]) -> Mapping[int, tuple[UUID | None, Access]]:
    rows = _fetch(_TOLD, [access_ids])
    noted = [(event_id, access_of(values)) for event_id, *values in rows]
    return {access.access_id: (event_id, access) for event_id, access in noted}


def _numbers(event_id: UUID) -> frozenset[int]:
    """List the reads that an event tells of; none where it is of another kind."""
    for (canonical,) in _fetch(_EVENT, [event_id]):
        data = reading.decode(bytes(canonical)).data
        if isinstance(data, AccessesRecorded):
            return frozenset(each.access_id for each in data.accesses)
    return frozenset()


def _spell(access: Access) -> str:
    what = f"{access.path}?{access.filters}" if access.filters else access.path
    return f"{what} by {access.person_id} ({access.role.value}) at {access.at.isoformat()}"


def _fetch(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
