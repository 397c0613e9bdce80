"""Reading the journal: one stream folded, the log in its order, all events of a deal."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, LiteralString, TypeVar, overload
from uuid import UUID

import msgspec
import psycopg

from audits.codec import Recorded, registry
from audits.kernel import Decider, Event, State
from audits.statements import CHUNK_SIZE, reader, run
from audits.unreadable import UNREADABLE, StoredEventUnreadable

S = TypeVar("S", bound=State)

_LOAD: Final = (
    "SELECT type, schema_version, canonical FROM audits_event WHERE stream_id = %b ORDER BY version"
)
_LOCK_AND_LOAD: Final = "SELECT type, schema_version, canonical FROM audits_load(%b, %b::text)"
_PLACES: Final = (
    " FROM audits_log l"
    " LEFT JOIN LATERAL (SELECT stream_id, aggregate, type, schema_version, canonical"
    " FROM audits_event WHERE event_id = l.event_id LIMIT 1) AS e ON true"
    " WHERE l.log_index BETWEEN %b AND %b ORDER BY l.log_index"
)
"""LATERAL and LIMIT keep to the order of the log: event by event, the first at once."""
_WALK: Final = "SELECT l.log_index, e.type, e.schema_version, e.canonical" + _PLACES
_FOLD: Final = (
    "SELECT l.log_index, uuid_send(e.stream_id), e.aggregate, e.type, e.schema_version, e.canonical"
    + _PLACES
)
STRETCH: Final = 20_000
"""Events that one statement reads, and so one snapshot."""
_LAST: Final = "SELECT coalesce(max(log_index), -1) FROM audits_log"
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
    recorded_at: datetime
    """Database time, UTC."""


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
        recorded_at=item.recorded_at,
    )


Row = tuple[str, int, bytes]
"""Wire name, schema version and canonical bytes of one event."""


class Unopened(Sequence[Recorded[Any]]):
    """Events in their envelopes, each decoded when it is first looked at: folding needs none."""

    __slots__ = ("_opened", "_rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._opened: dict[int, Recorded[Any]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Recorded[Any]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Recorded[Any]]: ...
    def __getitem__(self, place: int | slice) -> Recorded[Any] | Sequence[Recorded[Any]]:
        """Open one event, or those of a slice."""
        if isinstance(place, slice):
            return tuple(map(self.__getitem__, range(*place.indices(len(self)))))
        number = range(len(self))[place]
        if number not in self._opened:
            self._opened[number] = registry.decode(*self._rows[number])
        return self._opened[number]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream folded: its state and its version (0: no events)."""

    stream_id: UUID
    state: S
    version: int
    recorded: Sequence[Recorded[Any]]

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
    found = run(_LOAD, [stream_id]) if lock == "none" else run(_LOCK_AND_LOAD, [stream_id, lock])
    rows = found.fetchall()
    kept = Unopened(rows)
    if kept and kept[0].aggregate != decider.aggregate:
        return Loaded(stream_id, decider.initial, 0, ())
    if version is None and as_of is None:
        state = decider.fold(registry.decode_events(rows))
        return Loaded(stream_id, state, len(kept), kept)
    then = tuple(
        item
        for item in kept
        if (version is None or item.version <= version)
        and (as_of is None or item.recorded_at <= as_of)
    )
    return Loaded(stream_id, decider.fold(item.data for item in then), len(then), then)


def decode(content: bytes) -> Recorded[Any]:
    """Decode canonical bytes whose type is not known beforehand; raises StoredEventUnreadable."""
    try:
        head = msgspec.json.decode(content, type=_Head)
    except UNREADABLE as error:
        raise StoredEventUnreadable(content) from error
    return registry.decode(head.type, head.schema_version, content)


class _Head(msgspec.Struct):
    type: str
    schema_version: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event at its place in the log."""

    log_index: int
    event: Any
    canonical: bytes

    @property
    def recorded(self) -> Recorded[Any]:
        """Open the envelope: who did it, when and why. It costs as much as the event again."""
        return decode(self.canonical)


def walk_log(from_index: int = 0) -> Generator[Entry]:
    """Walk the whole log in order; memory stays bounded.

    The server reads ahead on a connection of its own, and the caller's is free meanwhile. What is
    put into the log during the walk is walked, too. LookupError for a place without its event.
    """
    with reader() as cursor:
        cursor.row_factory = _opening
        while (last := _last_index()) >= from_index:
            for rows in _stretches(cursor, _WALK, from_index, last):
                yield from rows
            from_index = last + 1


def _stretches(
    cursor: psycopg.Cursor[Any], statement: LiteralString, first: int, last: int
) -> Iterator[Iterator[Any]]:
    """Stream what stands at these places of the log, both included; each stretch before the next."""
    for start in range(first, last + 1, STRETCH):
        end = min(start + STRETCH - 1, last)
        yield cursor.stream(statement, [start, end], size=CHUNK_SIZE)


def _opening(_cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Entry]:
    """Make entries of rows."""
    decode_event = registry.decode_event

    def make(row: Sequence[Any]) -> Entry:
        log_index, name, schema, content = row
        if name is None:
            raise _nothing_at(log_index)
        return Entry(log_index, decode_event(name, schema, content), content)

    return make


def _nothing_at(log_index: int) -> LookupError:
    return LookupError(f"place {log_index} of the log has no event")


def _last_index() -> int:
    last: int = run(_LAST, []).fetchall()[0][0]
    return last


def fold_log(
    deciders: Mapping[str, Decider[Any]], *, limit: int | None = None
) -> dict[UUID, State]:
    """Fold the whole log, or its first `limit` events, into the state of every stream.

    Events are read without their envelopes, on a connection of its own; the log holds each stream by
    version. KeyError for an aggregate without a decider, LookupError for a place without its event.
    """
    last = _last_index()
    end = last if limit is None else min(last, limit - 1)
    states: dict[bytes, State] = {}
    with reader() as cursor:
        cursor.row_factory = _folding(deciders, states)
        for rows in _stretches(cursor, _FOLD, 0, end):
            deque(rows, maxlen=0)
    return {UUID(bytes=stream_id): state for stream_id, state in states.items()}


def _folding(
    deciders: Mapping[str, Decider[Any]], states: dict[bytes, State]
) -> Callable[[psycopg.Cursor[Any]], Callable[[Sequence[Any]], None]]:
    """Fold rows into `states` as they arrive; what is raised here ends their statement, too."""
    decode_event = registry.decode_event

    def fold(row: Sequence[Any]) -> None:
        log_index, stream_id, aggregate, name, schema, content = row
        if name is None:
            raise _nothing_at(log_index)
        decider = deciders[aggregate]
        event = decode_event(name, schema, content)
        states[stream_id] = decider.evolve(states.get(stream_id, decider.initial), event)

    return lambda _cursor: fold


def read_correlated(correlation_id: UUID) -> list[Recorded[Any]]:
    """Read every event of one deal, by time, stream and version. Not a decision's input: use load."""
    return [registry.decode(*row) for row in run(_READ_DEAL, [correlation_id]).fetchall()]
