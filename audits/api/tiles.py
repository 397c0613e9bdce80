"""The log's tree as C2SP tlog-tiles serves it: static answers that any tool for such logs reads.

Only what the newest checkpoint covers is served. Hashes are for everybody; entries, which hold the
events themselves, are for auditors.
"""

import struct
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import register_converter
from rest_framework.request import Request

from audits import proofs
from audits.api.feed import require_auditor
from audits.api.views import ApiView
from audits.execution import NotFound
from audits.sealing import tiles
from audits.statements import run

FOR_EVER: Final = "max-age=31536000, immutable"
"""A tile never changes (one year is the most that caches keep)."""
CHECKPOINT_SECONDS: Final = 5
BINARY: Final = "application/octet-stream"

_ENTRIES: Final = (
    "SELECT e.canonical FROM audits_log l JOIN audits_event e USING (event_id)"
    " WHERE l.log_index >= %b AND l.log_index < %b ORDER BY l.log_index"
)


class PositionConverter:
    """A tile's position and width: `x001/x234/067`, and `.p/12` behind it where it is not full."""

    regex = r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"

    def to_python(self, value: str) -> tuple[int, int]:
        """Read it; ValueError, which means 404, unless it is the one way to write it."""
        position, _, partial = value.partition(".p/")
        place = (
            int(position.replace("x", "").replace("/", "")),
            int(partial) if partial else tiles.WIDTH,
        )
        if self.to_url(place) != value or not 0 < place[1] <= tiles.WIDTH:
            raise ValueError(value)
        return place

    def to_url(self, value: tuple[int, int]) -> str:
        """Write it."""
        position, width = value
        groups = [f"{position % 1000:03}"]
        while position := position // 1000:
            groups.insert(0, f"x{position % 1000:03}")
        return "/".join(groups) + ("" if width == tiles.WIDTH else f".p/{width}")


register_converter(PositionConverter, "tile")


class PublicView(ApiView):
    """What needs no login; C2SP documents it, not our OpenAPI."""

    authentication_classes: Any = ()
    permission_classes: Any = ()
    schema = None  # type: ignore[assignment]  # how DRF leaves a view out of the document


class NoteView(PublicView):
    """`GET /tiles/checkpoint`."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Give the newest checkpoint."""
        return HttpResponse(
            proofs.note_of(proofs.newest()),
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": f"public, max-age={CHECKPOINT_SECONDS}"},
        )


class TileView(PublicView):
    """`GET /tiles/tile/{level}/{position}[.p/{width}]`."""

    def get(self, _request: HttpRequest, **path: Any) -> HttpResponse:
        """Give the hashes of a tile."""
        position, width = path["place"]
        size = _covering(path["level"], position, width)
        with proofs.whole_tree():
            found = tiles.read_tile(path["level"], position, size)[:width]
        return _static(b"".join(found), "public")


class EntriesView(ApiView):
    """`GET /tiles/tile/entries/{position}[.p/{width}]`."""

    schema = None  # type: ignore[assignment]  # how DRF leaves a view out of the document

    def get(self, request: Request, **path: Any) -> HttpResponse:
        """Give the canonical bytes of events, each behind its length as two bytes."""
        require_auditor(request)
        position, width = path["place"]
        _covering(0, position, width)
        start = position * tiles.WIDTH
        rows = run(_ENTRIES, [start, start + width]).fetchall()
        if len(rows) != width:  # never to be cached for ever
            raise proofs.log_changed(f"{width - len(rows)} of {width} events")
        return _static(b"".join(struct.pack(">H", len(row[0])) + row[0] for row in rows), "private")


def _covering(level: int, position: int, width: int) -> int:
    """Give the size of the newest checkpoint; NotFound unless it covers so much of the tile."""
    size = proofs.newest().size
    if position * tiles.WIDTH + width > size >> tiles.HEIGHT * level:
        raise NotFound(f"tile {level}/{position}")
    return size


def _static(content: bytes, scope: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=BINARY, headers={"Cache-Control": f"{scope}, {FOR_EVER}"}
    )
