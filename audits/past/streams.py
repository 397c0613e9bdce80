"""Streams with the place of each event in the log: read once, folded up to any place.

Whoever takes many decisions again reads them in the order of the log, so what one asks of a stream
the next mostly asks, too. What is kept is bounded by the number of events; the rest is read again.
"""

import itertools
import operator
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from audits.codec import Recorded, registry
from audits.kernel import Decider, State
from audits.reading import Loaded
from audits.statements import run

KEPT_AT_MOST: Final = 20_000
"""Events kept beside those of the stream that is asked for: some 3 kB each."""
UNPLACED: Final = 2**63 - 1
"""Stands for the log index of what has none yet: behind all that has one."""

_STREAM: Final = """
    SELECT e.aggregate, coalesce(l.log_index, 9223372036854775807), e.xid::text::bigint,
        e.type, e.schema_version, e.canonical
    FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.stream_id = %b ORDER BY e.version
"""
_STREAMS: Final = """
    SELECT e.stream_id, e.aggregate, coalesce(l.log_index, 9223372036854775807),
        e.xid::text::bigint, e.type, e.schema_version, e.canonical
    FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.stream_id = ANY(%b) ORDER BY e.stream_id, e.version LIMIT %b
"""

Place = tuple[int, int]
"""Where an event stands: its log index (until it has one, behind all), then its transaction."""


@dataclass(slots=True)
class Stream:
    """All events under one stream id, by version."""

    aggregates: tuple[str, ...]
    places: tuple[Place, ...]
    recorded: tuple[Recorded[Any], ...]
    _is_plain: bool = field(init=False)
    """Whether all is of one aggregate, and stands in the log by version: as in any healthy journal."""
    _folded: tuple[str, int, State] | None = None
    """Aggregate, how many events, their state: what was asked for last."""

    def __post_init__(self) -> None:
        in_order = all(one < other for one, other in itertools.pairwise(self.places))
        self._is_plain = in_order and len(set(self.aggregates)) <= 1

    def before(self, decider: Decider[Any], stream_id: UUID, place: Place) -> Loaded[Any]:
        """Fold what there was of an aggregate before a place."""
        if self._is_plain and self.aggregates[:1] == (decider.aggregate,):
            recorded = self.recorded[: bisect_left(self.places, place)]
            state = self._fold(decider, recorded)
        else:
            found = zip(self.aggregates, self.places, self.recorded, strict=True)
            recorded = tuple(
                each for of, at, each in found if of == decider.aggregate and at < place
            )
            state = decider.fold(each.data for each in recorded)
        return Loaded(stream_id, state, len(recorded), recorded)

    def _fold(self, decider: Decider[Any], recorded: Sequence[Recorded[Any]]) -> State:
        """Fold a beginning, on from the last one that was asked for where that is shorter."""
        count: int = 0
        state: State = decider.initial
        if self._folded is not None and self._folded[0] == decider.aggregate:
            done, folded = self._folded[1:]
            if done <= len(recorded):
                count, state = done, folded
        now: State = decider.fold((each.data for each in recorded[count:]), state)
        self._folded = (decider.aggregate, len(recorded), now)
        return now


class Streams:
    """Reads streams, and keeps those that were asked for last."""

    def __init__(self, kept_at_most: int = KEPT_AT_MOST) -> None:
        self._kept_at_most: Final = kept_at_most
        self._streams: Final[OrderedDict[UUID, Stream]] = OrderedDict()
        self._events = 0

    def before(self, decider: Decider[Any], stream_id: UUID, place: Place) -> Loaded[Any]:
        """Fold what there was of a stream before a place; version 0: nothing of this aggregate."""
        return self._stream(stream_id).before(decider, stream_id, place)

    def fetch(self, stream_ids: Iterable[UUID]) -> None:
        """Read streams that will be asked for, in one go, as far as there is room for them."""
        missing = [each for each in dict.fromkeys(stream_ids) if each not in self._streams]
        rows = run(_STREAMS, [missing, self._kept_at_most]).fetchall() if missing else []
        is_cut = len(rows) == self._kept_at_most
        for stream_id, together in itertools.groupby(rows, key=operator.itemgetter(0)):
            of_stream = [row[1:] for row in together]
            if not (is_cut and stream_id == rows[-1][0]):  # of the last one there may be more
                self._keep(stream_id, _stream(of_stream))

    def _stream(self, stream_id: UUID) -> Stream:
        found = self._streams.get(stream_id)
        if found is None:
            return self._keep(stream_id, _stream(run(_STREAM, [stream_id]).fetchall()))
        self._streams.move_to_end(stream_id)
        return found

    def _keep(self, stream_id: UUID, stream: Stream) -> Stream:
        self._streams[stream_id] = stream
        self._events += _weight(stream)
        while self._events > self._kept_at_most and len(self._streams) > 1:
            _, gone = self._streams.popitem(last=False)
            self._events -= _weight(gone)
        return stream


def _weight(stream: Stream) -> int:
    """Count a stream without events as one: it is kept as well."""
    return max(len(stream.recorded), 1)


def _stream(rows: Sequence[tuple[Any, ...]]) -> Stream:
    return Stream(
        aggregates=tuple(row[0] for row in rows),
        places=tuple((row[1], row[2]) for row in rows),
        recorded=tuple(registry.decode(*row[3:]) for row in rows),
    )
