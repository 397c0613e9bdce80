"""Moments of the past: how much of the log had been written by then, and streams as they stood.

A moment is a log index: everything up to it and nothing after. "As of T" is the longest beginning of
the log in which every event was recorded at or before T. What is appended comes after all that is
there, so once the log holds an event recorded after T, the answer is settled for ever.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

from audits import replay
from audits.codec import Recorded, registry
from audits.kernel import Decider, Refused
from audits.reading import Loaded
from audits.statements import run

_LAST: Final = "SELECT coalesce(max(log_index), -1) FROM audits_log"
_FIRST_AFTER: Final = """
    SELECT log_index FROM audits_log WHERE latest_at > %s ORDER BY latest_at, log_index LIMIT 1
"""
_STREAM: Final = """
    SELECT e.type, e.schema_version, e.canonical
    FROM audits_event e JOIN audits_log l USING (event_id)
    WHERE e.stream_id = %s AND e.aggregate = %s AND l.log_index <= %s ORDER BY e.version
"""
_STREAM_PLACED: Final = (
    "SELECT l.log_index, e.type, e.schema_version, e.canonical"
    " FROM audits_event e JOIN audits_log l USING (event_id)"
    " WHERE e.stream_id = %b AND e.aggregate = %b::text AND l.log_index <= %b ORDER BY e.version"
)
_STREAMS: Final = """
    SELECT e.stream_id, e.version, e.type, e.schema_version, e.canonical
    FROM audits_event e JOIN audits_log l USING (event_id)
    WHERE e.aggregate = ANY(%s) AND l.log_index <= %s AND (e.stream_id, e.version) > (%s, %s)
    ORDER BY e.stream_id, e.version LIMIT %s
"""
_KINDS: Final = """
    SELECT l.log_index, e.type, e.schema_version, e.canonical
    FROM audits_log l JOIN audits_event e USING (event_id)
    WHERE e.type = ANY(%s) AND l.log_index <= %s AND l.log_index > %s
    ORDER BY l.log_index LIMIT %s
"""
_LOG: Final = """
    SELECT l.log_index, e.type, e.schema_version, e.canonical
    FROM audits_log l JOIN audits_event e USING (event_id)
    WHERE l.log_index <= %s AND l.log_index > %s ORDER BY l.log_index LIMIT %s
"""
_MOVED: Final = """
    SELECT l.log_index, e.aggregate, e.stream_id
    FROM audits_log l JOIN audits_event e USING (event_id)
    WHERE l.log_index <= %s AND l.log_index > %s ORDER BY l.log_index LIMIT %s
"""
_EVENTS: Final = """
    SELECT l.log_index, e.type, e.schema_version, e.canonical
    FROM audits_event e JOIN audits_log l USING (event_id)
    WHERE e.event_id = ANY(%s) AND l.log_index <= %s ORDER BY l.log_index
"""
_PLACES: Final = """
    SELECT l.log_index, e.type, e.schema_version, e.canonical
    FROM audits_log l JOIN audits_event e USING (event_id)
    WHERE l.log_index = ANY(%s) ORDER BY l.log_index
"""
_OF_STREAM: Final = """
    SELECT l.log_index, e.type, e.schema_version, e.canonical
    FROM audits_event e JOIN audits_log l USING (event_id)
    WHERE e.stream_id = %s AND l.log_index <= %s ORDER BY e.version
"""
_PLACE: Final = """
    SELECT coalesce(
        (SELECT log_index FROM audits_log WHERE event_id = %(subject)s AND log_index <= %(at)s),
        (SELECT max(l.log_index) FROM audits_event e JOIN audits_log l USING (event_id)
         WHERE e.stream_id = %(subject)s AND l.log_index <= %(at)s))
"""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer about the past stands on."""

    log_index: int
    """The last event that counts; -1: none."""
    settled: bool = True
    """Whether the same question will be answered with the same bytes for ever."""


def moment_of(log_index: int) -> Moment:
    """Name the moment after an event of the log; Refused `log_index_unknown` beyond its end."""
    last = last_index()
    if not -1 <= log_index <= last:
        raise Refused(
            "log_index_unknown", f"The log ends at {last}", extra={"last_log_index": last}
        )
    return Moment(log_index=log_index)


def moment_at(time: datetime) -> Moment:
    """Find how much of the log had been recorded at a time."""
    try:
        return Moment(log_index=settled_at(time))
    except LookupError:
        return Moment(log_index=last_index(), settled=False)


def moment(*, as_of: datetime | None, log_index: int | None) -> Moment:
    """Find the moment that is asked for: one of both, or by default the log as it is.

    Refused `moment_ambiguous` for both.
    """
    if as_of is not None and log_index is not None:
        raise Refused("moment_ambiguous", "Give a time or a log index, not both")
    if log_index is not None:
        return moment_of(log_index)
    if as_of is not None:
        return moment_at(as_of)
    return Moment(log_index=last_index(), settled=False)


def last_index() -> int:
    """Give the last index of the log; -1 where it is empty."""
    [(last,)] = _fetch(_LAST, [])
    return int(last)


def settled_at(time: datetime) -> int:
    """Find the last event before the first that was recorded later; LookupError: there is none yet.

    The first place whose latest event is later is that of the first later event: one step down an index.
    """
    found = _fetch(_FIRST_AFTER, [time])
    if not found:
        raise LookupError(f"nothing was recorded after {time}")
    [(first_after,)] = found
    return int(first_after) - 1


def load_at(decider: Decider[Any], stream_id: UUID, at: Moment) -> Loaded[Any]:
    """Fold one stream as it stood; version 0 where it had not begun, or is of another aggregate."""
    rows = _fetch(_STREAM, [stream_id, decider.aggregate, at.log_index])
    return _folded(decider, stream_id, [registry.decode(*_typed(row)) for row in rows])


def load_at_both(
    decider: Decider[Any], stream_id: UUID, earlier: Moment, later: Moment
) -> tuple[Loaded[Any], Loaded[Any]]:
    """Fold one stream as it stood at two moments, read once; versions as `load_at` has them."""
    rows = run(_STREAM_PLACED, [stream_id, decider.aggregate, later.log_index]).fetchall()
    placed = [(log_index, registry.decode(*typed)) for log_index, *typed in rows]
    before = [item for log_index, item in placed if log_index <= earlier.log_index]
    return (
        _folded(decider, stream_id, before),
        _folded(decider, stream_id, [item for _, item in placed]),
    )


def _folded(
    decider: Decider[Any], stream_id: UUID, recorded: Sequence[Recorded[Any]]
) -> Loaded[Any]:
    state = decider.fold(item.data for item in recorded)
    return Loaded(stream_id, state, len(recorded), tuple(recorded))


def streams_at(decider: Decider[Any], at: Moment) -> Iterator[Loaded[Any]]:
    """Fold every stream of an aggregate as it stood, by stream id."""
    events = events_at([decider.aggregate], at)
    for stream_id, of_stream in itertools.groupby(events, key=lambda item: item.stream_id):
        recorded = tuple(of_stream)
        state = decider.fold(item.data for item in recorded)
        yield Loaded(stream_id, state, len(recorded), recorded)


def events_at(aggregates: Sequence[str], at: Moment) -> Iterator[Recorded[Any]]:
    """Read what had happened to these aggregates, by stream and version, in pages."""
    for page in replay.pages(_STREAMS, [list(aggregates), at.log_index]):
        for row in page:
            yield registry.decode(*_typed(row[2:]))


def kinds_at(types: Sequence[str], at: Moment) -> Iterator[tuple[int, Recorded[Any]]]:
    """Read the events of these wire names up to a moment in log order, each with its index."""
    return _in_order(replay.pages(_KINDS, [list(types), at.log_index], (-1,)))


def kinds_between(
    types: Sequence[str], earlier: Moment, later: Moment
) -> Iterator[tuple[int, Recorded[Any]]]:
    """Read what events of these wire names were added from one moment to another, in log order."""
    found = replay.pages(_KINDS, [list(types), later.log_index], (earlier.log_index,))
    return _in_order(found)


def between(earlier: Moment, later: Moment) -> Iterator[tuple[int, Recorded[Any]]]:
    """Read what was added from one moment to another in log order, each with its index."""
    return _in_order(replay.pages(_LOG, [later.log_index], (earlier.log_index,)))


def moved_between(earlier: Moment, later: Moment) -> set[tuple[str, UUID]]:
    """List the streams that the events between two moments belong to, each with its aggregate."""
    found = replay.pages(_MOVED, [later.log_index], (earlier.log_index,))
    return {(aggregate, stream_id) for page in found for _, aggregate, stream_id in page}


def events(event_ids: Iterable[UUID], at: Moment) -> Iterator[tuple[int, Recorded[Any]]]:
    """Read those of these events that the log held, in its order, each with its index."""
    return _in_order(iter([_fetch(_EVENTS, [list(event_ids), at.log_index])]))


def at_places(log_indexes: Iterable[int]) -> Iterator[tuple[int, Recorded[Any]]]:
    """Read the events at these log indexes, in order, each with its index."""
    return _in_order(iter([_fetch(_PLACES, [list(log_indexes)])]))


def of_stream(stream_id: UUID, at: Moment) -> Iterator[tuple[int, Recorded[Any]]]:
    """Read what the log held of one stream, of whatever aggregate, each event with its index."""
    return _in_order(iter([_fetch(_OF_STREAM, [stream_id, at.log_index])]))


def place_of(subject: UUID, at: Moment) -> int | None:
    """Tell the index of an event, or of a stream's last event; None: the log did not hold it."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"subject": subject, "at": at.log_index})
        [(place,)] = cursor.fetchall()
    return None if place is None else int(place)


def _in_order(
    found: Iterator[list[tuple[Any, ...]]],
) -> Iterator[tuple[int, Recorded[Any]]]:
    for page in found:
        for row in page:
            yield row[0], registry.decode(*_typed(row[1:]))


def _typed(row: tuple[Any, ...]) -> tuple[str, int, bytes]:
    name, schema_version, canonical = row
    return name, schema_version, bytes(canonical)


def _fetch(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
