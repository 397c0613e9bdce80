"""Lineage: which events an event rests on and which rest on it, along evidence, causes and rules.

A link runs from a later event to an earlier one. Evidence is what a decision itself named, a cause is
what set it off, and a rule says of a kind of event which others it follows from (the apps' own).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
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
START: Final = Moment(log_index=-1)

_Passed = tuple[UUID, type[Event], UUID | None]
"""An event that was walked past: its id and kind, and the shipment that it is about."""


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


@dataclass(slots=True)
class _Walk:
    """The log so far: who rests on whom, and where each stream stands."""

    links: dict[UUID, dict[UUID, Because]] = field(default_factory=dict)
    places: dict[UUID, int] = field(default_factory=dict)
    """Event → log index, of events that are linked at all."""
    streams: dict[UUID, list[_Passed]] = field(default_factory=lambda: defaultdict(list))

    def take(self, log_index: int, recorded: Recorded[Any]) -> None:
        """Link an event to what is before it, then put it there."""
        found: dict[UUID, Because] = {}
        rule = rules.get(type(recorded.data))
        for source in rule(recorded) if rule else ():
            found |= dict.fromkeys(self._of(source), "rule")
        if recorded.causation_id is not None:
            found[recorded.causation_id] = "cause"
        found |= dict.fromkeys(evidence_of(recorded.data), "evidence")
        self.links[recorded.event_id] = {
            event_id: because for event_id, because in found.items() if event_id in self.places
        }
        self.places[recorded.event_id] = log_index
        about = getattr(recorded.data, "shipment_id", None)
        self.streams[recorded.stream_id].append((recorded.event_id, type(recorded.data), about))

    def _of(self, source: Source) -> Iterator[UUID]:
        missing = set(source.kinds)
        for event_id, kind, about in reversed(self.streams.get(source.stream_id, ())):
            if kind in missing and source.shipment_id in {None, about}:
                yield event_id
                if not source.every:
                    missing.discard(kind)


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
    walk = _Walk()
    for log_index, recorded in moments.between(START, at):
        walk.take(log_index, recorded)
    start = _start(walk, subject)
    kept = {start}
    if directions in {"back", "both"}:
        kept |= reached(start, walk.links)
    if directions in {"forward", "both"}:
        kept |= reached(start, turned(walk.links))
    links = {
        Link(later=later, earlier=earlier, because=because)
        for later in kept
        for earlier, because in walk.links[later].items()
        if earlier in kept
    }
    places = sorted((walk.places[event_id], event_id) for event_id in kept)
    return Lineage(
        subject=start,
        stands_on=at,
        nodes=tuple(map(_node, moments.read(places))),
        links=tuple(sorted(links)),
    )


def _start(walk: _Walk, subject: UUID) -> UUID:
    if subject in walk.places:
        return subject
    if subject in walk.streams:
        return walk.streams[subject][-1][0]
    raise NotFound(str(subject))


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


def turned(links: Mapping[UUID, Iterable[UUID]]) -> dict[UUID, list[UUID]]:
    """Turn links round: earlier → later."""
    forward: dict[UUID, list[UUID]] = defaultdict(list)
    for later, earlier in links.items():
        for event_id in earlier:
            forward[event_id].append(later)
    return forward


def _node(entry: tuple[int, Recorded[Any]]) -> Node:
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
