"""Two transactions at once, in an order that the test decides."""

import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, connections, transaction

from tests.support.database import connect_as, on_own_connection

PATIENCE_SECONDS: Final = 120.0
WAITING: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
LEAVING: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid NOT IN (pg_backend_pid(), %s)
"""
"""Connections that were closed and that the server has yet to take leave of."""
DEADLOCKS: Final = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Race:
    """What became of the one that held its locks first, and of the one that came second."""

    first: Any
    second: Any
    """The value returned, or the exception raised."""
    waited: bool
    """Whether the second had to wait until the first had committed."""


def race(
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    meanwhile: Callable[[], Any] = lambda: None,
) -> Race:
    """Carry out `first`, and before it commits start `second`; let it wait, then commit.

    meanwhile: happens, and commits, while the second waits.
    """
    held, may_commit = threading.Event(), threading.Event()

    def hold() -> Any:
        with transaction.atomic():
            outcome = first()
            held.set()
            assert may_commit.wait(PATIENCE_SECONDS)
        return outcome

    with ThreadPoolExecutor(max_workers=2) as pool:
        one = pool.submit(_own(hold))
        while not held.wait(0.01) and not one.done():
            pass
        if one.done():
            return Race(one.exception(), None, waited=False)
        other = pool.submit(_own(second))
        waited = _is_waiting(other)
        meanwhile()
        may_commit.set()
        return Race(_outcome(one), _outcome(other), waited)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Start all at the same moment, each on a connection of its own; give results or exceptions."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        connections["default"].ensure_connection()
        start.wait(PATIENCE_SECONDS)
        return work()

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        futures = [pool.submit(_own(functools.partial(run, work))) for work in works]
        return [_outcome(future) for future in futures]


def deadlocks() -> int:
    """Count the deadlocks that the database has seen so far; nobody else may be connected.

    A connection adds its own when it ends, which the server does after the client has gone on.
    """
    [own] = _own_pid()
    end = time.monotonic() + PATIENCE_SECONDS
    with connect_as() as watcher:
        while watcher.execute(LEAVING, [own]).fetchall() != [(0,)]:
            assert time.monotonic() < end, "somebody is still connected"
            time.sleep(0.005)
        watcher.execute("SELECT pg_stat_force_next_flush()")
        row = watcher.execute(DEADLOCKS).fetchone()
    assert row is not None
    return int(row[0])


def _own_pid() -> tuple[int]:
    """Give the id of the server's process for the test's own connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found: tuple[int] = cursor.fetchone()
    return found


def _own(work: Callable[[], Any]) -> Callable[[], Any]:
    run = on_own_connection(lambda _nothing: work())
    return lambda: run(None)


def _is_waiting(other: "Future[Any]") -> bool:
    """Wait until the second waits for a lock, or has ended without."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connect_as() as watcher:
        while not other.done():
            row = watcher.execute(WAITING).fetchone()
            if row is not None and row[0]:
                return True
            assert time.monotonic() < deadline, "neither waits nor ends"
            time.sleep(0.005)
    return False


def _outcome(future: "Future[Any]") -> Any:
    error = future.exception()
    return future.result() if error is None else error
