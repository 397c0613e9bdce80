"""The access log: who was shown what, when; a row before the answer, an event soon after.

The row costs a read one short INSERT and is there before the answer is: nothing is shown without a
trace, whatever is killed. A worker turns rows into events in batches, and events are sealed.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import connection, transaction

from audits import context as minting
from audits import store
from audits.codec import fingerprint_of
from audits.events import Access, AccessesRecorded
from audits.kernel import Actor, Context, Decider, Role, State

BATCH: Final = 1_000
"""Rows that become events in one transaction."""
OF_ONE_EVENT: Final = 80
"""Accesses in one event: some 40 KiB of at most 64."""
PATH_LENGTH: Final = 300
"""In bytes."""
_STREAMS: Final = UUID("a11ed000-0000-5000-8000-0000000000ac")

_NOTE: Final = """
    INSERT INTO audits_access (person_id, organization_id, role, path, filters, subject_id, at)
    VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp())
"""
_WAITING: Final = """
    SELECT a.id, a.person_id, a.organization_id, a.role, a.path, a.filters, a.subject_id,
           d.correlation_id, a.at
    FROM audits_access a LEFT JOIN LATERAL (
        SELECT e.correlation_id FROM audits_event e
        WHERE e.stream_id = a.subject_id OR e.event_id = a.subject_id
           OR e.correlation_id = a.subject_id LIMIT 1) d ON true
    WHERE a.event_id IS NULL ORDER BY a.id LIMIT %s FOR UPDATE OF a SKIP LOCKED
"""
COLUMNS: Final = (
    "id, person_id, organization_id, role, path, filters, subject_id, correlation_id, at"
)
"""Of a row, as `access_of` takes them."""
_RECORDED: Final = """
    UPDATE audits_access SET event_id = %s, correlation_id = d.correlation_id
    FROM unnest(%s::bigint[], %s::uuid[]) AS d (id, correlation_id) WHERE audits_access.id = d.id
"""
_LAST: Final = """
    SELECT pg_advisory_xact_lock(uuid_hash_extended(%s, 0)),
           (SELECT coalesce(max(version), 0) FROM audits_event WHERE stream_id = %s)
"""


class Reads(State):
    """An hour of the access log; there is nothing to fold."""


ACCESSES: Final = Decider(
    aggregate="access", initial=Reads(), evolve=lambda state, _event: state, decisions={}
)


def note(actor: Actor, path: str, subject_id: UUID | None, *, filters: str = "") -> None:
    """Write down that this person is about to be shown this; raises where that cannot be done.

    filters: ASCII of a bounded length, with nobody's name in it (`audits.api.asked`).
    """
    shown = path.encode("utf-8", "replace")[:PATH_LENGTH].decode("utf-8", "ignore")
    shown = shown.replace("\0", " ")
    values = [actor.person_id, actor.organization_id, actor.role.value, shown, filters, subject_id]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)


def record() -> int:
    """Turn rows that wait into events, in the order of their numbers; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WAITING, [BATCH])
        waiting = [access_of(row) for row in cursor.fetchall()]
        if waiting:
            _write(waiting)
    return len(waiting)


def access_of(row: Sequence[Any]) -> Access:
    """Make what an event tells of a row out of its columns."""
    fields = dict(zip(Access.__struct_fields__, row, strict=True))
    return Access(**fields | {"role": Role(fields["role"]), "at": minting.utc(fields["at"])})


def _write(accesses: Sequence[Access]) -> None:
    command_id = minting.new_id()
    now = store.begin(command_id).now
    stream_id = stream_of(now)
    version = _version(stream_id)
    drafts = [
        store.Draft(ACCESSES.aggregate, stream_id, version + place, AccessesRecorded(accesses=part))
        for place, part in enumerate(_parts(accesses), start=1)
    ]
    actor = minting.system_actor("access_log")
    context = Context(actor=actor, now=now, command_id=command_id, correlation_id=stream_id)
    name = "RecordAccesses"
    recorded = store.seal(drafts, context, store.Cause(name, fingerprint_of(name, stream_id)))
    store.append(recorded)
    with connection.cursor() as cursor:
        for item in recorded:
            ids = [access.access_id for access in item.data.accesses]
            deals = [access.correlation_id for access in item.data.accesses]
            cursor.execute(_RECORDED, [item.event_id, ids, deals])


def _parts(accesses: Sequence[Access]) -> Iterator[tuple[Access, ...]]:
    source = iter(accesses)
    while part := tuple(itertools.islice(source, OF_ONE_EVENT)):
        yield part


def _version(stream_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [stream_id, stream_id])
        [(_, version)] = cursor.fetchall()
    return int(version)


def stream_of(moment: datetime) -> UUID:
    """Name the stream of the hour that a moment is in."""
    return uuid5(_STREAMS, f"{moment:%Y-%m-%dT%H}")
