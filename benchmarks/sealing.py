"""What sealing costs those who append, and how far it lags behind them."""

import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
import psycopg

from audits import context, store
from audits.context import SteadyClock
from benchmarks import ground, sample
from benchmarks.appending import STREAM_LENGTH, Appender, rate
from benchmarks.fleet import Fleet
from benchmarks.ground import WEB, Ground
from benchmarks.measures import Ceiling, Goal, Result, Size, compare
from benchmarks.sample import CAUSE, Asked
from devstack import commands, environment, paths
from devstack.provision import OWNER
from devstack.servers import SUPERUSER

SEALER: Final = "tollgate_sealer"
SIGNER: Final = "nobody"
EVENTS_PER_S: Final = 200
LAG_LIMIT_S: Final = 2.0
POLL_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 300.0
_STATE: Final = """
    SELECT (SELECT count(*) FROM audits_event), coalesce((SELECT size FROM audits_frontier), 0),
           clock_timestamp()
"""
_RECORDED: Final = """
    SELECT e.recorded_at FROM audits_log JOIN audits_event e USING (event_id)
    WHERE log_index >= %s ORDER BY log_index
"""


@dataclass(frozen=True, slots=True)
class Office:
    """The processes that seal one database, and a look at how far they are."""

    sealer: "subprocess.Popen[bytes]"
    session: psycopg.Connection

    def go_on(self) -> None:
        """Let the sealer work, and wait until nothing is left to do."""
        self.sealer.send_signal(signal.SIGCONT)
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._is_done():
            if time.monotonic() > end or self.sealer.poll() is not None:
                raise RuntimeError("the sealer does not get on")
            time.sleep(POLL_SECONDS)

    def pause(self) -> None:
        """Hold the sealer where it is."""
        self.sealer.send_signal(signal.SIGSTOP)

    def look(self) -> tuple[int, int, datetime]:
        """Count events and leaves, and read the database's clock."""
        row = self.session.execute(_STATE).fetchone()
        assert row is not None  # noqa: S101 -- a SELECT without FROM has one row
        return row

    def _is_done(self) -> bool:
        events, leaves, _ = self.look()
        return events == leaves


@contextmanager
def sealing(base: Ground, database: str) -> Iterator[Office]:
    """Run sequencer, signer and sealer on a database, as the stack does."""
    manage(base, database, OWNER, "manage", "signing_key", "begin").wait()
    running = [
        manage(base, database, SEALER, *commands.SEQUENCER),
        manage(base, database, SIGNER, *commands.SIGNER),
        manage(base, database, SEALER, *commands.SEALER),
    ]
    try:
        with psycopg.connect(base.url(database, SUPERUSER), autocommit=True) as session:
            yield Office(running[-1], session)
    finally:
        for process in running:
            process.kill()
            process.wait()


def manage(
    base: Ground, database: str, role: str, *command: str, output: int = subprocess.DEVNULL
) -> "subprocess.Popen[bytes]":
    """Start one of our programs as a role; output: where its answer goes."""
    variables = base.variables(database, SEALER if role == SIGNER else role)
    office = paths.private_directory(base.state / database)  # a signer serves one log
    return subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", *command],
        cwd=paths.ROOT,
        env=variables | environment.sealing(office, role),
        stdout=output,
        stderr=subprocess.DEVNULL,
    )


def overhead(base: Ground, size: Size) -> Result:
    """Compare appending while everything is sealed with appending while the sealer rests."""
    database = base.journal("seal_overhead")
    variables = base.variables(database)
    with (
        sealing(base, database) as office,
        Fleet(Appender, (variables, sample.SEED), size.processes) as fleet,
    ):

        def sealed() -> float:
            office.go_on()
            return rate(fleet, size.appends)

        def unsealed() -> float:
            office.go_on()
            office.pause()
            return rate(fleet, size.appends)

        return compare(
            Goal("seal_overhead", 0.85),
            ("sealer on", sealed),
            ("sealer off", unsealed),
            size.pairs,
            notes={
                "processes": size.processes,
                "both_sides": "the sequencer runs; what was appended is sealed before a run begins",
            },
        )


class Pacer:
    """One process that appends so many events a second and no more."""

    def __init__(self, variables: Mapping[str, str], seed: int, _number: int) -> None:
        ground.adopt(variables)
        sample.register()
        self._seed = seed
        self._asked: list[Asked] = []

    def prepare(self, count: int) -> None:
        """Make events whose time is set when they are appended."""
        self._clock = SteadyClock.synchronized(context.database_now())
        self._asked = sample.asked(self._seed, count, STREAM_LENGTH, self._clock)

    def run(self) -> int:
        """Append them at their pace."""
        begun = time.monotonic()
        for number, (draft, moment) in enumerate(self._asked):
            time.sleep(max(0.0, begun + number / EVENTS_PER_S - time.monotonic()))
            now = msgspec.structs.replace(moment, now=self._clock.now())
            store.append(store.seal([draft], now, CAUSE))
        return len(self._asked)


def lag(base: Ground, size: Size) -> Ceiling:
    """Measure how long after its record an event is a leaf of the stored tree."""
    database = base.journal("seal_lag")
    count = max(EVENTS_PER_S, 4 * size.appends)
    with (
        sealing(base, database) as office,
        Fleet(Pacer, (base.variables(database, WEB), sample.SEED), 1) as pacer,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        office.go_on()
        first = office.look()[1]
        appending = pool.submit(pacer.run, count)
        looks = [office.look()]
        while not appending.done() or looks[-1][1] < looks[-1][0]:
            time.sleep(POLL_SECONDS)
            looks.append(office.look())
        rows = office.session.execute(_RECORDED, [first]).fetchall()
    lags_s = sorted(_lags(first, [recorded_at for (recorded_at,) in rows], looks))
    return Ceiling(
        key="seal_lag_p99_s",
        unit="s",
        value=round(lags_s[int(0.99 * (len(lags_s) - 1))], 3),
        limit=LAG_LIMIT_S,
        met=lags_s[int(0.99 * (len(lags_s) - 1))] <= LAG_LIMIT_S,
        notes={
            "events": len(lags_s),
            "events_per_s": EVENTS_PER_S,
            "median_s": round(statistics.median(lags_s), 3),
            "highest_s": round(lags_s[-1], 3),
        },
    )


def _lags(
    first: int, recorded: list[datetime], looks: list[tuple[int, int, datetime]]
) -> Iterator[float]:
    """Give for each event how long after it the first look saw it in the tree."""
    waiting = iter(looks)
    _, leaves, seen_at = next(waiting)
    for index, recorded_at in enumerate(recorded, start=first):
        while leaves <= index:
            _, leaves, seen_at = next(waiting, (0, index + 1, seen_at))
        yield (seen_at - recorded_at).total_seconds()
