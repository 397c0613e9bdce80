"""Loops that work until they are told to stop, and outlast restarts of the database."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

import structlog
from django.core.management.base import CommandParser
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger(__name__)

AWAY_SECONDS: Final = 1.0
"""How long to wait before the database is tried again after it was away."""


def add_watch_arguments(parser: CommandParser, *, interval_seconds: float) -> None:
    """Let a command take whether to stay, how often to look, and how to show that it is at work."""
    parser.add_argument("--watch", action="store_true", help="stay until SIGTERM or Ctrl-C")
    parser.add_argument("--heartbeat", type=Path, help="file that --watch touches while it works")
    parser.add_argument(
        "--interval",
        type=float,
        default=interval_seconds,
        metavar="SECONDS",
        help="pause of --watch while there is nothing to do (default: %(default)s)",
    )


def watch_as_asked(step: Callable[[], int], options: Mapping[str, Any]) -> None:
    """Watch with what a command was given."""
    watch(step, interval_seconds=options["interval"], heartbeat=options["heartbeat"])


def watch(
    step: Callable[[], int], *, interval_seconds: float, heartbeat: Path | None = None
) -> None:
    """Call `step` until SIGTERM or SIGINT; pause while it returns 0. Main thread only.

    A step that has begun is finished; after each, the file `heartbeat` is touched, for others to
    see that this one gets on. A database that is away is logged and tried again.
    """
    pause_seconds = 0.0
    with _signals() as asked:
        while not _comes(asked, within_seconds=pause_seconds):
            try:
                found = step()
            except (OperationalError, InterfaceError) as error:
                log.warning("database_away", error=str(error))
                connection.close()
                pause_seconds = AWAY_SECONDS
                continue
            if heartbeat is not None:
                heartbeat.touch()
            pause_seconds = 0.0 if found else interval_seconds


def _comes(asked: SimpleQueue[int], *, within_seconds: float) -> bool:
    try:
        asked.get(timeout=within_seconds)
    except Empty:
        return False
    return True


@contextmanager
def _signals() -> Iterator[SimpleQueue[int]]:
    """Give a queue of the signals that ask to stop; the earlier handlers come back afterwards.

    A queue of this kind may be put to while the same thread gets from it, unlike threading.Event.
    """
    asked: SimpleQueue[int] = SimpleQueue()

    def note(number: int, _frame: Any) -> None:
        asked.put(number)

    earlier = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
