"""The past as answers: things, lists, clocks and whatever else the apps can tell as of a moment.

Every answer follows from the log up to one index and from nothing else: no table of today is read.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from audits.codec import Recorded
from audits.execution import NotFound, Subscription, house, may_see
from audits.kernel import Actor, Event, Refused
from audits.past import moments
from audits.past.moments import Moment
from audits.projection import Projection, derive, projections, span_of, status_of
from audits.reading import Loaded
from audits.replay import wire_names
from audits.shapes import to_wire

Row = dict[str, Any]
View = Callable[[Moment], Any]
"""Tells something of the whole past that is no list of things, such as the ledger."""

views: Final[dict[str, View]] = {}
"""Name → view; each app registers its own."""
_timers_added: Final[dict[type[Event], tuple[Subscription, ...]]] = {}


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was to happen in its own time."""

    kind: str
    """What was to be done, as work items name it."""
    subject_id: UUID
    due_at: datetime
    event_id: UUID
    """The event that set the clock."""
    log_index: int


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event that lies between two moments."""

    log_index: int
    event_id: UUID
    type: str
    aggregate: str
    stream_id: UUID
    version: int
    recorded_at: datetime
    correlation_id: UUID
    person_id: UUID
    command: str
    edition: str | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that stands otherwise at the later moment."""

    kind: str
    id: UUID
    before: Mapping[str, Any] | None
    """Those of its columns that differ; None: it was not there yet."""
    after: Mapping[str, Any]


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What happened between two moments, and what it made of things."""

    earlier: Moment
    later: Moment
    facts: tuple[Fact, ...]
    changes: tuple[Change, ...]


def add_view(name: str, view: View) -> None:
    """Let the past be asked for `name`."""
    views[name] = view


def add_timer(event: type[Event], timer: Subscription) -> None:
    """Let an event set a clock that no work item waits for, such as a period for payment."""
    _timers_added[event] = (*_timers_added.get(event, ()), timer)


def kinds() -> list[str]:
    """List what there is to ask for: things by their aggregate, and views."""
    return sorted([*projections, *views])


def things_at(kind: str, at: Moment, actor: Actor) -> Iterator[Row]:
    """Derive the row of every thing of a kind that an actor may see, by id."""
    projection = _projection(kind)
    for loaded in moments.streams_at(projection.decider, at):
        if may_see(kind, loaded.state, actor):
            yield derive(projection, loaded, span_of(loaded.recorded))


def thing_at(kind: str, thing_id: UUID, at: Moment, actor: Actor) -> Row:
    """Show one thing with its state; NotFound where the actor could not have seen it."""
    loaded = moments.load_at(_projection(kind).decider, thing_id, at)
    if not loaded.version or not may_see(kind, loaded.state, actor):
        raise NotFound(str(thing_id))
    span = span_of(loaded.recorded)
    return {
        "id": thing_id,
        "version": loaded.version,
        "status": status_of(loaded.state),
        "correlation_id": span.correlation_id,
        "created_at": span.created_at,
        "changed_at": span.changed_at,
        "state": loaded.state,
    }


def row_at(kind: str, thing_id: UUID, at: Moment) -> Row | None:
    """Derive the row of one thing as it stood; None: it was not there yet."""
    projection = _projection(kind)
    found: Row | None = _row(projection, moments.load_at(projection.decider, thing_id, at))
    return found


def answer(kind: str, thing_id: UUID | None, at: Moment, actor: Actor) -> Row:
    """Answer what was asked, with the moment that the answer stands on.

    Money is written as decimal strings, as in events.
    """
    if kind in views:
        shown: Row = {kind: views[kind](at)}
    elif thing_id is None:
        shown = {"items": list(things_at(kind, at, actor))}
    else:
        shown = thing_at(kind, thing_id, at, actor)
    answered: Row = to_wire({"kind": kind, **shown, "stands_on": at})
    return answered


def clocks_at(at: Moment) -> tuple[Clock, ...]:
    """List every due time that had been set, by due time: what came of it is an event of its own."""
    found = [
        Clock(
            kind=each.kind,
            subject_id=each.subject(recorded),
            due_at=due_at,
            event_id=recorded.event_id,
            log_index=log_index,
        )
        for log_index, recorded in moments.kinds_at(_timed_kinds(), at)
        for each in _timers(type(recorded.data))
        if (due_at := each.due(recorded)) is not None
    ]
    return tuple(sorted(found, key=lambda clock: (clock.due_at, clock.log_index, clock.kind)))


views["clocks"] = clocks_at


def _timed_kinds() -> list[str]:
    return wire_names({**house.subscriptions, **_timers_added})


def _timers(event: type[Event]) -> tuple[Subscription, ...]:
    return (*house.subscriptions.get(event, ()), *_timers_added.get(event, ()))


def differences(earlier: Moment, later: Moment, *, at_most: int) -> Differences:
    """List what happened after one moment up to another.

    Refused `moments_reversed`, and `moments_too_far_apart` with more than `at_most` events between.
    """
    _ask_order(earlier, later)
    events = later.log_index - earlier.log_index
    if events > at_most:
        detail = f"{events} events lie between: take steps, or `manage audit difference`"
        raise Refused("moments_too_far_apart", detail, extra={"events_at_most": at_most})
    return Differences(
        earlier=earlier,
        later=later,
        facts=tuple(_facts(earlier, later)),
        changes=tuple(_changes(earlier, later)),
    )


def differences_one_by_one(
    earlier: Moment, later: Moment
) -> Mapping[str, Moment | Iterator[Fact] | Iterator[Change]]:
    """Give the members of all differences; memory holds which things changed, and one of them.

    Refused `moments_reversed`.
    """
    _ask_order(earlier, later)
    return {
        "earlier": earlier,
        "later": later,
        "facts": _facts(earlier, later),
        "changes": _changes(earlier, later),
    }


def _ask_order(earlier: Moment, later: Moment) -> None:
    if earlier.log_index > later.log_index:
        raise Refused("moments_reversed", "The earlier moment comes first")


def _facts(earlier: Moment, later: Moment) -> Iterator[Fact]:
    return itertools.starmap(_fact, moments.between(earlier, later))


def _changes(earlier: Moment, later: Moment) -> Iterator[Change]:
    for aggregate, stream_id in sorted(moments.moved_between(earlier, later)):
        if aggregate in projections:
            yield _change(projections[aggregate], stream_id, earlier, later)


def _fact(log_index: int, recorded: Recorded[Any]) -> Fact:
    return Fact(
        log_index=log_index,
        event_id=recorded.event_id,
        type=recorded.type,
        aggregate=recorded.aggregate,
        stream_id=recorded.stream_id,
        version=recorded.version,
        recorded_at=recorded.recorded_at,
        correlation_id=recorded.correlation_id,
        person_id=recorded.actor.person_id,
        command=recorded.command.name,
        edition=recorded.edition,
    )


def _change(projection: Projection, stream_id: UUID, earlier: Moment, later: Moment) -> Change:
    then, since = moments.load_at_both(projection.decider, stream_id, earlier, later)
    before, after = _row(projection, then), _row(projection, since)
    other = [name for name in after if before is None or before[name] != after[name]]
    return Change(
        kind=projection.decider.aggregate,
        id=stream_id,
        before=None if before is None else {name: before[name] for name in other},
        after={name: after[name] for name in other},
    )


def _row(projection: Projection, loaded: Loaded[Any]) -> Any:
    if not loaded.version:
        return None
    return derive(projection, loaded, span_of(loaded.recorded))


def _projection(kind: str) -> Projection:
    projection = projections.get(kind)
    if projection is None:
        known = ", ".join(sorted(projections))
        raise Refused("kind_unknown", f"There are no things called {kind}, but {known}")
    return projection
