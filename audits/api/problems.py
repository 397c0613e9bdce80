"""Problem documents (RFC 9457), and what can be wrong with a request itself."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from django.http import HttpResponse

from audits import vault
from audits.kernel import Refused

CONTENT_TYPE: Final = "application/problem+json"
LONGEST_DETAIL: Final = 200
"""In characters; what of a pattern a person still reads."""
_AT: Final = re.compile(r" - at `(?P<path>\$.*)`$")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not carried out (RFC 9457). Further members may follow by code."""

    type: Annotated[str, msgspec.Meta(description="URI reference of the kind of problem.")]
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    code: Annotated[
        str,
        msgspec.Meta(
            description="Stable name of the kind of problem.", pattern="^[a-z][a-z0-9_]*$"
        ),
    ]
    detail: Annotated[str, msgspec.Meta(description="What is wrong this time, for people.")]
    citation: Annotated[
        str | None, msgspec.Meta(description="The rule that says no, such as `15 CFR 750.7`.")
    ] = None
    instance: Annotated[str, msgspec.Meta(description="Path of the request.")]
    errors: tuple["Fault", ...] | msgspec.UnsetType = msgspec.UNSET
    """What is wrong where in the request, when that can be said."""
    expected: int | msgspec.UnsetType = msgspec.UNSET
    """412: the version that `If-Match` names."""
    found: int | msgspec.UnsetType | None = msgspec.UNSET
    """412: the version that the thing has; null when somebody was writing at that moment."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request."""

    path: Annotated[
        str, msgspec.Meta(description="Where: a JSON path such as `$.items[0].quantity`.")
    ]
    detail: str


class Rejected(Exception):
    """The request itself is wrong, before any rule of the domain is asked."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status: Final = status
        self.code: Final = code
        self.detail: Final = detail
        self.faults: Final = () if path is None else (Fault(path=path, detail=detail),)
        self.headers: Final = dict(headers or {})


def fault_of(error: msgspec.ValidationError) -> Fault:
    """Take msgspec's message apart into place and reason."""
    message = str(error)
    found = _AT.search(message)
    path, detail = ("$", message) if found is None else (found["path"], message[: found.start()])
    if "matching regex" in detail and len(detail) > LONGEST_DETAIL:
        # A pattern of 250 countries explains nothing; its description does.
        detail = "Not of the form that /api/v1/schema/ explains for this field"
    return Fault(path=path, detail=detail)


def of_refusal(error: Refused, path: str) -> Problem:
    """Make the problem of a refusal; `path` is that of the request."""
    return Problem(
        type=type_of(error.code),
        title=title_of(error.code),
        status=409,
        code=error.code,
        detail=error.detail,
        citation=error.citation,
        instance=path,
    )


def type_of(code: str) -> str:
    """Name the kind of problem as a URI reference."""
    return f"/problems/{code}"


def title_of(code: str) -> str:
    """Spell a code as words; a kind of problem always has the same title."""
    return code.replace("_", " ").capitalize()


def answer(
    problem: Problem,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Make the HTTP answer; `extra` adds members but never replaces one of the problem's own."""
    body = msgspec.json.encode({**(extra or {}), **msgspec.to_builtins(problem)})
    return HttpResponse(
        vault.revealed(body),
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers=dict(headers or {}),
    )
