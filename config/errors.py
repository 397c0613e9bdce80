"""Exceptions → HTTP, in one table: every answer that says no is a problem document (RFC 9457).

What the table does not name is a bug: it rises, is logged, and is answered 500 without internals.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import psycopg
import psycopg_pool
import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults
from rest_framework import exceptions as rest

from audits.api import problems
from audits.api.problems import Fault, Problem, Rejected
from audits.codec import CodecError
from audits.execution import CommandIdReused, NotFound
from audits.kernel import NotPermitted, Refused, WrongExpectedVersion
from audits.unreadable import StoredEventUnreadable

log = structlog.get_logger(__name__)

API_PREFIXES: Final = ("/api/", "/health/")
RETRY_AFTER_SECONDS: Final = 1
BUSY_STATUS: Final = 503
UNWRITABLE: Final = frozenset({"text_with_nul", "text_not_unicode", "integer_out_of_range"})
"""What a request may hold and canonical bytes may not (`audits.codec.canonical`)."""
BUSY: Final = frozenset(
    {
        "40001",  # serialization failure, again and again
        "40P01",  # deadlock, again and again
        "55P03",  # lock timeout
        "57014",  # statement timeout
        "53300",  # too many connections
        "57P01",  # the database is being stopped
        "57P02",
        "57P03",  # the database is starting
    }
)
"""SQLSTATEs that pass by themselves: the same request may succeed in a moment."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one exception comes to."""

    status: int
    code: str
    detail: str
    citation: str | None = None
    faults: tuple[Fault, ...] = ()
    extra: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}


_BUG: Final = Said(status=500, code="internal_error", detail="That is our mistake; it is logged")


def _refused(error: Refused) -> Said:
    return Said(
        status=409,
        code=error.code,
        detail=error.detail,
        citation=error.citation,
        extra=error.extra,
    )


def _not_permitted(error: NotPermitted) -> Said:
    return Said(status=403, code=error.code, detail=error.detail, citation=error.citation)


def _wrong_version(error: WrongExpectedVersion) -> Said:
    return Said(
        status=412,
        code="wrong_expected_version",
        detail="Somebody else wrote first: read the thing again and decide anew",
        extra={"expected": error.expected, "found": error.found},
    )


def _rejected(error: Rejected) -> Said:
    return Said(
        status=error.status,
        code=error.code,
        detail=error.detail,
        faults=error.faults,
        headers=error.headers,
    )


def _misshaped(error: msgspec.ValidationError) -> Said:
    fault = problems.fault_of(error)
    return Said(
        status=400,
        code="request_invalid",
        detail=f"{fault.detail} at {fault.path}",
        faults=(fault,),
    )


def _unwritable(error: CodecError) -> Said | None:
    """Answer 400 for what no record can hold; a codec that misses an event is a bug."""
    if error.code not in UNWRITABLE:
        return None
    return Said(status=400, code=error.code, detail=str(error))


def _unreadable(error: StoredEventUnreadable) -> Said:
    """Answer 500: whoever asks did nothing wrong, and whoever operates this has to look."""
    detail = f"{error}: that is no mistake of yours; it is logged, and `manage verify` says more"
    return Said(status=500, code=error.code, detail=detail)


def _key_reused(_error: CommandIdReused) -> Said:
    return Said(
        status=422,
        code="idempotency_key_reused",
        detail="The idempotency key was used before, for something else",
    )


def _not_found(_error: Exception) -> Said:
    return Said(
        status=404, code="not_found", detail="There is no such thing, or none that you may see"
    )


def _too_large(_error: Exception) -> Said:
    return Said(status=413, code="body_too_large", detail="That is more than can be recorded")


def _bad_request(_error: Exception) -> Said:
    return Said(status=400, code="request_malformed", detail="The request cannot be read")


def _by_rest_framework(error: rest.APIException) -> Said:
    headers: dict[str, str] = {}
    if scheme := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = scheme
    if (wait_seconds := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(wait_seconds)
    code = getattr(error.detail, "code", None) or error.default_code
    return Said(status=error.status_code, code=str(code), detail=str(error.detail), headers=headers)


def _busy(error: OperationalError | InterfaceError) -> Said | None:
    """Answer 503 for what passes by itself; anything else of the database is a bug."""
    cause = error.__cause__
    away = isinstance(cause, psycopg_pool.PoolTimeout | psycopg_pool.TooManyRequests)
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if not away and state is not None and state not in BUSY:
        return None
    return Said(
        status=BUSY_STATUS,
        code="busy",
        detail="Too busy at the moment; sending the same again is safe",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def _beyond_size(error: IntegrityError) -> Said | None:
    """Answer 413 for an event beyond the journal's size; any other broken constraint is a bug."""
    cause = error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    return _too_large(error) if name == "audits_event_size" else None


TABLE: Final[Mapping[type[Exception], Callable[[Any], Said | None]]] = {
    Refused: _refused,
    NotPermitted: _not_permitted,
    NotFound: _not_found,
    WrongExpectedVersion: _wrong_version,
    CommandIdReused: _key_reused,
    Rejected: _rejected,
    CodecError: _unwritable,
    StoredEventUnreadable: _unreadable,
    msgspec.ValidationError: _misshaped,
    Http404: _not_found,
    RequestDataTooBig: _too_large,
    SuspiciousOperation: _bad_request,
    BadRequest: _bad_request,
    rest.APIException: _by_rest_framework,
    OperationalError: _busy,
    InterfaceError: _busy,
    IntegrityError: _beyond_size,
}
"""The nearest class counts; None means: a bug after all."""


def said_of(error: Exception) -> Said | None:
    """Look an exception up; None if it is a bug."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind](error)
    return None


def answer(said: Said, path: str) -> HttpResponse:
    """Make the problem document; `path` is that of the request."""
    problem = Problem(
        type=problems.type_of(said.code),
        title=problems.title_of(said.code),
        status=said.status,
        code=said.code,
        detail=said.detail,
        citation=said.citation,
        instance=path,
        errors=said.faults or msgspec.UNSET,
    )
    return problems.answer(problem, extra=said.extra, headers=said.headers)


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer an exception of an API view; None lets a bug rise. REST_FRAMEWORK names this."""
    said = said_of(error)
    if isinstance(error, StoredEventUnreadable):
        log.error(error.code, path=context["request"].path, what=str(error))
    return None if said is None else answer(said, context["request"].path)


def _for_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIXES)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself cannot read (handler400)."""
    if _for_api(request):
        return answer(said_of(exception) or _bad_request(exception), request.path)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself forbids (handler403)."""
    if _for_api(request):
        said = Said(status=403, code="permission_denied", detail="That is not permitted")
        return answer(said, request.path)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address that does not exist (handler404)."""
    if _for_api(request):
        return answer(_not_found(exception), request.path)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what rose beside a view (handler500): as the table says, and otherwise as a bug.

    A read is noted after its view has answered, while the database may go away. Django has logged the
    error and is handling it still. Nothing is said of its insides.
    """
    error = sys.exc_info()[1]
    said = said_of(error) if isinstance(error, Exception) else None
    if _for_api(request):
        return answer(said or _BUG, request.path)
    if said is not None and said.status == BUSY_STATUS:
        page = render(request, "audits/away.html", status=said.status)
        for name, value in said.headers.items():
            page[name] = value
        return page
    return defaults.server_error(request)
