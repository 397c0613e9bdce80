"""Reading the journal back, typed and in pages: streams, and what single commands wrote.

For whoever derives everything again from events alone: memory holds a page, or one stream.
"""

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

from django.db import connection

from audits.codec import Recorded, registry
from audits.kernel import Decider, Event
from audits.reading import Loaded, Unopened
from audits.statements import run

PAGE_SIZE: Final = 1_000

_BY_STREAM: Final = """
    SELECT stream_id, version, type, schema_version, canonical FROM audits_event
    WHERE aggregate = ANY(%b) AND (stream_id, version) > (%b, %b::integer)
    ORDER BY stream_id, version LIMIT %b
"""
_BY_COMMAND: Final = """
    SELECT command_id, ordinal, type, schema_version, canonical FROM audits_event
    WHERE type = ANY(%b) AND (command_id, ordinal) > (%b, %b::smallint)
    ORDER BY command_id, ordinal LIMIT %b
"""
_COUNT_AGGREGATES: Final = "SELECT count(*) FROM audits_event WHERE aggregate = ANY(%s)"
_COUNT_TYPES: Final = "SELECT count(*) FROM audits_event WHERE type = ANY(%s)"
_BEFORE_ALL: Final = (UUID(int=0), -1)

T = TypeVar("T")


def count(aggregates: Sequence[str]) -> int:
    """Count the events of these aggregates."""
    return _count(_COUNT_AGGREGATES, aggregates)


def count_types(types: Iterable[type[Event]]) -> int:
    """Count the events of these types."""
    return _count(_COUNT_TYPES, wire_names(types))


def events_of(aggregates: Sequence[str]) -> Iterator[Recorded[Any]]:
    """Read every event of these aggregates, by stream and version."""
    return _typed(_BY_STREAM, list(aggregates))


def streams_of(decider: Decider[Any]) -> Iterator[Loaded[Any]]:
    """Fold every stream of an aggregate, one after the other, by stream id.

    Envelopes stay closed until somebody asks. Raises what its `evolve` raises where a stream does not
    fold.
    """
    rows = _rows(_BY_STREAM, [[decider.aggregate]])
    for stream_id, together in itertools.groupby(rows, key=operator.itemgetter(0)):
        stream = list(together)
        events = [row[2:] for row in stream]
        state = decider.fold(registry.decode_events(events))
        yield Loaded(stream_id, state, stream[-1][1], Unopened(events))


def commands_with(types: Iterable[type[Event]]) -> Iterator[list[Recorded[Any]]]:
    """Read the events of these types, those of one command together and in their order."""
    events = _typed(_BY_COMMAND, wire_names(types))
    for _, together in itertools.groupby(events, key=lambda recorded: recorded.command.id):
        yield list(together)


def wire_names(types: Iterable[type[Event]]) -> list[str]:
    """Name event classes as the journal does."""
    return [registry.wire_type(each).name for each in types]


def pages(
    query: str, values: Sequence[Any], after: tuple[Any, ...] = _BEFORE_ALL
) -> Iterator[list[tuple[Any, ...]]]:
    """Read rows page by page; they begin with the columns that say where the next page starts."""
    while rows := _fetch(query, [*values, *after, PAGE_SIZE]):
        yield rows
        after = rows[-1][: len(after)]


def merged(
    expected: Iterable[T], found: Iterable[T], key: Callable[[T], Any]
) -> Iterator[tuple[T | None, T | None]]:
    """Walk two sequences, both sorted by the same key, side by side; None where one lacks it."""
    left, right = iter(expected), iter(found)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and key(one) < key(other)):
            yield one, None
            one = next(left, None)
        elif one is None or key(other) < key(one):
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _typed(statement: LiteralString, names: list[str]) -> Iterator[Recorded[Any]]:
    return (registry.decode(*row[2:]) for row in _rows(statement, [names]))


def _rows(statement: LiteralString, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Read events one by one: two columns of place, then what their bytes are decoded with."""
    after: tuple[Any, ...] = _BEFORE_ALL
    while rows := run(statement, [*values, *after, PAGE_SIZE]).fetchall():
        yield from rows
        after = rows[-1][:2]


def _fetch(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _count(query: str, names: Sequence[str]) -> int:
    [(found,)] = _fetch(query, [list(names)])
    return int(found)
