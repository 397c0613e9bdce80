"""The log's tree as C2SP tlog-tiles serves it: static answers that any tool for such logs reads.

Only what the newest checkpoint covers is served. Hashes are for everybody; entries, which hold the
events themselves, are for auditors.
"""

import hashlib
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import register_converter
from django.urls.converters import IntConverter
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from audits.api.feed import require_auditor
from audits.api.views import ApiView
from audits.proofs.served import served
from audits.sealing.files import ENTRIES, Place
from audits.sealing.tiles import name_of, parse_name

FOR_EVER: Final = "max-age=31536000, immutable"
"""A tile never changes (one year is the most that caches keep)."""
CHECKPOINT_SECONDS: Final = 5
BINARY: Final = "application/octet-stream"


class PositionConverter:
    """A tile's position and width: `x001/x234/067`, and `.p/12` behind it where it is not full."""

    regex = r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"

    def to_python(self, value: str) -> tuple[int, int]:
        """Read it; ValueError, which means 404, unless it is the one way to write it."""
        return parse_name(value)

    def to_url(self, value: tuple[int, int]) -> str:
        """Write it."""
        return name_of(*value)


class LevelConverter(IntConverter):
    """A tile's level, in the one way to write it."""

    regex = "0|[1-9][0-9]?"


register_converter(PositionConverter, "tile")
register_converter(LevelConverter, "level")


class PublicView(ApiView):
    """What needs no login; C2SP documents it, not our OpenAPI."""

    authentication_classes: Any = ()
    permission_classes: Any = ()
    schema = None  # type: ignore[assignment]  # how DRF leaves a view out of the document


class NoteView(PublicView):
    """`GET /tiles/checkpoint`."""

    def get(self, request: Request) -> HttpResponseBase:
        """Give the newest checkpoint."""
        answer = HttpResponse(
            served().checkpoint(),
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": f"public, max-age={CHECKPOINT_SECONDS}"},
        )
        return _tagged(request, answer)


class TileView(PublicView):
    """`GET /tiles/tile/{level}/{position}[.p/{width}]`."""

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        """Give the hashes of a tile."""
        return _static(request, Place(str(path["level"]), *path["place"]), "public")


class EntriesView(ApiView):
    """`GET /tiles/tile/entries/{position}[.p/{width}]`."""

    schema = None  # type: ignore[assignment]  # how DRF leaves a view out of the document

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        """Give the canonical bytes of events, each behind its length as two bytes."""
        require_auditor(request)
        return _static(request, Place(ENTRIES, *path["place"]), "private")


def _static(request: Request, place: Place, scope: str) -> HttpResponseBase:
    answer = HttpResponse(
        served().tile(place),
        content_type=BINARY,
        headers={"Cache-Control": f"{scope}, {FOR_EVER}"},
    )
    return _tagged(request, answer)


def _tagged(request: Request, answer: HttpResponse) -> HttpResponseBase:
    """Tag an answer with the hash of its content; 304 to whoever has that."""
    tag = f'"{hashlib.sha256(answer.content).hexdigest()}"'
    answer["ETag"] = tag
    found = get_conditional_response(cast("HttpRequest", request), etag=tag, response=answer)
    return answer if found is None else found
