"""Streams as they were at the moment of an event: for whoever judges anew what was decided then.

The moment is the event's place in the log, not its time: whatever its transaction had locked was
written before it or after it, never beside it. Until the log has it, transactions are compared.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits import context as minting
from audits import store
from audits.codec import Recorded, registry
from audits.execution import Desk
from audits.kernel import Context, Decider, Event
from audits.reading import Loaded
from audits.replay import pages, wire_names

_SEEN: Final = """
    WITH moment AS (
        SELECT coalesce(l.log_index, 9223372036854775807) AS place, e.xid
        FROM audits_event e LEFT JOIN audits_log l USING (event_id) WHERE e.event_id = %s)
    SELECT e.type, e.schema_version, e.canonical
    FROM moment, audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.stream_id = %s AND e.aggregate = %s
      AND (coalesce(l.log_index, 9223372036854775807), e.xid) < (moment.place, moment.xid)
    ORDER BY e.version
"""
_MOMENT: Final = """
    SELECT coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint
    FROM audits_event e LEFT JOIN audits_log l USING (event_id) WHERE e.event_id = %s
"""
_KIND: Final = """
    SELECT e.event_id, coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint,
        e.type, e.schema_version, e.canonical
    FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.type = %s AND e.event_id > %s ORDER BY e.event_id LIMIT %s
"""
_DEAL: Final = """
    SELECT e.aggregate, e.stream_id, max(e.recorded_at)
    FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.correlation_id = %s
      AND (coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint) < (%s, %s)
    GROUP BY e.aggregate, e.stream_id
"""
_LAST_ACT: Final = """
    SELECT max(e.recorded_at) FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.person_id = %s
      AND (coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint) < (%s, %s)
"""
_ALONE: Final = """
    SELECT NOT EXISTS (
        SELECT FROM audits_event o JOIN audits_event e USING (xid)
        WHERE e.event_id = %s AND o.command_id <> e.command_id)
"""


Place = tuple[int, int]
"""Where an event stands: its log index (until it has one, behind all), then its transaction."""


@dataclass(slots=True)
class Hindsight(Desk):
    """A desk at the moment of an event: streams as they were when it was written. Never writes."""

    event_id: UUID | None = None
    _seen: dict[UUID, Loaded[Any]] = field(default_factory=dict)
    _moment: Place | None = None

    def load(self, decider: Decider[Any], stream_id: UUID, *, lock: str = "share") -> Loaded[Any]:
        """Load a stream as it was, with what was drafted here since; nothing is locked."""
        del lock
        if stream_id in self._written:
            return self._written[stream_id][1]
        if stream_id not in self._seen:
            rows = _fetch(_SEEN, [self.event_id, stream_id, decider.aggregate])
            recorded = tuple(
                registry.decode(name, schema, bytes(content)) for name, schema, content in rows
            )
            state = decider.fold(item.data for item in recorded)
            self._seen[stream_id] = Loaded(stream_id, state, len(recorded), recorded)
        return self._seen[stream_id]

    def peek(self, decider: Decider[Any], stream_id: UUID) -> Loaded[Any]:
        """Load a stream as it was."""
        return self.load(decider, stream_id)

    def moment(self) -> Place:
        """Tell where the event stands."""
        if self._moment is None:
            [self._moment] = _fetch(_MOMENT, [self.event_id])
        return self._moment

    def streams_of_deal(self, deal_id: UUID) -> list[tuple[str, UUID, datetime]]:
        """List what belonged to a deal: its aggregate, stream, and when its last event was."""
        return [
            (aggregate, stream_id, minting.utc(last_at))
            for aggregate, stream_id, last_at in _fetch(_DEAL, [deal_id, *self.moment()])
        ]

    def last_act_of(self, person_id: UUID) -> datetime | None:
        """Tell when a person had last acted; None: never."""
        [(last_at,)] = _fetch(_LAST_ACT, [person_id, *self.moment()])
        return None if last_at is None else minting.utc(last_at)

    @property
    def saw_everything(self) -> bool:
        """Tell whether its command read all before its transaction wrote anything.

        A transaction of several commands has its place from the first that wrote: what a later one
        read may stand behind that place.
        """
        [(alone,)] = _fetch(_ALONE, [self.event_id])
        return bool(alone)


class NotSeen(Exception):
    """What a decision saw is not there for whoever takes it again."""


class Mentions:
    """Which streams mentioned a value in events of some kind: for what a table told at the time.

    Each kind is read once, when it is first asked for; memory holds its values and where they stood.
    """

    def __init__(self, values: Mapping[type[Event], Callable[[Any], Iterable[Hashable]]]) -> None:
        self._values: Final = values
        self._found: Final[dict[type[Event], dict[Hashable, list[tuple[Place, UUID]]]]] = {}

    def streams(self, kind: type[Event], value: Hashable, before: Place) -> list[UUID]:
        """List the streams that mentioned a value before a place, each once."""
        places = self._of(kind).get(value, ())
        return list(dict.fromkeys(stream_id for place, stream_id in places if place < before))

    def _of(self, kind: type[Event]) -> dict[Hashable, list[tuple[Place, UUID]]]:
        if kind not in self._found:
            found: dict[Hashable, list[tuple[Place, UUID]]] = {}
            for page in pages(_KIND, wire_names([kind]), (UUID(int=0),)):
                for _, log_index, xid, *typed in page:
                    recorded = registry.decode(typed[0], typed[1], bytes(typed[2]))
                    for value in self._values[kind](recorded.data):
                        found.setdefault(value, []).append(((log_index, xid), recorded.stream_id))
            self._found[kind] = found
        return self._found[kind]


def desk_of(event: Recorded[Any]) -> Hindsight:
    """Sit down at the desk of an event: its actor, its time, and what was there before it."""
    context = Context(actor=event.actor, now=event.recorded_at, command_id=event.command.id)
    cause = store.Cause(event.command.name, event.command.fingerprint)
    return Hindsight(context, cause, event_id=event.event_id)


def _fetch(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
