"""Every answer that shows something to somebody is noted before it is sent: pages and API alike."""

import base64
from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from audits import access
from audits.api import asked
from audits.models import Person
from audits.sealing import configured
from audits.sealing.note import sign

SHOWING: Final = ("GET", "HEAD")
OK: Final = 200


class AccessLog:
    """Middleware, innermost: the view has said by now who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note what is shown to whom; what cannot be noted is not shown."""
        response = self._get_response(request)
        if request.method in SHOWING and response.status_code == OK:
            person = _viewer(request)
            if person is not None:
                every = request.GET.lists()
                filters = asked.kept((name, value) for name, given in every for value in given)
                thing = _subject(request)
                access.note(person.actor(), request.path, thing, filters=filters, sign=_sign)
        return response


def _viewer(request: HttpRequest) -> Person | None:
    """Tell who was shown it; None where the view did not ask, and so showed nothing of anybody.

    Nobody is looked up here: the entry page answers even while the database is away.
    """
    user = request.__dict__.get("user")
    if type(user) is SimpleLazyObject:
        user = request.__dict__.get("_cached_user")
    return user if isinstance(user, Person) else None


def _sign(text: str) -> str:
    """Sign as the web does its receipts, as base64 of key id and signature."""
    signature = sign(text, configured.receipt_key())
    return base64.b64encode(signature.key_id + signature.content).decode()


def _subject(request: HttpRequest) -> UUID | None:
    """Tell which thing the address names."""
    match = request.resolver_match
    found = match.kwargs.get("id") if match else None
    return found if isinstance(found, UUID) else None
