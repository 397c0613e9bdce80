"""Folding whole streams to state, and the library's typed reading of the same events."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import psycopg

from audits import reading
from benchmarks import ground, journal, sample
from benchmarks.appending import side
from benchmarks.fleet import Fleet
from benchmarks.ground import Ground
from benchmarks.measures import Goal, Result, Size, compare
from benchmarks.peers import library
from benchmarks.reading import Walker
from benchmarks.sample import DECIDER

FIRST_EVENTS: Final = "SELECT stream_id FROM audits_event WHERE version = 1 ORDER BY stream_id"


class Folder:
    """Loads whole streams of Tollgate's journal."""

    def __init__(self, variables: Mapping[str, str], ids: list[UUID], _number: int) -> None:
        ground.adopt(variables)
        sample.register()
        self._ids = ids

    def prepare(self, count: int) -> None:
        """Choose the first `count` streams."""
        self._chosen = self._ids[:count]

    def run(self) -> int:
        """Fold each stream from its events; return how many events that were."""
        return sum(self._payments(stream_id) for stream_id in self._chosen)

    def _payments(self, stream_id: UUID) -> int:
        return reading.load(DECIDER, stream_id).state.payments


def against_eventsourcing(base: Ground, size: Size) -> tuple[Result, Result]:
    """Compare folding streams of 100 events, and reading all of them in order, typed."""
    ours = journal.load(base, "fold_ours", size.streams * journal.STREAM_LENGTH)
    with psycopg.connect(base.url(ours)) as connection:
        ids = [stream_id for (stream_id,) in connection.execute(FIRST_EVENTS)]
    peer = base.socket(base.blank("fold_peer"))
    accounts = library.fill(peer, sample.SEED, len(ids), journal.STREAM_LENGTH)
    base.settle(peer.database)
    return (
        _fold(base.variables(ours), ids, (peer, accounts), size),
        _read(base.variables(ours), peer, size),
    )


def _fold(
    variables: Mapping[str, str],
    ids: list[UUID],
    peer: tuple[ground.Socket, list[UUID]],
    size: Size,
) -> Result:
    with (
        Fleet(Folder, (variables, ids), 1) as ours,
        Fleet(library.Getter, peer, 1) as theirs,
    ):
        return compare(
            Goal("fold_vs_eventsourcing", 5.0),
            side("reading.load", ours, len(ids)),
            side("eventsourcing repository.get()", theirs, len(ids)),
            size.pairs,
            notes={"streams": len(ids), "events_a_stream": journal.STREAM_LENGTH},
        )


def _read(variables: Mapping[str, str], peer: ground.Socket, size: Size) -> Result:
    events = size.streams * journal.STREAM_LENGTH
    with Fleet(Walker, (variables,), 1) as ours, Fleet(library.Reader, (peer,), 1) as theirs:
        return compare(
            Goal("read_typed_vs_eventsourcing", None),
            side("reading.walk_log", ours, events),
            side("eventsourcing notification log", theirs, events),
            size.pairs,
            notes={"events": events},
        )
