"""What commands recorded, in the order of the log, each with what there was before it.

A command stands where its first event does. In that order what one command asks of the past the next
mostly asks, too, and whoever is interrupted goes on from a log index: what the log holds up to there
never changes. Commands that the log does not hold yet come last, by command.
"""

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, LiteralString, NamedTuple
from uuid import UUID

from audits.codec import Recorded, registry
from audits.kernel import Event
from audits.past.hindsight import Hindsight, desk_of
from audits.past.moments import Moment
from audits.past.streams import UNPLACED, Place, Streams
from audits.replay import wire_names
from audits.statements import run

PAGE_SIZE: Final = 1_000
FROM_THE_START: Final = -(2**63)
"""Before every log index that a table can hold."""

_LOGGED: Final = """
    SELECT l.log_index, e.event_id, e.command_id, e.stream_id, e.xid::text::bigint
    FROM audits_log l CROSS JOIN LATERAL (
        SELECT event_id, command_id, stream_id, xid FROM audits_event
        WHERE event_id = l.event_id LIMIT 1) AS e
    WHERE l.log_index > %b AND l.log_index <= %b ORDER BY l.log_index LIMIT %b
"""
"""LATERAL and LIMIT keep to the order of the log: event by event, the first at once."""
_WAITING: Final = """
    SELECT e.command_id, e.ordinal, e.event_id, e.stream_id, e.xid::text::bigint
    FROM audits_event e
    WHERE NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)
      AND (e.command_id, e.ordinal) > (%b, %b::smallint)
    ORDER BY e.command_id, e.ordinal LIMIT %b
"""
_OF_COMMANDS: Final = """
    SELECT command_id, event_id, type, schema_version, canonical FROM audits_event
    WHERE command_id = ANY(%b) ORDER BY command_id, ordinal
"""
_KINDS: Final = """
    SELECT l.log_index, e.xid::text::bigint, e.correlation_id, e.type, e.schema_version, e.canonical
    FROM audits_log l CROSS JOIN LATERAL (
        SELECT xid, correlation_id, type, schema_version, canonical FROM audits_event
        WHERE event_id = l.event_id LIMIT 1) AS e
    WHERE l.log_index <= %b AND e.type = ANY(%b) AND l.log_index > %b
    ORDER BY l.log_index LIMIT %b
"""
_KINDS_WAITING: Final = """
    SELECT e.event_id, e.xid::text::bigint, e.correlation_id, e.type, e.schema_version, e.canonical
    FROM audits_event e
    WHERE NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)
      AND e.type = ANY(%b) AND e.event_id > %b ORDER BY e.event_id LIMIT %b
"""
_OF_DEALS: Final = "SELECT DISTINCT stream_id FROM audits_event WHERE correlation_id = ANY(%b)"
_CROWDED: Final = """
    SELECT xid::text::bigint FROM audits_event WHERE xid = ANY(%b::text[]::xid8[])
    GROUP BY xid HAVING count(DISTINCT command_id) > 1
"""


class Decided(NamedTuple):
    """What one command recorded."""

    together: Sequence[Recorded[Any]]
    """Its events, in their order."""
    desk: Hindsight
    """The desk at which it is decided again, where its first event stands."""


class Happened(NamedTuple):
    """One event, and the desk at which what it rests on is judged again."""

    event: Recorded[Any]
    desk: Hindsight


class _First(NamedTuple):
    """An event that may be the first of its command."""

    event_id: UUID
    command_id: UUID
    stream_id: UUID
    place: Place


def decided(
    after: int = FROM_THE_START, until: int | None = None
) -> Iterator[tuple[int, list[Decided]]]:
    """Read what every command recorded whose first event stands behind a log index, in pages.

    Each page with the log index up to which it goes. until: the last index that counts; without, all
    that the log does not hold yet comes after it, under `UNPLACED`. What stands up to an index is
    the same in any snapshot. Memory holds a page and `streams.KEPT_AT_MOST` events.
    """
    streams = Streams()
    waiting = _waiting() if until is None else iter(())
    for page in itertools.chain(_logged(after, UNPLACED if until is None else until), waiting):
        yield page[-1].place[0], _page(page, streams)


def happened(types: Iterable[type[Event]], at: Moment | None = None) -> Iterator[list[Happened]]:
    """Read the events of some types in the order of the log, in pages; up to a moment if one is named.

    If none is, those that the log does not hold yet come last, by event. Memory is as of `decided`.
    """
    names, streams = wire_names(types), Streams()
    last = UNPLACED if at is None else at.log_index
    for rows in _pages(_KINDS, [last, names], FROM_THE_START):
        yield _at_desks([((row[0], row[1]), *row[2:]) for row in rows], streams)
    if at is None:
        for rows in _pages(_KINDS_WAITING, [names], UUID(int=0)):
            yield _at_desks([((UNPLACED, row[1]), *row[2:]) for row in rows], streams)


def _pages(
    statement: LiteralString, values: Sequence[Any], after: int | UUID
) -> Iterator[list[tuple[Any, ...]]]:
    while rows := run(statement, [*values, after, PAGE_SIZE]).fetchall():
        yield rows
        after = rows[-1][0]


def _at_desks(rows: Sequence[tuple[Any, ...]], streams: Streams) -> list[Happened]:
    """Sit down at the desk of each event: its place, its deal, and what it is decoded from."""
    streams.fetch(_column(_OF_DEALS, [list({row[1] for row in rows})]))
    crowded = _crowded(place for place, *_ in rows)
    found = []
    for place, _, *typed in rows:
        event, is_alone = registry.decode(*typed), place[1] not in crowded
        desk = desk_of(event, place=place, is_alone=is_alone, streams=streams)
        found.append(Happened(event, desk))
    return found


def _logged(after: int, until: int) -> Iterator[list[_First]]:
    while rows := run(_LOGGED, [after, until, PAGE_SIZE]).fetchall():
        yield [_First(row[1], row[2], row[3], place=(row[0], row[4])) for row in rows]
        after = rows[-1][0]


def _waiting() -> Iterator[list[_First]]:
    after: tuple[UUID, int] = (UUID(int=0), -1)
    while rows := run(_WAITING, [*after, PAGE_SIZE]).fetchall():
        yield [_First(row[2], row[0], row[3], place=(UNPLACED, row[4])) for row in rows]
        after = rows[-1][:2]


def _page(page: Sequence[_First], streams: Streams) -> list[Decided]:
    """Put the commands together whose first event is on this page."""
    firsts = {each.event_id: each for each in page}
    crowded = _crowded(each.place for each in page)
    streams.fetch(each.stream_id for each in page)
    rows = run(_OF_COMMANDS, [list({each.command_id for each in page})]).fetchall()
    found = []
    for _, of_command in itertools.groupby(rows, key=operator.itemgetter(0)):
        events = list(of_command)
        first = firsts.get(events[0][1])
        if first is not None:
            together = [registry.decode(*row[2:]) for row in events]
            is_alone = first.place[1] not in crowded
            desk = desk_of(together[0], place=first.place, is_alone=is_alone, streams=streams)
            found.append(Decided(together, desk))
    return sorted(found, key=lambda each: each.desk.moment())


def _crowded(places: Iterable[Place]) -> set[int]:
    """Tell which of these transactions wrote for more than one command."""
    found: set[int] = _column(_CROWDED, [list({str(xid) for _, xid in places})])
    return found


def _column(statement: LiteralString, values: Sequence[Any]) -> set[Any]:
    return {value for (value,) in run(statement, values).fetchall()}
