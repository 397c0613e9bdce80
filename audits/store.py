"""The journal's store: append and read. The only writer of events.

Appending is one round trip: the database derives every column from the canonical bytes, recomputes
the leaf hash, checks the version order and refuses what does not fit (migration 0002).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
import psycopg
from django.db import connection
from django.db.utils import Error as DatabaseError

from audits import context as minting
from audits.codec import CommandRef, Recorded, leaf_hash, registry
from audits.kernel import Context, Decider, Event, State, WrongExpectedVersion

S = TypeVar("S", bound=State)

WRONG_VERSION: Final = "TG001"
PAGE_SIZE: Final = 1_000

_APPEND_ONE: Final = "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%s, %s)"
_APPEND_MANY: Final = (
    "INSERT INTO audits_event (canonical, leaf_hash) SELECT * FROM unnest(%s::bytea[], %s::bytea[])"
)
_READ_LOG: Final = (
    "SELECT l.log_index, e.type, e.schema_version, e.canonical FROM audits_log l"
    " JOIN audits_event e USING (event_id) WHERE l.log_index >= %s ORDER BY l.log_index LIMIT %s"
)


class CommandRepeated(Exception):
    """The command id is already in the journal: read its answer instead."""


class EventReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What proves that one event was accepted."""

    event_id: UUID
    stream_id: UUID
    type: str
    version: int
    leaf_hash: str
    """SHA-256(0x00 || canonical bytes), lower-case hex."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an accepted command; the same for every repeat of it."""

    command_id: UUID
    stream_id: UUID
    version: int
    """Version of the target stream after the command; 0 for a stream without events."""
    events: tuple[EventReceipt, ...]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream folded: its state and its version (0: no events)."""

    stream_id: UUID
    state: S
    version: int
    recorded: tuple[Recorded[Any], ...]

    def evidence(self, *kinds: type[Event]) -> tuple[UUID, ...]:
        """List the ids of the events of these kinds, in stream order."""
        return tuple(item.event_id for item in self.recorded if isinstance(item.data, kinds))

    def latest(self, *kinds: type[Event]) -> tuple[UUID, ...]:
        """List the id of the last event of each of these kinds, in stream order."""
        last = {type(item.data): item for item in self.recorded if isinstance(item.data, kinds)}
        return tuple(item.event_id for item in sorted(last.values(), key=lambda x: x.version))


@dataclass(frozen=True, slots=True)
class Begun:
    """A command about to run: database time, and what an earlier run of it recorded."""

    now: datetime
    prior: tuple[Recorded[Any], ...]
    prior_bytes: tuple[bytes, ...]


def begin(command_id: UUID) -> Begun:
    """Wait for a running repeat of the command, then read the clock and its earlier events."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now, prior FROM audits_begin(%s)", [command_id])
        now, prior = cursor.fetchone()
    contents = tuple(bytes(content) for content in prior)
    return Begun(minting.utc(now), tuple(map(decode, contents)), contents)


def load(
    decider: Decider[S],
    stream_id: UUID,
    *,
    lock: str = "none",
    version: int | None = None,
    as_of: datetime | None = None,
) -> Loaded[S]:
    """Fold one stream, by default all of it.

    lock: `write` keeps every other writer out until the transaction ends, `share` keeps writers out
    but lets other readers in, `none` does not wait. version, as_of: stop at that version, or at the
    last event recorded at or before that time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, schema_version, canonical FROM audits_load(%s, %s)", [stream_id, lock]
        )
        rows = cursor.fetchall()
    recorded = [registry.decode(name, schema, bytes(content)) for name, schema, content in rows]
    kept = tuple(
        item
        for item in recorded
        if (version is None or item.version <= version)
        and (as_of is None or item.recorded_at <= as_of)
    )
    state = decider.fold(item.data for item in kept)
    return Loaded(stream_id, state, len(kept), kept)


@dataclass(frozen=True, slots=True)
class Draft:
    """One event about to be appended."""

    aggregate: str
    stream_id: UUID
    version: int
    event: Event


@dataclass(frozen=True, slots=True)
class Cause:
    """The command behind drafts: its name and what it asked."""

    name: str
    fingerprint: str
    edition: str | None = None


def seal(drafts: Sequence[Draft], context: Context, cause: Cause) -> list[Recorded[Any]]:
    """Put drafts into envelopes: identity, actor, time, command, causation, policy edition."""
    return [
        Recorded(
            actor=context.actor,
            aggregate=draft.aggregate,
            causation_id=context.causation_id,
            command=CommandRef(
                fingerprint=cause.fingerprint, id=context.command_id, name=cause.name, ordinal=place
            ),
            correlation_id=context.correlation_id or context.command_id,
            data=draft.event,
            edition=getattr(draft.event, "edition", None) or cause.edition,
            event_id=minting.new_id(),
            on_behalf_of=context.on_behalf_of,
            recorded_at=context.now,
            schema_version=registry.wire_type(type(draft.event)).schema_version,
            stream_id=draft.stream_id,
            type=registry.wire_type(type(draft.event)).name,
            version=draft.version,
        )
        for place, draft in enumerate(drafts)
    ]


def append(recorded: Sequence[Recorded[Any]]) -> list[EventReceipt]:
    """Append events in one round trip.

    Raises WrongExpectedVersion where somebody wrote to a stream first (or a version is skipped) and
    CommandRepeated where the command id is already there. The transaction is then unusable.
    """
    contents = [registry.encode(item) for item in recorded]
    hashes = [leaf_hash(content) for content in contents]
    try:
        with connection.cursor() as cursor:
            if len(contents) == 1:
                cursor.execute(_APPEND_ONE, [contents[0], hashes[0]])
            elif contents:
                cursor.execute(_APPEND_MANY, [contents, hashes])
    except DatabaseError as error:
        refusal = _refusal(error, recorded)
        if refusal is None:
            raise
        raise refusal from error
    return [_receipt(item, digest) for item, digest in zip(recorded, hashes, strict=True)]


def _receipt(item: Recorded[Any], digest: bytes) -> EventReceipt:
    return EventReceipt(
        event_id=item.event_id,
        stream_id=item.stream_id,
        type=item.type,
        version=item.version,
        leaf_hash=digest.hex(),
    )


def receipts_of(begun: Begun) -> list[EventReceipt]:
    """Give the receipts of an earlier run of the command again, from its bytes."""
    return [
        _receipt(item, leaf_hash(content))
        for item, content in zip(begun.prior, begun.prior_bytes, strict=True)
    ]


def _refusal(error: DatabaseError, recorded: Sequence[Recorded[Any]]) -> Exception | None:
    """Say what a broken guard means; None for any other failure of the database."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error):
        return None
    first = recorded[0]
    constraint = cause.diag.constraint_name
    if constraint == "audits_event_command":
        return CommandRepeated(str(first.command.id))
    if constraint == "audits_event_version" or cause.sqlstate == WRONG_VERSION:
        return WrongExpectedVersion(first.stream_id, expected=first.version - 1, found=None)
    return None


def decode(content: bytes) -> Recorded[Any]:
    """Decode canonical bytes whose type is not known beforehand."""
    head = msgspec.json.decode(content, type=_Head)
    return registry.decode(head.type, head.schema_version, content)


class _Head(msgspec.Struct):
    type: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One event at its place in the log."""

    log_index: int
    recorded: Recorded[Any]
    canonical: bytes


def read_log(from_index: int = 0, *, limit: int = PAGE_SIZE) -> list[Entry]:
    """Read up to `limit` events in log order, from `from_index`."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_LOG, [from_index, limit])
        rows = cursor.fetchall()
    return [
        Entry(index, registry.decode(name, schema, content), content)
        for index, name, schema, content in rows
    ]


def walk_log(from_index: int = 0) -> Iterator[Entry]:
    """Walk the whole log in order, a page at a time: memory stays bounded."""
    while page := read_log(from_index):
        yield from page
        from_index = page[-1].log_index + 1


def read_correlated(correlation_id: UUID) -> list[Recorded[Any]]:
    """Read every event of one deal, by time, stream and version. Not a decision's input: use load."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, schema_version, canonical FROM audits_event WHERE correlation_id = %s"
            " ORDER BY recorded_at, xid, ordinal",
            [correlation_id],
        )
        return [registry.decode(name, schema, bytes(body)) for name, schema, body in cursor]
