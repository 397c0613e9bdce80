"""The journal's store: append and read. The only writer of events.

Appending is one round trip: the database derives every column from the canonical bytes, recomputes
the leaf hash, checks the version order and refuses what does not fit (migration 0002).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, LiteralString, TypeVar
from uuid import UUID

import msgspec
import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import Error as DatabaseError

from audits import context as minting
from audits.codec import CommandRef, Recorded, WireType, leaf_hash, registry
from audits.kernel import Context, Decider, Event, State, WrongExpectedVersion

S = TypeVar("S", bound=State)

WRONG_VERSION: Final = "TG001"
PAGE_SIZE: Final = 1_000
PREPARE_THRESHOLD: Final = 1
"""A statement is prepared when a connection runs it for the second time."""

_BEGIN: Final = "SELECT now, prior FROM audits_begin(%b)"
_LOAD: Final = (
    "SELECT type, schema_version, canonical FROM audits_event WHERE stream_id = %b ORDER BY version"
)
_LOCK_AND_LOAD: Final = "SELECT type, schema_version, canonical FROM audits_load(%b, %b::text)"
_APPEND_ONE: Final = "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%b, %b)"
_APPEND_MANY: Final = (
    "INSERT INTO audits_event (canonical, leaf_hash) SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
)
_READ_LOG: Final = (
    "SELECT l.log_index, e.type, e.schema_version, e.canonical FROM audits_log l"
    " JOIN audits_event e USING (event_id) WHERE l.log_index >= %b ORDER BY l.log_index LIMIT %b"
)
_READ_DEAL: Final = (
    "SELECT type, schema_version, canonical FROM audits_event WHERE correlation_id = %b"
    " ORDER BY recorded_at, xid, ordinal"
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


def _run(statement: LiteralString, values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """Run a statement prepared, with values sent as they are; its rows are all there.

    Django's own cursors write every value into the statement's text, which for events costs more
    than storing them does. The connection, its transactions and its errors stay Django's.
    """
    django = connections[DEFAULT_DB_ALIAS]
    django.validate_no_broken_transaction()
    django.ensure_connection()
    with django.wrap_database_errors:
        return _cursor(django.connection).execute(statement, values)


def _cursor(driver: Any) -> psycopg.Cursor[Any]:
    """Return the one cursor that this module uses on a connection: making one costs half a query."""
    try:
        cursor: psycopg.Cursor[Any] = driver.tollgate_cursor
    except AttributeError:
        driver.prepare_threshold = PREPARE_THRESHOLD
        cursor = driver.tollgate_cursor = psycopg.Cursor(driver)
        cursor.format = psycopg.pq.Format.BINARY
    return cursor


def begin(command_id: UUID) -> Begun:
    """Wait for a running repeat of the command, then read the clock and its earlier events."""
    [(now, prior)] = _run(_BEGIN, [command_id]).fetchall()
    return Begun(minting.utc(now), tuple(map(decode, prior)), tuple(prior))


def load(
    decider: Decider[S],
    stream_id: UUID,
    *,
    lock: str = "none",
    version: int | None = None,
    as_of: datetime | None = None,
) -> Loaded[S]:
    """Fold one stream, by default all of it. A stream of another aggregate has no events of this.

    lock: `write` keeps every other writer out until the transaction ends, `share` keeps writers out
    but lets other readers in, `none` does not wait. version, as_of: stop at that version, or at the
    last event recorded at or before that time.
    """
    rows = _run(_LOAD, [stream_id]) if lock == "none" else _run(_LOCK_AND_LOAD, [stream_id, lock])
    kept = tuple(registry.decode(*row) for row in rows.fetchall())
    if kept and kept[0].aggregate != decider.aggregate:
        kept = ()
    if version is not None or as_of is not None:
        kept = tuple(
            item
            for item in kept
            if (version is None or item.version <= version)
            and (as_of is None or item.recorded_at <= as_of)
        )
    state = decider.fold(item.data for item in kept)
    return Loaded(stream_id, state, len(kept), kept)


class Draft(msgspec.Struct, frozen=True):
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
        _seal(draft, place, registry.wire_type(type(draft.event)), context, cause)
        for place, draft in enumerate(drafts)
    ]


def _seal(
    draft: Draft, place: int, wire: WireType, context: Context, cause: Cause
) -> Recorded[Any]:
    return Recorded(
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
        schema_version=wire.schema_version,
        stream_id=draft.stream_id,
        type=wire.name,
        version=draft.version,
    )


def append(recorded: Sequence[Recorded[Any]]) -> list[EventReceipt]:
    """Append events in one round trip.

    Raises WrongExpectedVersion where somebody wrote to a stream first (or a version is skipped) and
    CommandRepeated where the command id is already there. The transaction is then unusable.
    """
    contents = [registry.encode(item) for item in recorded]
    hashes = [leaf_hash(content) for content in contents]
    try:
        if len(contents) == 1:
            _run(_APPEND_ONE, [contents[0], hashes[0]])
        elif contents:
            _run(_APPEND_MANY, [contents, hashes])
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


class Entry(msgspec.Struct, frozen=True):
    """One event at its place in the log."""

    log_index: int
    recorded: Recorded[Any]
    canonical: bytes


def read_log(from_index: int = 0, *, limit: int = PAGE_SIZE) -> list[Entry]:
    """Read up to `limit` events in log order, from `from_index`."""
    return [
        Entry(index, registry.decode(name, schema, content), content)
        for index, name, schema, content in _run(_READ_LOG, [from_index, limit]).fetchall()
    ]


def walk_log(from_index: int = 0) -> Iterator[Entry]:
    """Walk the whole log in order, a page at a time: memory stays bounded."""
    while page := read_log(from_index):
        yield from page
        from_index = page[-1].log_index + 1


def read_correlated(correlation_id: UUID) -> list[Recorded[Any]]:
    """Read every event of one deal, by time, stream and version. Not a decision's input: use load."""
    return [registry.decode(*row) for row in _run(_READ_DEAL, [correlation_id]).fetchall()]
