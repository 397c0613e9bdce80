"""The walk from an event to all that it rests on, and to all that rests on it.

Both ways read what they find and the streams that it names: back by its names, forward by what refers to
it. What references do not cover yet, the end of the log, is read through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from audits.kernel import Refused
from audits.lineage import references, sources
from audits.lineage.references import Asked
from audits.lineage.sources import Entry, Links, Passed
from audits.past import moments
from audits.past.moments import Moment

LARGEST: Final = 10_000
"""Events of one lineage: more is nothing that anybody reads."""
PAGE_SIZE: Final = 500
"""Events that are read together, to see whether they rest on what was found."""


@dataclass(slots=True)
class Walk:
    """What was found so far: who rests on whom, and the streams that it takes to tell."""

    here: Moment
    """That of the event which was asked about: back ends there, forward begins."""
    links: dict[UUID, Links] = field(default_factory=dict)
    places: dict[UUID, int] = field(default_factory=dict)
    """Event → log index."""
    streams: dict[UUID, list[Passed]] = field(default_factory=dict)
    until: Moment = field(init=False)
    """How much of streams is read."""
    own: set[UUID] = field(default_factory=set)
    """The streams of what was found."""

    def __post_init__(self) -> None:
        """Read streams as they stood where the walk begins."""
        self.until = self.here

    def back(self, start: Entry) -> None:
        """Keep an event and all that it rests on, step by step."""
        steps = [start]
        while steps:
            for each in steps:
                self._keep(each, {})
            named = [sources.named(each, self._stream) for each in steps]
            strange = {earlier for links in named for earlier in links} - self.places.keys()
            found = {each[1].event_id: each for each in moments.events(strange, self.here)}
            known = self.places | {event_id: place for event_id, (place, _) in found.items()}
            for (place, recorded), links in zip(steps, named, strict=True):
                self.links[recorded.event_id] = {
                    earlier: because
                    for earlier, because in links.items()
                    if known.get(earlier, place) < place
                }
            used = {one for _, recorded in steps for one in self.links[recorded.event_id]}
            steps = [each for event_id, each in found.items() if event_id in used]

    def forward(self, start: Entry, at: Moment) -> None:
        """Keep an event and all that rests on it, up to a moment."""
        self.streams, self.until = {}, at
        if not self.places:
            self._keep(start, {})
        known = min(references.known_until(), at.log_index)
        onward = self._look_up(start, known)
        self._read_on(onward, Moment(log_index=max(known, start[0])), at)

    def _look_up(self, start: Entry, known: int) -> set[UUID]:
        """Find what rests on an event, step by step, as far as references are known."""
        onward, kept, steps = {start[1].event_id}, dict[UUID, Links](), [start]
        while steps:
            found: list[Entry] = []
            for entry in self._candidates(steps, known):
                place, event_id = entry[0], entry[1].event_id
                links = sources.named(entry, self._stream)
                if event_id not in kept and not onward.isdisjoint(self._earlier(links, place)):
                    onward.add(event_id)
                    kept[event_id] = links
                    self._keep(entry, {})
                    found.append(entry)
            steps = found
        for event_id, links in kept.items():  # only now it is known what else was found
            self.links[event_id] = self._earlier(links, self.places[event_id])
        return onward

    def _candidates(self, steps: Sequence[Entry], known: int) -> Iterator[Entry]:
        """Read what may rest on one of these events, in log order."""
        asked = [each for step in steps for each in self._asked(step, known)]
        places = {place for step in steps for place in self._in_stream(step) if place <= known}
        indexes = sorted(places.union(references.naming(asked)))
        for start in range(0, len(indexes), PAGE_SIZE):
            yield from moments.at_places(indexes[start : start + PAGE_SIZE])

    def _asked(self, entry: Entry, known: int) -> Iterator[Asked]:
        """Say what leads from an event to those outside its stream that may rest on it."""
        place, recorded = entry
        yield Asked(recorded.event_id, place, known)
        yield Asked(recorded.stream_id, place, min(known, self._last_until(entry)))
        yield Asked(sources.every_of(recorded.stream_id), place, known)

    def _in_stream(self, entry: Entry) -> Iterator[int]:
        """List the places of those in an event's own stream that follow from it by a rule."""
        mine, until = sources.passed_of(entry), self._last_until(entry)
        for each in self._stream(entry[1].stream_id):
            if each.place > mine.place and any(
                own.takes(mine) and (own.every or each.place <= until) for own in each.own
            ):
                yield each.place

    def _last_until(self, entry: Entry) -> int:
        """Tell up to which place an event is the last of its kind and shipment in its stream."""
        mine = sources.passed_of(entry)
        return next(
            (
                each.place
                for each in self._stream(entry[1].stream_id)
                if each.place > mine.place
                and (each.kind, each.shipment_id) == (mine.kind, mine.shipment_id)
            ),
            self.until.log_index,
        )

    def _read_on(self, onward: set[UUID], after: Moment, at: Moment) -> None:
        """Find what rests on these events in the rest of the log, which is read through."""
        for entry in moments.between(after, at):
            named = sources.named(entry, self._own_stream)
            if not onward.isdisjoint(named):
                onward.add(entry[1].event_id)
                self._keep(entry, self._earlier(named, entry[0]))

    def _earlier(self, links: Links, place: int) -> Links:
        """Keep of what an event names that which was found, and came before it."""
        return {one: why for one, why in links.items() if self.places.get(one, place) < place}

    def _keep(self, entry: Entry, links: Links) -> None:
        place, recorded = entry
        if len(self.places) >= LARGEST and recorded.event_id not in self.places:
            detail = (
                f"More than {LARGEST} events: begin nearer to what you look for, or as of earlier"
            )
            raise Refused("lineage_too_large", detail)
        self.places[recorded.event_id] = place
        self.links[recorded.event_id] = links
        self.own.add(recorded.stream_id)

    def _own_stream(self, stream_id: UUID) -> Sequence[Passed]:
        return self._stream(stream_id) if stream_id in self.own else ()

    def _stream(self, stream_id: UUID) -> list[Passed]:
        if stream_id not in self.streams:
            entries = moments.of_stream(stream_id, self.until)
            self.streams[stream_id] = list(map(sources.passed_of, entries))
        return self.streams[stream_id]
