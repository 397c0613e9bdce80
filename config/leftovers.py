"""Reads what a refused request still sends, so that its connection serves the next one, too.

A refusal need not read the body. What is left of it stands before the next request on the
connection: gunicorn discards 64 KiB of it and otherwise hangs up, after an answer that promised to
keep the connection; the client's next request then has no answer at all.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from django.http import HttpRequest, HttpResponse, UnreadablePostError

READ_AT_MOST_BYTES: Final = 64 * 1024 * 1024
"""As much as the largest body has, a screening list; whoever sends more may well be hung up on."""
_CHUNK_BYTES: Final = 64 * 1024


class ReadLeftovers:
    """Middleware, outermost: whatever has answered, the body is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and discard what was not read of the request."""
        response = self._get_response(request)
        left = READ_AT_MOST_BYTES
        # Whoever hung up meanwhile sends no next request.
        with suppress(UnreadablePostError):
            # Django reads no further than what was announced.
            while left > 0 and (chunk := request.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
        return response
