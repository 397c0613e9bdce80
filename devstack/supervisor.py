"""Start again what has ended by itself: at once, then ever more slowly."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
# Having lived this long, the next end counts as a first one again.
STEADY_SECONDS = 30.0


class Part(Protocol):
    """Something that runs, may end, and can be started again."""

    def start(self) -> object:
        """Start it, unless it runs."""

    def kill(self) -> None:
        """End it as a crash would."""

    def is_running(self) -> bool:
        """Tell whether it runs."""


@dataclass
class _Watched:
    part: Part
    pause_seconds: float
    started_at: float
    restarts: int = 0
    held: bool = False


class Supervisor:
    """One thread that looks after named parts."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._stopping = threading.Event()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def watch(self, name: str, part: Part) -> None:
        """Look after `part`, which runs."""
        with self._lock:
            self._watched[name] = _Watched(part, FIRST_PAUSE_SECONDS, time.monotonic())

    def part(self, name: str) -> Part:
        """Return a watched part."""
        return self._watched[name].part

    def restarts(self, name: str) -> int:
        """Return how often a part was started again."""
        return self._watched[name].restarts

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._look, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cease to look; what runs goes on."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Leave a part alone meanwhile, and start it afterwards if it has ended."""
        watched = self._watched[name]
        with self._lock:
            watched.held = True
        try:
            yield
        finally:
            with self._lock:
                watched.held = False
            watched.part.start()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            with self._lock:
                watched = list(self._watched.values())
            for each in watched:
                self._tend(each)

    def _tend(self, watched: _Watched) -> None:
        """Start an ended part when its pause is over."""
        now = time.monotonic()
        with self._lock:
            if watched.held or watched.part.is_running():
                return
            lived_seconds = now - watched.started_at
            if lived_seconds > STEADY_SECONDS:
                watched.pause_seconds = FIRST_PAUSE_SECONDS
            if lived_seconds < watched.pause_seconds:
                return
            watched.pause_seconds = min(2 * watched.pause_seconds, LONGEST_PAUSE_SECONDS)
            watched.restarts += 1
            try:
                watched.part.start()
            except (OSError, RuntimeError):  # it is tried again after a longer pause
                logger.exception("A part of the stack did not start")
            watched.started_at = time.monotonic()  # afterwards: a start takes its time, too
