"""Reading the journal: one stream folded, the log in its order, all events of a deal."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from audits.codec import Recorded, registry
from audits.kernel import Decider, Event, State
from audits.statements import Rows, run, run_ahead

S = TypeVar("S", bound=State)

PAGE_SIZE: Final = 1_000
PAGES_AHEAD: Final = 4

_LOAD: Final = (
    "SELECT type, schema_version, canonical FROM audits_event WHERE stream_id = %b ORDER BY version"
)
_LOCK_AND_LOAD: Final = "SELECT type, schema_version, canonical FROM audits_load(%b, %b::text)"
_READ_PLACES: Final = (
    "SELECT log_index, uuid_send(event_id) FROM audits_log WHERE log_index BETWEEN %b AND %b"
    " ORDER BY log_index"
)
_READ_EVENTS: Final = (
    "SELECT uuid_send(event_id), type, schema_version, canonical FROM audits_event"
    " WHERE event_id = ANY(ARRAY("
    "SELECT event_id FROM audits_log WHERE log_index BETWEEN %b AND %b))"
)
_READ_DEAL: Final = (
    "SELECT type, schema_version, canonical FROM audits_event WHERE correlation_id = %b"
    " ORDER BY recorded_at, xid, ordinal"
)


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


def receipt_of(item: Recorded[Any], digest: bytes) -> EventReceipt:
    """Make the receipt of an event whose bytes hash to `digest`."""
    return EventReceipt(
        event_id=item.event_id,
        stream_id=item.stream_id,
        type=item.type,
        version=item.version,
        leaf_hash=digest.hex(),
    )


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
    rows = run(_LOAD, [stream_id]) if lock == "none" else run(_LOCK_AND_LOAD, [stream_id, lock])
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


def decode(content: bytes) -> Recorded[Any]:
    """Decode canonical bytes whose type is not known beforehand."""
    head = msgspec.json.decode(content, type=_Head)
    return registry.decode(head.type, head.schema_version, content)


class _Head(msgspec.Struct):
    type: str
    schema_version: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event at its place in the log."""

    log_index: int
    recorded: Recorded[Any]
    canonical: bytes


def read_log(from_index: int = 0, *, limit: int = PAGE_SIZE) -> list[Entry]:
    """Read up to `limit` events in log order, from `from_index`."""
    return _read_pages(from_index, limit, 1)


def walk_log(from_index: int = 0) -> Iterator[Entry]:
    """Walk the whole log in order, some pages at a time: memory stays bounded."""
    while entries := _read_pages(from_index, PAGE_SIZE, PAGES_AHEAD):
        yield from entries
        from_index = entries[-1].log_index + 1


def _read_pages(from_index: int, size: int, count: int) -> list[Entry]:
    """Read up to `count` pages, each decoded while the server gathers the next."""
    bounds = [(from_index + n * size, from_index + (n + 1) * size - 1) for n in range(count)]
    batches = (((_READ_PLACES, page), (_READ_EVENTS, page)) for page in bounds)
    entries: list[Entry] = []
    with closing(run_ahead(batches)) as pages:
        for places, rows in pages:
            entries += _entries(places, rows)
            if len(places) < size:
                break  # the log ended here; what a later page may hold has come since
    return entries


def _entries(places: Rows, rows: Rows) -> Iterator[Entry]:
    """Bring events, read in one visit to their index, to their places in the log."""
    events = {row[0]: row for row in rows}
    for index, event_id in places:
        _, name, schema, content = events[event_id]
        yield Entry(index, registry.decode(name, schema, content), content)


def read_correlated(correlation_id: UUID) -> list[Recorded[Any]]:
    """Read every event of one deal, by time, stream and version. Not a decision's input: use load."""
    return [registry.decode(*row) for row in run(_READ_DEAL, [correlation_id]).fetchall()]
