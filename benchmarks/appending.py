"""Appending from several processes: one event a transaction, typed event in, receipt out."""

from collections.abc import Mapping
from typing import Final

from audits import context, store
from audits.context import SteadyClock
from benchmarks import ground, sample
from benchmarks.fleet import Fleet
from benchmarks.ground import Ground
from benchmarks.measures import Goal, Result, Side, Size, compare
from benchmarks.peers import bare, library
from benchmarks.sample import CAUSE, Asked

STREAM_LENGTH: Final = 10
"""Events a stream: nine of ten appends follow an event that the database must look for."""


class Appender:
    """One process that appends to Tollgate's journal."""

    def __init__(self, variables: Mapping[str, str], seed: int, number: int) -> None:
        ground.adopt(variables)
        sample.register()
        self._seed = seed + number
        self._asked: list[Asked] = []

    def prepare(self, count: int) -> None:
        """Make typed events, each with the context of a command of its own."""
        clock = SteadyClock.synchronized(context.database_now())
        self._asked = sample.asked(self._seed, count, STREAM_LENGTH, clock)

    def run(self) -> int:
        """Append, each event in a transaction of its own; count the receipts."""
        receipts = 0
        for draft, moment in self._asked:
            receipts += len(store.append(store.seal([draft], moment, CAUSE)))
        return receipts


def rate(fleet: Fleet, count: int) -> float:
    """Let a fleet do `count` pieces a process; return pieces per second, all together."""
    run = fleet.run(count)
    done: int = sum(run.results)
    return done / run.seconds


def side(name: str, fleet: Fleet, count: int) -> Side:
    """Make a fleet one side of a comparison."""
    return name, lambda: rate(fleet, count)


def against_bare_psycopg(base: Ground, size: Size) -> Result:
    """Compare with the same rows inserted by psycopg into a table that checks nothing."""
    journal = base.journal("append_bare_ours")
    peer = base.url(base.blank("append_bare_peer"))
    bare.create_table(peer)
    with (
        Fleet(Appender, (base.variables(journal), sample.SEED), size.processes) as ours,
        Fleet(bare.Inserter, (peer, sample.SEED, STREAM_LENGTH), size.processes) as theirs,
    ):
        return compare(
            Goal("append_vs_bare_psycopg", 0.6),
            side("store.append", ours, size.appends),
            side("psycopg INSERT", theirs, size.appends),
            size.pairs,
            notes={"processes": size.processes},
        )


def against_eventsourcing(base: Ground, size: Size) -> Result:
    """Compare with the library's `save()`, event by event."""
    journal = base.journal("append_library_ours")
    peer = base.socket(base.blank("append_library_peer"))
    library.application(peer, makes_tables=True).close()
    with (
        Fleet(Appender, (base.variables(journal), sample.SEED), size.processes) as ours,
        Fleet(library.Saver, (peer, sample.SEED, STREAM_LENGTH), size.processes) as theirs,
    ):
        return compare(
            Goal("append_vs_eventsourcing", 4.0),
            side("store.append", ours, size.appends),
            side("eventsourcing save()", theirs, size.saves),
            size.pairs,
            notes={"processes": size.processes},
        )


def full_against_empty(base: Ground, size: Size, full: str) -> Result:
    """Compare appending to the journal `full` with appending to an empty one."""
    empty = base.journal("append_empty")
    with (
        Fleet(Appender, (base.variables(full), sample.SEED), size.processes) as ours,
        Fleet(Appender, (base.variables(empty), sample.SEED), size.processes) as theirs,
    ):
        return compare(
            Goal("append_at_1m_vs_empty", 0.85),
            side(f"journal of {size.log_events:,} events", ours, size.appends),
            side("empty journal", theirs, size.appends),
            size.pairs,
            notes={"processes": size.processes},
        )
