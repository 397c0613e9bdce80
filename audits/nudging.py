"""Wake-up hints: a Celery message that carries a work item's id. Losing one loses nothing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerAway

log = structlog.get_logger(__name__)

TASK: Final = "audits.run_work_item"
PAUSE_SECONDS: Final = 5.0
"""How long nobody tries the broker after it was found away: requests must not wait for it."""
MOST: Final = 50
"""More hints than this for one command would only be noise; the sweeper takes the rest."""


@dataclass(slots=True)
class _Breaker:
    open_until_seconds: float = 0.0

    def lets_through(self) -> bool:
        return time.monotonic() >= self.open_until_seconds

    def trip(self) -> None:
        self.open_until_seconds = time.monotonic() + PAUSE_SECONDS


_breaker: Final = _Breaker()


def nudge_after_commit(item_ids: Sequence[UUID]) -> None:
    """Hint at these items once the transaction around has committed."""
    hints = list(item_ids[:MOST])
    if hints:
        transaction.on_commit(lambda: nudge(hints))


def nudge(item_ids: Sequence[UUID]) -> None:
    """Send hints now. An absent broker is logged and then left alone for a while."""
    if not _breaker.lets_through():
        return
    try:
        for item_id in item_ids:
            current_app.send_task(TASK, args=[str(item_id)], ignore_result=True, retry=False)
    except (BrokerAway, OSError) as error:
        _breaker.trip()
        log.warning("broker_away", error=str(error), hints=len(item_ids))
