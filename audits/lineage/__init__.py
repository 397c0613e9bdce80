"""Lineage: which events an event rests on and which rest on it, along evidence, causes and rules.

A link runs from a later event to an earlier one. Evidence is what a decision itself named, a cause is
what set it off, and a rule says of a kind of event which others it follows from (the apps' own).
Back is looked up, step by step; forward is read, once through the log after the subject. Memory holds
what was found and the streams that it is in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from audits.codec import Recorded
from audits.execution import NotFound
from audits.kernel import Actor, Event
from audits.past import moments
from audits.past.moments import Moment

LONGEST_FACT: Final = 120
"""Characters of a text that a node shows."""

Because = Literal["evidence", "cause", "rule"]
Directions = Literal["back", "forward", "both"]


class Source(msgspec.Struct, frozen=True):
    """Events that another follows from: of one stream, of these kinds, the last of each before it."""

    stream_id: UUID
    kinds: tuple[type[Event], ...]
    shipment_id: UUID | None = None
    """Only those that are about this shipment."""
    every: bool = False
    """All of them, not only the last."""


Rule = Callable[[Recorded[Any]], Iterable[Source]]
rules: Final[dict[type[Event], Rule]] = {}
"""Event → what it follows from; each app registers its own."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a lineage."""

    event_id: UUID
    log_index: int
    type: str
    aggregate: str
    stream_id: UUID
    version: int
    recorded_at: datetime
    actor: Actor
    command: str
    command_id: UUID
    edition: str | None
    facts: Mapping[str, Any]
    """Its plain fields: amounts, quantities, numbers, hashes; long texts are left out."""


class Link(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A later event rests on an earlier one."""

    later: UUID
    earlier: UUID
    because: Because


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an event rests on, and everything that rests on it."""

    subject: UUID
    """The event that was asked about; of a stream, its last."""
    stands_on: Moment
    nodes: tuple[Node, ...]
    """In log order."""
    links: tuple[Link, ...]


Entry = tuple[int, Recorded[Any]]
"""An event with its log index."""
Links = dict[UUID, Because]
"""The earlier events that one event rests on."""


class _Passed(NamedTuple):
    """What is kept of an event in a stream."""

    place: int
    event_id: UUID
    kind: type[Event]
    shipment_id: UUID | None


@dataclass(slots=True)
class _Walk:
    """What was found so far: who rests on whom, and the streams that it takes to tell."""

    here: Moment
    """That of the event which was asked about: back ends there, forward begins."""
    links: dict[UUID, Links] = field(default_factory=dict)
    places: dict[UUID, int] = field(default_factory=dict)
    """Event → log index."""
    streams: dict[UUID, list[_Passed]] = field(default_factory=dict)
    own: set[UUID] = field(default_factory=set)
    """The streams of what was found."""

    def back(self, start: Entry) -> None:
        """Keep an event and all that it rests on, step by step."""
        steps = [start]
        while steps:
            for each in steps:
                self._keep(each, {})
            named = [_named(each, self._stream) for each in steps]
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
        """Keep an event and all that rests on it, from one reading of the log."""
        onward = {start[1].event_id}
        if not self.places:
            self._keep(start, {})
        for stream_id in self.own:
            self._stream(stream_id)
        for entry in moments.between(self.here, at):
            named = _named(entry, lambda stream_id: self.streams.get(stream_id, ()))
            links = {one: because for one, because in named.items() if one in self.places}
            stream_id, event_id = entry[1].stream_id, entry[1].event_id
            if not onward.isdisjoint(links):
                onward.add(event_id)
                self._keep(entry, links)
                self.streams.setdefault(stream_id, [])
            if stream_id in self.streams:
                self.streams[stream_id].append(_passed(entry))

    def _keep(self, entry: Entry, links: Links) -> None:
        place, recorded = entry
        self.places[recorded.event_id] = place
        self.links[recorded.event_id] = links
        self.own.add(recorded.stream_id)

    def _stream(self, stream_id: UUID) -> list[_Passed]:
        if stream_id not in self.streams:
            self.streams[stream_id] = list(map(_passed, moments.of_stream(stream_id, self.here)))
        return self.streams[stream_id]


def _passed(entry: Entry) -> _Passed:
    place, recorded = entry
    about = getattr(recorded.data, "shipment_id", None)
    return _Passed(place, recorded.event_id, type(recorded.data), about)


def _named(entry: Entry, stream: Callable[[UUID], Sequence[_Passed]]) -> Links:
    """Name all that an event may rest on; streams are asked for by their id."""
    place, recorded = entry
    found: Links = {}
    rule = rules.get(type(recorded.data))
    for source in rule(recorded) if rule else ():
        found |= dict.fromkeys(_followed(source, stream(source.stream_id), place), "rule")
    if recorded.causation_id is not None:
        found[recorded.causation_id] = "cause"
    return found | dict.fromkeys(evidence_of(recorded.data), "evidence")


def _followed(source: Source, passed: Sequence[_Passed], place: int) -> Iterator[UUID]:
    missing = set(source.kinds)
    for each in reversed(passed):
        is_meant = each.place < place and source.shipment_id in {None, each.shipment_id}
        if is_meant and each.kind in missing:
            yield each.event_id
            if not source.every:
                missing.discard(each.kind)


def evidence_of(value: Any) -> Iterator[UUID]:
    """Find every event that a value names as evidence, however deep."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if name == "evidence" and isinstance(inner, tuple):
                yield from (each for each in inner if isinstance(each, UUID))
            else:
                yield from evidence_of(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from evidence_of(inner)


def lineage(subject: UUID, at: Moment, directions: Directions = "both") -> Lineage:
    """Trace an event, or the last event of a stream, up to a moment; NotFound."""
    place = moments.place_of(subject, at)
    if place is None:
        raise NotFound(str(subject))
    walk = _Walk(here=Moment(log_index=place))
    [start] = moments.between(Moment(log_index=place - 1), walk.here)
    if directions in {"back", "both"}:
        walk.back(start)
    if directions in {"forward", "both"}:
        walk.forward(start, at)
    links = (
        Link(later=later, earlier=earlier, because=because)
        for later, found in walk.links.items()
        for earlier, because in found.items()
    )
    return Lineage(
        subject=start[1].event_id,
        stands_on=at,
        nodes=tuple(map(_node, moments.events(walk.places, at))),
        links=tuple(sorted(links)),
    )


def reached(start: UUID, onward: Mapping[UUID, Iterable[UUID]]) -> set[UUID]:
    """Collect everything that can be reached from an event."""
    found: set[UUID] = set()
    waiting = [start]
    while waiting:
        for event_id in onward.get(waiting.pop(), ()):
            if event_id not in found:
                found.add(event_id)
                waiting.append(event_id)
    return found


def _node(entry: Entry) -> Node:
    log_index, recorded = entry
    return Node(
        event_id=recorded.event_id,
        log_index=log_index,
        type=recorded.type,
        aggregate=recorded.aggregate,
        stream_id=recorded.stream_id,
        version=recorded.version,
        recorded_at=recorded.recorded_at,
        actor=recorded.actor,
        command=recorded.command.name,
        command_id=recorded.command.id,
        edition=recorded.edition,
        facts={
            name: value
            for name, value in msgspec.to_builtins(recorded.data).items()
            if isinstance(value, int) or (isinstance(value, str) and len(value) <= LONGEST_FACT)
        },
    )
