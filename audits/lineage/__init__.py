"""Lineage: which events an event rests on and which rest on it, along evidence, causes and rules.

A link runs from a later event to an earlier one. Evidence is what a decision itself named, a cause is
what set it off, and a rule says of a kind of event which others it follows from (the apps' own).
Both ways are looked up, step by step; memory holds what was found and the streams that it is in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from audits.execution import NotFound
from audits.kernel import Actor
from audits.lineage.sources import Because, Entry
from audits.lineage.walking import Walk
from audits.past import moments
from audits.past.moments import Moment

LONGEST_FACT: Final = 120
"""Characters of a text that a node shows."""

Directions = Literal["back", "forward", "both"]


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


def lineage(subject: UUID, at: Moment, directions: Directions = "both") -> Lineage:
    """Trace an event, or the last event of a stream, up to a moment.

    Raises NotFound, and Refused `lineage_too_large`.
    """
    place = moments.place_of(subject, at)
    if place is None:
        raise NotFound(str(subject))
    walk = Walk(here=Moment(log_index=place))
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
