"""Whoever breaks the stack while it works: kills, wiped and absent brokers, a crashed database."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import psutil
import psycopg
import redis

from audits.work import LEASE
from devstack.stack import SEALER, SEQUENCER, SIGNER, SWEEPER, VALKEY, WORKER, Stack

OUTAGE_SECONDS: Final = 5.5
AIM_SECONDS: Final = 5.0
"""How long a kill looks for work that it can interrupt."""
LOOK_SECONDS: Final = 0.06
"""Work that is in hand for so long is in the hands of somebody who stands still."""
PATIENCE_SECONDS: Final = 180.0
"""As long as a worker, or a sweeper, may take to come up again on a busy machine."""
AHEAD: Final = 4
"""So many faults' share of the load is under way, so that every fault meets work."""
BACKLOG: Final = 0.8
"""A fault waits until this part of the load of the faults before it is done."""
KILLS: Final = ("kill_all", "kill_first", "kill_helper")
"""A kill ends the worker's whole process group, its first process, or one of its helpers."""
DUE: Final = {
    "kill_all": 7,
    "kill_first": 6,
    "kill_helper": 7,
    "flush": 3,
    "outage": 1,
    "restart_database": 1,
    "kill_sweeper": 1,
    "kill_sequencer": 1,
    "kill_sealer": 1,
    "kill_signer": 1,
}
"""How often each fault strikes in one run."""
FRESH: Final = timedelta(seconds=1)
"""Work that was taken up longer ago is an orphan of an earlier kill."""
_IN_HAND: Final = """
    SELECT id FROM audits_work_item
    WHERE status = 'leased' AND lease_until > clock_timestamp() + %s
      AND lease_until <= clock_timestamp() + %s
"""
"""An audit that was cut off is held far longer than by a lease of usual length: nobody waits for it."""


def plan(seed: int) -> list[str]:
    """Put the faults into an order; the same for the same seed."""
    faults = [name for name, count in DUE.items() for _ in range(count)]
    random.Random(seed).shuffle(faults)  # noqa: S311 -- repeatable, not secret
    return faults


def _tell(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group; it may have ended by itself meanwhile."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


@dataclass
class Nemesis:
    """Strikes one fault after the other as the load goes on."""

    stack: Stack
    faults: Sequence[str]
    struck: list[str] = field(default_factory=list)
    """What was done, and how many work items a kill interrupted."""

    def share(self) -> float:
        """Tell how much of the load may be under way: a little more with every fault, 0 to 1."""
        return min(1.0, (len(self.struck) + AHEAD) / len(self.faults))

    @contextmanager
    def at_work(self, progress: Callable[[], float], ended: Callable[[], bool]) -> Iterator[None]:
        """Strike all faults while the load inside goes on; raises if it ended before the last."""
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(self._work, progress, ended)
            yield
            working.result()
        assert len(self.struck) == len(self.faults), f"the load ended early: {self.struck}"

    def _work(self, progress: Callable[[], float], ended: Callable[[], bool]) -> None:
        for place, fault in enumerate(self.faults):
            while progress() < BACKLOG * place / len(self.faults):
                if ended():
                    return
                time.sleep(0.02)
            interrupted = getattr(self, fault)()
            self.struck.append(fault if interrupted is None else f"{fault}/{interrupted}")

    # -- The worker --------------------------------------------------------------------------

    def kill_all(self) -> int:
        """End the worker and its helpers; as by a service manager, it is started at once."""
        with self._standing_still() as interrupted:
            self.stack.kill_worker(whole_group=True)
        self.stack.children[WORKER].start()
        return interrupted

    def kill_first(self) -> int:
        """End the worker's first process; its helpers notice in their own time."""
        with self._standing_still() as interrupted:
            self.stack.kill_worker()
        self.stack.children[WORKER].start()
        return interrupted

    def kill_helper(self) -> int:
        """End one helper; the worker replaces it."""
        with self._standing_still() as interrupted:
            for helper in self._helpers()[:1]:
                with suppress(psutil.NoSuchProcess):
                    helper.kill()
        return interrupted

    @contextmanager
    def _standing_still(self) -> Iterator[int]:
        """Hold the worker in the middle of its work, if any comes in time; give how much."""
        time.sleep(FRESH.total_seconds())
        self._wait_for_helpers()
        group = self.stack.worker_pid
        with self._sweeper_aside():
            end = time.monotonic() + AIM_SECONDS
            interrupted = self._hold(group)
            while not interrupted and time.monotonic() < end:
                _tell(group, signal.SIGCONT)
                time.sleep(LOOK_SECONDS)
                interrupted = self._hold(group)
        try:
            yield interrupted
        finally:
            _tell(group, signal.SIGCONT)

    @contextmanager
    def _sweeper_aside(self) -> Iterator[None]:
        """Keep the sweeper from doing the worker's work, without anything in its hands."""
        child = self.stack.children[SWEEPER]
        _wait_until(child.is_running, "the sweeper does not run")
        sweeper = child.pid  # the first of a group of its own
        end = time.monotonic() + AIM_SECONDS
        _tell(sweeper, signal.SIGSTOP)
        try:
            # A busy worker has something in hand all the time: then it is not the sweeper's.
            while self._held_for_a_while() and time.monotonic() < end:
                _tell(sweeper, signal.SIGCONT)
                time.sleep(LOOK_SECONDS)
                _tell(sweeper, signal.SIGSTOP)
            yield
        finally:
            _tell(sweeper, signal.SIGCONT)

    def _hold(self, group: int) -> int:
        """Stop a process group; tell how many work items are then in its hands."""
        _tell(group, signal.SIGSTOP)
        return self._held_for_a_while()

    def _held_for_a_while(self) -> int:
        """Count the work that somebody holds and does not finish."""
        before = self._in_hand()
        time.sleep(LOOK_SECONDS)
        return len(before & self._in_hand())

    def _in_hand(self) -> set[UUID]:
        address = self.stack.environment("tollgate_auditor")["DATABASE_URL"]
        values = [LEASE - FRESH, LEASE]
        with psycopg.connect(address) as connection:
            return {item_id for (item_id,) in connection.execute(_IN_HAND, values).fetchall()}

    def _helpers(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.stack.worker_pid).children()
        return []

    def _wait_for_helpers(self) -> None:
        _wait_until(lambda: bool(self._helpers()), "the worker has no helpers")

    # -- Everything else ---------------------------------------------------------------------

    def kill_sweeper(self) -> None:
        """End the sweeper; the supervisor starts it again."""
        self.stack.children[SWEEPER].kill()

    def kill_sequencer(self) -> None:
        """End the sequencer; the supervisor starts it again."""
        self.stack.children[SEQUENCER].kill()

    def kill_sealer(self) -> None:
        """End the sealer; the supervisor starts it again."""
        self.stack.children[SEALER].kill()

    def kill_signer(self) -> None:
        """End the signer; the supervisor starts it again."""
        self.stack.children[SIGNER].kill()

    def flush(self) -> None:
        """Forget every message."""
        with redis.Redis.from_url(self.stack.redis_url()) as broker:
            broker.flushall()

    def outage(self) -> None:
        """Take the broker away for a while."""
        with self.stack.outage(VALKEY):
            time.sleep(OUTAGE_SECONDS)

    def restart_database(self) -> None:
        """Crash the database; it recovers from its write-ahead log."""
        assert self.stack.postgres is not None
        self.stack.postgres.restart_immediate()
