"""Leases kept alive: who works for long says so again and again, from a thread of its own.

A worker that is killed falls silent, and its work is begun anew as soon as any other's. One that hangs
has `AT_MOST`.
"""

import threading
from collections.abc import Iterator
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
"""No work takes longer, so whoever does is stuck."""
_RENEW: Final = """
    UPDATE audits_work_item SET lease_until = clock_timestamp() + %s
    WHERE id = %s AND status = 'leased' AND lease_token = %s
"""


@contextmanager
def keeping(item_id: UUID, token: UUID, *, lease: timedelta) -> Iterator[None]:
    """Renew a lease for as long as the block runs, and as nobody else took it over."""
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(item_id, token, lease, ended), daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()


def _beat(item_id: UUID, token: UUID, lease: timedelta, ended: threading.Event) -> None:
    pause = lease / BEATS_A_LEASE
    for _ in range(AT_MOST // pause):
        if ended.wait(pause.total_seconds()):
            return
        try:
            if not renew(item_id, token, lease=lease):
                return
        except Error:
            log.warning("work_item_lease_not_renewed", work_item=str(item_id), exc_info=True)
        finally:
            connections.close_all()


def renew(item_id: UUID, token: UUID, *, lease: timedelta) -> bool:
    """Let a lease last from now on; False: it is somebody else's, or the work is done."""
    values: list[Any] = [lease, item_id, token]
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, values)
        return bool(cursor.rowcount)
