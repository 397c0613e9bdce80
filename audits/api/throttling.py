"""How often one person may ask for the past, which is read from the log and not from rows of today."""

from typing import Any, Final

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

ASKS_FOR_PAST: Final = frozenset({"as_of", "log_index"})
"""Query parameters that make an answer one about the past."""


class PastThrottle(SimpleRateThrottle):
    """Bounds how much of everybody's time one person can take. Counted per web process."""

    scope = "past"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Count by person: all questions about the past together, from wherever they come."""
        del view
        return f"throttle-past-{request.user.pk}"


def throttles(request: Request, *, reads_log: bool) -> list[Any]:
    """Give the throttles of a request; reads_log: whether its answer always comes from the log."""
    asks = reads_log or not ASKS_FOR_PAST.isdisjoint(request.GET)
    return [PastThrottle()] if asks else []
