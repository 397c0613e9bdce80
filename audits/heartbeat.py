"""Leases kept alive: who works for long says so again and again, from a thread of its own.

A worker that is killed falls silent, and its work is begun anew as soon as any other's. One that hangs
has `AT_MOST`; how far it is (`Held.tell`) is kept with the work, for whoever goes on with it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import Error, connection, connections

log = structlog.get_logger(__name__)

BEATS_A_LEASE: Final = 3
"""One that is late or fails does not end a lease."""
AT_MOST: Final = timedelta(hours=2)
"""No work says nothing for longer, so whoever does is stuck."""
_RENEW: Final = """
    UPDATE audits_work_item
    SET lease_until = clock_timestamp() + %s, reached = coalesce(%s::jsonb, reached)
    WHERE id = %s AND status = 'leased' AND lease_token = %s
"""


class LeaseLost(Exception):
    """Somebody else took the work over: whoever goes on does so for nothing."""


class Held:
    """A lease that is kept for as long as work goes on."""

    def __init__(self) -> None:
        self._reached: str | None = None
        self._said = 0
        self._ended: Final = threading.Event()
        self._is_lost = False

    def tell(self, reached: str) -> None:
        """Say, as JSON, how far the work is; the next renewal keeps it. Raises LeaseLost."""
        if self._is_lost:
            raise LeaseLost
        self._reached, self._said = reached, self._said + 1

    def keep(
        self, item_id: UUID, token: UUID, *, lease: timedelta, alive: Callable[[], object]
    ) -> None:
        """Renew the lease until told to end, or until nothing was said for too long."""
        pause = lease / BEATS_A_LEASE
        said, left = self._said, AT_MOST // pause
        while left and not self._ended.wait(pause.total_seconds()):
            said, left = self._said, AT_MOST // pause if self._said > said else left - 1
            try:
                self._is_lost = not renew(item_id, token, lease=lease, reached=self._reached)
            except Error:
                log.warning("work_item_lease_not_renewed", work_item=str(item_id), exc_info=True)
            finally:
                connections.close_all()
            if self._is_lost:
                return
            alive()

    def end(self) -> None:
        """Let the lease be."""
        self._ended.set()


@contextmanager
def keeping(
    item_id: UUID, token: UUID, *, lease: timedelta, alive: Callable[[], object] = bool
) -> Iterator[Held]:
    """Renew a lease for as long as the block runs, and as nobody else took it over.

    alive: called after each renewal.
    """
    held = Held()
    values: dict[str, Any] = {"lease": lease, "alive": alive}
    beating = threading.Thread(target=held.keep, args=(item_id, token), kwargs=values, daemon=True)
    beating.start()
    try:
        yield held
    finally:
        held.end()
        beating.join()


def renew(item_id: UUID, token: UUID, *, lease: timedelta, reached: str | None = None) -> bool:
    """Let a lease last from now on; False: it is somebody else's, or the work is done."""
    values: list[Any] = [lease, reached, item_id, token]
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, values)
        return bool(cursor.rowcount)
