"""A log of a few made-up events, and what lineage reads and looks up in it."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from audits.codec import CommandRef, Recorded
from audits.kernel import Event
from audits.lineage import Directions, Lineage, lineage, references, sources
from audits.lineage.references import Asked
from audits.lineage.sources import Entry
from audits.past import moments
from audits.past.moments import Moment
from tests.support.people import EXPORTER, NOON


class Made(Event):
    """Rests on nothing but its cause."""

    note: str = ""
    amount_cents: int = 7
    shipment_id: UUID | None = None


class Used(Event):
    """Rests on what the test's rule says."""


class Judged(Event):
    """Rests on what its verdicts name."""

    verdicts: tuple[Any, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """Names evidence."""

    evidence: tuple[UUID, ...]


HERE, THERE, ONE, OTHER = (UUID(int=number) for number in range(1, 5))
Log = list[Recorded[Any]]
START: Final = Moment(log_index=-1)


def event(number: int, stream: UUID, data: Event, *, cause: int | None = None) -> Recorded[Any]:
    """Make an event; ids fall as the log goes on, so that their order tells nothing of its order."""
    return Recorded(
        actor=EXPORTER,
        aggregate="toy",
        causation_id=None if cause is None else name(cause),
        command=CommandRef(fingerprint="0" * 64, id=name(number), name="Make", ordinal=0),
        correlation_id=stream,
        data=data,
        edition=None,
        event_id=name(number),
        on_behalf_of=None,
        recorded_at=NOON + timedelta(seconds=number),
        schema_version=1,
        stream_id=stream,
        type=type(data).__name__.lower(),
        version=1,
    )


def name(number: int) -> UUID:
    """Name an event by its place."""
    return UUID(int=1_000 - number)


def number_of(event_id: UUID) -> int:
    """Tell the place of an event from its name."""
    return 1_000 - event_id.int


def trace(log: Log, subject: UUID, directions: Directions, known_until: int) -> Lineage:
    """Trace in a log of the test's own, whose references are known as far as that index."""
    with pytest.MonkeyPatch.context() as patch:
        for each in (between, events, at_places, of_stream, place_of):
            patch.setattr(moments, each.__name__, partial(each, log))
        patch.setattr(references, "known_until", lambda: known_until)
        patch.setattr(references, "naming", partial(naming, log, known_until))
        return lineage(subject, Moment(log_index=len(log) - 1), directions)


def between(log: Log, earlier: Moment, later: Moment) -> list[Entry]:
    return list(enumerate(log))[earlier.log_index + 1 : later.log_index + 1]


def events(log: Log, event_ids: Iterable[UUID], at: Moment) -> list[Entry]:
    asked = set(event_ids)
    return [each for each in between(log, START, at) if each[1].event_id in asked]


def at_places(log: Log, log_indexes: Iterable[int]) -> list[Entry]:
    return [(place, log[place]) for place in log_indexes]


def naming(log: Log, known: int, asked: Iterable[Asked]) -> list[int]:
    """Look up what the log's references would hold, no further than they are known."""
    wanted = list(asked)
    assert all(each.until <= known for each in wanted)
    return [
        place
        for place, recorded in enumerate(log)
        for named in [sources.references_of(recorded)]
        if any(each.named in named and each.after < place <= each.until for each in wanted)
    ]


def of_stream(log: Log, stream_id: UUID, at: Moment) -> list[Entry]:
    return [each for each in between(log, START, at) if each[1].stream_id == stream_id]


def place_of(log: Log, subject: UUID, at: Moment) -> int | None:
    found = [*events(log, [subject], at), *of_stream(log, subject, at)]
    return found[-1][0] if found else None


def links(found: Lineage) -> set[tuple[int, int, str]]:
    return {(number_of(x.later), number_of(x.earlier), x.because) for x in found.links}
