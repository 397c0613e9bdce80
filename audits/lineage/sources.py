"""What an event rests on: evidence that its decision named, its cause, and what rules say of its kind.

Each is earlier in the log. Rules look into a stream for the last event of a kind, or for all of them,
so what they find depends on where in the log the event stands.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID, uuid5

import msgspec

from audits.codec import Recorded
from audits.kernel import Event

Because = Literal["evidence", "cause", "rule"]


class Source(msgspec.Struct, frozen=True):
    """Events that another follows from: of one stream, of these kinds, the last of each before it."""

    stream_id: UUID
    kinds: tuple[type[Event], ...]
    shipment_id: UUID | None = None
    """Only those that are about this shipment."""
    every: bool = False
    """All of them, not only the last."""

    def takes(self, passed: "Passed") -> bool:
        """Tell whether an event of the stream may be meant."""
        return passed.kind in self.kinds and self.shipment_id in {None, passed.shipment_id}


Rule = Callable[[Recorded[Any]], Iterable[Source]]
rules: Final[dict[type[Event], Rule]] = {}
"""Event → what it follows from; each app registers its own. Lineage forward finds what new rules say of
old events once `audits_reference` was emptied and filled again; `verify` names it until then."""

Entry = tuple[int, Recorded[Any]]
"""An event with its log index."""
Links = dict[UUID, Because]
"""The earlier events that one event rests on."""


class Passed(NamedTuple):
    """What is kept of an event in a stream."""

    place: int
    event_id: UUID
    kind: type[Event]
    shipment_id: UUID | None
    own: tuple[Source, ...]
    """What it follows from in its own stream."""


def passed_of(entry: Entry) -> Passed:
    """Keep of an event what tells who rests on whom."""
    place, recorded = entry
    own = (each for each in sources_of(recorded) if each.stream_id == recorded.stream_id)
    about = getattr(recorded.data, "shipment_id", None)
    return Passed(place, recorded.event_id, type(recorded.data), about, tuple(own))


def sources_of(recorded: Recorded[Any]) -> Iterable[Source]:
    """Apply the rule of an event's kind."""
    rule = rules.get(type(recorded.data))
    return rule(recorded) if rule else ()


def named(entry: Entry, stream: Callable[[UUID], Sequence[Passed]]) -> Links:
    """Name all that an event may rest on; streams are asked for by their id."""
    place, recorded = entry
    found: Links = {}
    for source in sources_of(recorded):
        found |= dict.fromkeys(_followed(source, stream(source.stream_id), place), "rule")
    if recorded.causation_id is not None:
        found[recorded.causation_id] = "cause"
    return found | dict.fromkeys(evidence_of(recorded.data), "evidence")


def _followed(source: Source, passed: Sequence[Passed], place: int) -> Iterator[UUID]:
    missing = set(source.kinds)
    for each in reversed(passed):
        if each.place < place and each.kind in missing and source.takes(each):
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


def references_of(recorded: Recorded[Any]) -> set[UUID]:
    """Name what leads to an event from whatever it may rest on outside its own stream.

    Its evidence, its cause, and the streams that its rule looks into: as `every_of` where all in one count.
    """
    found = set(evidence_of(recorded.data))
    if recorded.causation_id is not None:
        found.add(recorded.causation_id)
    for source in sources_of(recorded):
        if source.stream_id != recorded.stream_id:
            found.add(every_of(source.stream_id) if source.every else source.stream_id)
    return found


def every_of(stream_id: UUID) -> UUID:
    """Name all events of a stream together, where the last of a kind is not enough."""
    return uuid5(stream_id, "every")
