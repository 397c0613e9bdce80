"""Replaying the whole log: every event folded into its aggregate, in log order."""

from typing import Final

from audits import reading
from benchmarks import journal, sample
from benchmarks.appending import side
from benchmarks.fleet import Fleet
from benchmarks.ground import Ground
from benchmarks.measures import Goal, Result, Size, compare
from benchmarks.peers import dicts, library
from benchmarks.reading import Walker, fastest_way
from benchmarks.sample import AGGREGATE, DECIDER, Account

VS_EVENTSOURCING: Final = "replay_vs_eventsourcing"
VS_UNTYPED: Final = "replay_vs_untyped_read"


class Replayer(Walker):
    """Folds the log into the state of every aggregate."""

    def run(self) -> int:
        """Fold it; return how many events the states have seen."""
        states = reading.fold_log({AGGREGATE: DECIDER}, limit=self._count)
        return sum(state.payments for state in states.values() if isinstance(state, Account))


def against_eventsourcing(base: Ground, size: Size, large: str) -> Result:
    """Compare folding the whole log with the library's folding of its own aggregates."""
    peer = base.socket(base.blank("replay_peer"))
    accounts = library.fill(peer, sample.SEED, size.streams, journal.STREAM_LENGTH)
    base.settle(peer.database)
    with (
        Fleet(Replayer, (base.variables(large),), 1) as ours,
        Fleet(library.Getter, (peer, accounts), 1) as theirs,
    ):
        return compare(
            Goal(VS_EVENTSOURCING, 5.0),
            side("reading.fold_log", ours, size.log_events),
            side("eventsourcing repository.get()", theirs, len(accounts)),
            size.pairs,
            notes={
                "events": size.log_events,
                "peer_events": len(accounts) * journal.STREAM_LENGTH,
                "events_a_stream": journal.STREAM_LENGTH,
            },
        )


def against_untyped_read(base: Ground, size: Size, large: str) -> Result:
    """Compare folding the whole log with merely reading it into untyped dicts."""
    way, tried = fastest_way(base, size, large)
    with (
        Fleet(Replayer, (base.variables(large),), 1) as ours,
        Fleet(dicts.Reader, (base.url(large), way), 1) as theirs,
    ):
        return compare(
            Goal(VS_UNTYPED, 0.5),
            side("reading.fold_log", ours, size.log_events),
            side(f"orjson by {way}, not folded", theirs, size.log_events),
            size.pairs,
            notes={"events": size.log_events, "peer_ways_tried": tried},
        )
