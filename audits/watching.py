"""Loops that work until they are told to stop, and outlast restarts of the database."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger(__name__)

AWAY_SECONDS: Final = 1.0
"""How long to wait before the database is tried again after it was away."""


def watch(step: Callable[[], int], *, interval_seconds: float) -> None:
    """Call `step` until SIGTERM or SIGINT; pause while it returns 0. Main thread only.

    A step that has begun is finished. A database that is away is logged and tried again.
    """
    with _stop_signal() as stop:
        while not stop.is_set():
            try:
                found = step()
            except (OperationalError, InterfaceError) as error:
                log.warning("database_away", error=str(error))
                connection.close()
                stop.wait(AWAY_SECONDS)
                continue
            if not found:
                stop.wait(interval_seconds)


@contextmanager
def _stop_signal() -> Iterator[Event]:
    """Give an event that a signal sets; the earlier handlers come back afterwards."""
    stop = Event()

    def ask_to_stop(_number: int, _frame: Any) -> None:
        stop.set()

    earlier = {
        number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
