"""Many deals at once: each goes on as soon as the service lets it."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from tests.trust.plays import STEPS, Play
from tests.trust.stubborn import NotYet

PAUSE_SECONDS: Final = 0.4
"""Between two looks at whether a process has done its part."""
PATIENCE_SECONDS: Final = 300.0
"""Ten leases: whoever was to do the work, somebody else has had the time to."""


class Stuck(AssertionError):
    """No deal goes on any more: something was lost."""


@dataclass
class Company:
    """Players who take up whichever deal can go on."""

    plays: Sequence[Play]
    share: Callable[[], float] = lambda: 1.0
    """Tells how many of the deals may be under way, 0 to 1."""
    players: int = 12
    _waiting: list[tuple[float, int, Play]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: threading.Event = field(default_factory=threading.Event)
    _order: Any = field(default_factory=itertools.count)
    _moved_at: float = 0.0

    def progress(self) -> float:
        """Tell which share of all steps is done, 0 to 1."""
        return sum(play.step for play in self.plays) / (len(self.plays) * len(STEPS))

    def has_ended(self) -> bool:
        """Tell whether all deals are over, or a player met what must not happen."""
        return self._failed.is_set() or all(play.is_over() for play in self.plays)

    def perform(self) -> None:
        """Play all deals to their end; raises what a player met, Stuck when nothing moves."""
        for play in self.plays:
            self._give(play, after_seconds=0.0)
        self._moved_at = time.monotonic()
        with ThreadPoolExecutor(self.players) as pool:
            for done in [pool.submit(self._play) for _ in range(self.players)]:
                done.result()

    def _play(self) -> None:
        try:
            while not self.has_ended():
                self._perform_next()
        except BaseException:
            self._failed.set()
            raise

    def _perform_next(self) -> None:
        play = self._take()
        if play is not None and play.number >= self.share() * len(self.plays):
            self._give(play, after_seconds=PAUSE_SECONDS)
            play = None
        if play is None:
            self._check_that_something_moves()
            time.sleep(PAUSE_SECONDS / 10)
            return
        try:
            play.advance()
        except NotYet:
            self._give(play, after_seconds=PAUSE_SECONDS)
        else:
            self._moved_at = time.monotonic()
            if not play.is_over():
                self._give(play, after_seconds=0.0)

    def _give(self, play: Play, *, after_seconds: float) -> None:
        with self._lock:
            due = time.monotonic() + after_seconds
            heapq.heappush(self._waiting, (due, next(self._order), play))

    def _take(self) -> Play | None:
        with self._lock:
            if self._waiting and self._waiting[0][0] <= time.monotonic():
                return heapq.heappop(self._waiting)[2]
            return None

    def _check_that_something_moves(self) -> None:
        if time.monotonic() < self._moved_at + PATIENCE_SECONDS:
            return
        stuck = [play for play in self.plays if not play.is_over()]
        lines = [f"{play.label} before {STEPS[play.step].__name__}: {play.ids}" for play in stuck]
        raise Stuck(f"{len(stuck)} deals do not go on: " + "; ".join(lines[:20]))
