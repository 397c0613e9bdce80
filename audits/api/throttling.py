"""How much of the service questions about the past may take: they read the log, not rows of today.

Each person may ask so many a minute, and all together so many at once; both by web process.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from audits.api.problems import Rejected

ASKS_FOR_PAST: Final = frozenset({"as_of", "log_index"})
"""Query parameters that make an answer one about the past."""
READERS_AT_ONCE: Final = 4
"""Half of the threads of a web process (config/gunicorn.py): the others serve what is of today."""
RETRY_AFTER_SECONDS: Final = 1
_places: Final = BoundedSemaphore(READERS_AT_ONCE)


class PastThrottle(SimpleRateThrottle):
    """Bounds how much of everybody's time one person can take. Counted per web process."""

    scope = "past"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Count by person: all questions about the past together, from wherever they come."""
        del view
        return f"throttle-past-{request.user.pk}"


def asks_for_past(request: Request) -> bool:
    """Tell whether the parameters of a request ask for the past."""
    return not ASKS_FOR_PAST.isdisjoint(request.GET)


@contextmanager
def bounded(request: Any, view: Any) -> Iterator[None]:
    """Read the log for a page as the API does: Rejected with 429 for too many, 503 for too many at once."""
    throttle = PastThrottle()
    if not throttle.allow_request(request, view):
        seconds = math.ceil(throttle.wait() or RETRY_AFTER_SECONDS)
        detail = f"Too many questions about the past; the next is answered in {seconds} seconds"
        raise Rejected(429, "throttled", detail, headers={"Retry-After": str(seconds)})
    with reading_log():
        yield


@contextmanager
def reading_log() -> Iterator[None]:
    """Take one of the places for reading the log; Rejected with 503 where none is free."""
    if not _places.acquire(blocking=False):
        raise Rejected(
            503,
            "busy",
            "Too many read the log at the moment; sending the same again is safe",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    try:
        yield
    finally:
        _places.release()
