"""The access log: who was shown what, when; a row before the answer, an event soon after.

The row costs a read one short INSERT and is there before the answer is: nothing is shown without a
trace, whatever is killed. A worker turns rows into events in batches, and events are sealed.
Until then a row stands in a table alone: each thread counts what it notes and signs it, so that a row
that goes leaves a gap in its thread's numbers, and one that changes does not fit its signature.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from django.db import connection, transaction

from audits import context as minting
from audits import store
from audits.codec import canonical, fingerprint_of
from audits.events import Access, AccessesRecorded
from audits.kernel import Actor, Context, Decider, Role, State

BATCH: Final = 1_000
"""Rows that become events in one transaction."""
OF_ONE_EVENT: Final = 60
"""Accesses in one event: some 45 KiB of at most 64."""
PATH_LENGTH: Final = 300
"""In bytes."""
_STREAMS: Final = UUID("a11ed000-0000-5000-8000-0000000000ac")

_NOTE: Final = """
    INSERT INTO audits_access (person_id, organization_id, role, path, filters, subject_id,
                               writer_id, writer_number, signature, at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
"""
_WAITING: Final = """
    SELECT a.id, a.person_id, a.organization_id, a.role, a.path, a.filters, a.subject_id,
           d.correlation_id, a.at, a.writer_id, a.writer_number, a.signature
    FROM audits_access a LEFT JOIN LATERAL (
        SELECT e.correlation_id FROM audits_event e
        WHERE e.stream_id = a.subject_id OR e.event_id = a.subject_id
           OR e.correlation_id = a.subject_id LIMIT 1) d ON true
    WHERE a.event_id IS NULL ORDER BY a.id LIMIT %s FOR UPDATE OF a SKIP LOCKED
"""
COLUMNS: Final = (
    "id, person_id, organization_id, role, path, filters, subject_id, correlation_id, at,"
    " writer_id, writer_number, signature"
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


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed of a read: all that is known before the database says its time and number."""

    person_id: UUID
    organization_id: UUID
    role: str
    path: str
    filters: str
    subject_id: UUID | None
    writer_id: UUID
    writer_number: int


class _Writer(threading.local):
    """What this thread notes is numbered from 1; whoever fails begins anew, and leaves no gap."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Count from 1 again under a new identity."""
        self.id, self.number, self.process = minting.new_id(), 0, os.getpid()


writer: Final = _Writer()


def note(
    actor: Actor,
    path: str,
    subject_id: UUID | None,
    *,
    filters: str = "",
    sign: Callable[[str], str] = lambda _text: "",
) -> None:
    """Write down that this person is about to be shown this; raises where that cannot be done.

    filters: ASCII of a bounded length, with nobody's name in it (`audits.api.asked`).
    sign: makes the signature of the text that it is given.
    """
    if writer.process != os.getpid():
        writer.begin()  # a fork has the numbers of its parent
    shown = Shown(
        person_id=actor.person_id,
        organization_id=actor.organization_id,
        role=actor.role.value,
        path=_storable(path),
        filters=filters,
        subject_id=subject_id,
        writer_id=writer.id,
        writer_number=writer.number + 1,
    )
    _insert(shown, sign(text_of(shown)))
    if connection.in_atomic_block:
        writer.begin()  # what is rolled back leaves no gap
    else:
        writer.number = shown.writer_number


def text_of(read: Shown | Access) -> str:
    """Write what is signed of a read: a line that says what it is, and one of canonical JSON."""
    told = {name: getattr(read, name) for name in Shown.__struct_fields__}
    return f"tollgate-access/1\n{canonical(told).decode()}\n"


def _insert(shown: Shown, signature: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [*msgspec.structs.astuple(shown), signature])
    except BaseException:
        writer.begin()  # nobody knows whether the row is there
        raise


def _storable(path: str) -> str:
    kept = path.encode("utf-8", "replace")[:PATH_LENGTH].decode("utf-8", "ignore")
    return kept.replace("\0", " ")


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
