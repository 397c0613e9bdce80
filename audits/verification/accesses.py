"""The access log against the journal: every read that was sealed has its row, and no other row has.

Before it is sealed a row is held by its thread's numbers and signature alone: those are compared, too.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits import context as minting
from audits import reading, replay
from audits.access import ACCESSES, COLUMNS, access_of, text_of
from audits.differences import Difference, Look
from audits.events import Access, AccessesRecorded
from audits.sealing.note import (
    KEY_ID_BYTES,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    parse_verifier_key,
    verify,
)
from audits.sealing.record import current

RECORDED_WITHIN: Final = timedelta(hours=1)
"""A worker turns rows into events every few seconds; what waits for longer is named."""
SIGNED_SINCE: Final = 3
"""Schema of the events whose reads are signed."""
EVENTS_KEPT: Final = 64
"""Decoded events held in memory; rows that follow each other are of few."""

_TOLD: Final = f"SELECT event_id, {COLUMNS} FROM audits_access WHERE id = ANY(%s)"  # noqa: S608 -- constants of ours
_ROWS: Final = "SELECT id, event_id, at FROM audits_access WHERE id > %s ORDER BY id LIMIT %s"
_EVENT: Final = "SELECT canonical FROM audits_event WHERE event_id = %s"
_COUNT: Final = "SELECT count(*) FROM audits_access"
_GAPS: Final = """
    SELECT writer_id, before + 1, writer_number - 1
    FROM (SELECT writer_id, writer_number,
                 coalesce(lag(writer_number) OVER (PARTITION BY writer_id ORDER BY writer_number), 0)
                     AS before
          FROM audits_access WHERE writer_id IS NOT NULL) AS numbered
    WHERE writer_number > before + 1 ORDER BY 1, 2
"""


def accesses_check(look: Look) -> Iterator[Difference]:
    """Compare each read that events tell of with its row, then each row with its event.

    Signatures are verified once the journal names a key of receipts.
    """
    [(rows,)] = _fetch(_COUNT, [])
    look.expect(replay.count([ACCESSES.aggregate]) + int(rows))
    keys = [parse_verifier_key(key) for key in current().receipt_keys]
    for event in replay.events_of([ACCESSES.aggregate]):
        yield from _event_differences(event.event_id, event.data)
        if keys and event.schema_version >= SIGNED_SINCE:
            yield from _signature_differences(event.event_id, event.data, keys)
        look.done()
    yield from _gaps()
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


def _signature_differences(
    event_id: UUID, told: AccessesRecorded, keys: Sequence[VerifierKey]
) -> Iterator[Difference]:
    for access in told.accesses:
        try:
            made = base64.b64decode(access.signature, validate=True)
            known = [key for key in keys if key.key_id == made[:KEY_ID_BYTES]]
            names = {key.name for key in known}
            lines = (Signature(name, made[:KEY_ID_BYTES], made[KEY_ID_BYTES:]) for name in names)
            verify(Note(text_of(access), tuple(lines)), known)
        except (NoteError, binascii.Error) as error:
            detail = f"event {event_id} says {_spell(access)}, which no web process signed: {error}"
            yield Difference(
                kind="access_not_signed", subject=f"access {access.access_id}", detail=detail
            )


def _gaps() -> Iterator[Difference]:
    for writer_id, first, last in _fetch(_GAPS, []):
        detail = (
            f"its reads number {first} to {last} are gone: neither rows nor events tell of them"
        )
        yield Difference(kind="access_gone", subject=f"writer {writer_id}", detail=detail)


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
