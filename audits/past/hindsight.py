"""Streams as they were at the moment of an event: for whoever judges anew what was decided then.

The moment is the event's place in the log, not its time: whatever its transaction had locked was
written before it or after it, never beside it. Until the log has it, transactions are compared.
"""

import hashlib
import struct
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
from audits.past.streams import Place, Streams
from audits.reading import Loaded
from audits.replay import pages, wire_names

_MOMENT: Final = """
    SELECT coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint
    FROM audits_event e LEFT JOIN audits_log l USING (event_id) WHERE e.event_id = %s
"""
_KINDS: Final = """
    SELECT e.event_id, coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint,
        e.type, e.schema_version, e.canonical
    FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.type = ANY(%s) AND e.event_id > %s ORDER BY e.event_id LIMIT %s
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


@dataclass(slots=True)
class Hindsight(Desk):
    """A desk at the moment of an event: streams as they were when it was written. Never writes."""

    event_id: UUID | None = None
    _streams: Streams = field(default_factory=Streams)
    _moment: Place | None = None
    _is_alone: bool | None = None

    def load(self, decider: Decider[Any], stream_id: UUID, *, lock: str = "share") -> Loaded[Any]:
        """Load a stream as it was, with what was drafted here since; nothing is locked."""
        del lock
        if stream_id in self._written:
            return self._written[stream_id][1]
        return self._streams.before(decider, stream_id, self.moment())

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
        if self._is_alone is None:
            [(self._is_alone,)] = _fetch(_ALONE, [self.event_id])
        return bool(self._is_alone)


BROKEN: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What is raised where a stream lacks what a decision rests on: the service never leaves it so."""


class NotSeen(Exception):
    """What a decision saw is not there for whoever takes it again."""


class Mentions:
    """Which streams mentioned a value in events of some kind: for what a table told at the time.

    All kinds are read once, when first asked; memory holds a hash of each value, and where it stood.
    """

    def __init__(self, values: Mapping[type[Event], Callable[[Any], Iterable[Hashable]]]) -> None:
        self._values: Final = values
        self._found: dict[bytes, bytes | list[bytes]] | None = None

    def streams(self, kind: type[Event], value: Hashable, before: Place) -> list[UUID]:
        """List the streams that mentioned a value before a place, each once."""
        if self._found is None:
            self._found = self._read()
        found = self._found.get(_key(kind, value), [])
        mentions = map(_MENTION.unpack, [found] if isinstance(found, bytes) else found)
        streams = (UUID(bytes=of) for log_index, xid, of in mentions if (log_index, xid) < before)
        return list(dict.fromkeys(streams))

    def _read(self) -> dict[bytes, bytes | list[bytes]]:
        found: dict[bytes, bytes | list[bytes]] = {}
        for page in pages(_KINDS, [wire_names(self._values)], (UUID(int=0),)):
            for _, log_index, xid, *typed in page:
                recorded = registry.decode(typed[0], typed[1], bytes(typed[2]))
                mention = _MENTION.pack(log_index, xid, recorded.stream_id.bytes)
                for value in self._values[type(recorded.data)](recorded.data):
                    _add(found, _key(type(recorded.data), value), mention)
        return found


_MENTION: Final = struct.Struct(">qq16s")
"""Log index, transaction, stream."""


def _key(kind: type[Event], value: Hashable) -> bytes:
    """Hash what is mentioned: 128 bits, which nobody finds a second value for."""
    said = f"{kind.__name__}:{value!r}".encode()
    return hashlib.blake2b(said, digest_size=16).digest()


def _add(found: dict[bytes, bytes | list[bytes]], key: bytes, mention: bytes) -> None:
    """Note a mention; a list only where there are several, for most values are mentioned once."""
    there = found.setdefault(key, mention)
    if isinstance(there, list):
        there.append(mention)
    elif there is not mention:
        found[key] = [there, mention]


def desk_of(
    event: Recorded[Any],
    *,
    place: Place | None = None,
    is_alone: bool | None = None,
    streams: Streams | None = None,
) -> Hindsight:
    """Sit down at the desk of an event: its actor, its time, and what was there before it.

    Whoever sits down at many says what they know: the event's place, whether its transaction held one
    command alone, and streams that were read.
    """
    context = Context(actor=event.actor, now=event.recorded_at, command_id=event.command.id)
    cause = store.Cause(event.command.name, event.command.fingerprint)
    return Hindsight(
        context,
        cause,
        event_id=event.event_id,
        _streams=streams or Streams(),
        _moment=place,
        _is_alone=is_alone,
    )


def _fetch(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
