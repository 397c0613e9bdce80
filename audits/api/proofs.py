"""Checkpoints and proofs of the log, for whoever checks us with tools of their own."""

from typing import Annotated, Any, Final

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits import proofs
from audits.api import bodies, headers, operations
from audits.api.declaring import Paging
from audits.api.feed import require_auditor
from audits.api.pages import Cursor, seal, unseal
from audits.api.schema import Json, Of, Operation
from audits.api.views import ApiView, respond
from audits.kernel import Value
from audits.models import CheckpointRow
from audits.proofs import CheckpointShown, ConsistencyProof, InclusionProof, Size

ORDERING: Final = "checkpoints"
_HASH: Final = "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_NOTE: Final = f"tollgate.example/log\n1048576\n{_HASH}\n\n— tollgate.example/log 3q2+7w==\n"
CHECKPOINT_EXAMPLE: Final[Json] = {
    "number": 8640,
    "size": 1_048_576,
    "root": _HASH,
    "signed_at": "2026-11-23T12:00:00Z",
    "cosigned_by": ["witness.example/w1"],
    "is_witnessed": True,
    "note": _NOTE,
}
INCLUSION_EXAMPLE: Final[Json] = {
    "event_id": "019ab0c4-3c00-7000-8000-000000000001",
    "log_index": 42,
    "leaf_hash": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "size": 1_048_576,
    "hashes": [_HASH],
    "note": _NOTE,
}
CONSISTENCY_EXAMPLE: Final[Json] = {
    "from_size": 524_288,
    "to_size": 1_048_576,
    "hashes": [_HASH],
    "from_note": _NOTE.replace("1048576", "524288"),
    "to_note": _NOTE,
}
_SIZE: Final[Json] = {
    "name": "size",
    "in": "path",
    "required": True,
    "description": "How many events the log had.",
    "schema": {"type": "integer", "minimum": 0},
}
_TILES: Final = (
    "Anybody may read `/tiles/checkpoint` and the tiles below `/tiles/tile/` without a login, as C2SP"
    " tlog-tiles has them; entries (`/tiles/tile/entries/`) are for auditors."
)


class InOne(Value):
    """Query parameters of a proof of inclusion."""

    size: Annotated[Size, msgspec.Meta(description="Of a checkpoint; by default the newest.")] | (
        None
    ) = None


Between: Final[Any] = msgspec.defstruct(  # `from` is no name that a class could have
    "Between",
    [
        ("from", Annotated[Size, msgspec.Meta(description="Size of the earlier checkpoint.")]),
        (
            "to",
            Annotated[Size, msgspec.Meta(description="Of the later one; by default the newest.")]
            | None,
            None,
        ),
    ],
    frozen=True,
    forbid_unknown_fields=True,
)
"""Query parameters of a proof of consistency."""


def _answer(description: str, shape: type, example: Json) -> Json:
    return {
        "description": description,
        "content": {bodies.JSON: {"schema": Of(shape), "example": example}},
    }


class InclusionView(ApiView):
    """`GET /events/{id}/proof`."""

    def describe_get(self) -> Operation:
        """Describe the proof of one event."""
        return Operation(
            operation_id="prove_event",
            tag="proofs",
            summary="Prove that an event is in the log",
            description="At most 20 hashes at a million events. For auditors.",
            parameters=operations.query_parameters(InOne),
            responses={200: _answer("The proof.", InclusionProof, INCLUSION_EXAMPLE)},
            problems=(400, 401, 403, 404, 409, 503),
        )

    def get(self, request: Request, **path: Any) -> HttpResponse:
        """Show the proof."""
        require_auditor(request)
        asked = bodies.query(request.GET, InOne)
        return respond(proofs.inclusion(path["id"], size=asked.size))


class ConsistencyView(ApiView):
    """`GET /proofs/consistency`."""

    def describe_get(self) -> Operation:
        """Describe the proof between two checkpoints."""
        return Operation(
            operation_id="prove_consistency",
            tag="proofs",
            summary="Prove that the log only grew from one checkpoint to another",
            description="At most 21 hashes at a million events.",
            parameters=operations.query_parameters(Between),
            responses={200: _answer("The proof.", ConsistencyProof, CONSISTENCY_EXAMPLE)},
            problems=(400, 401, 404, 409, 503),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show the proof."""
        asked = bodies.query(request.GET, Between)
        return respond(proofs.consistency(getattr(asked, "from"), asked.to))


class CheckpointsView(ApiView):
    """`GET /checkpoints/`."""

    def describe_get(self) -> Operation:
        """Describe the list."""
        answer = operations.page("Checkpoints in the order of signing.", Of(CheckpointShown))
        answer["content"][bodies.JSON]["example"] = {"items": [CHECKPOINT_EXAMPLE]}
        return Operation(
            operation_id="list_checkpoints",
            tag="proofs",
            summary="List what the log signed",
            description=f"Oldest first; the link of the last page goes on later. {_TILES}",
            parameters=operations.query_parameters(Paging),
            responses={200: answer},
            problems=operations.LISTING,
        )

    def get(self, request: Request) -> HttpResponse:
        """Show a page."""
        asked = bodies.query(request.GET, Paging)
        after = -1
        if asked.cursor is not None:
            after = unseal(asked.cursor, ordering=ORDERING, keys=1).position()
        rows = CheckpointRow.objects.filter(number__gt=after).order_by("number")[: asked.limit]
        items = [proofs.shown(row) for row in rows.prefetch_related("cosignatures")]
        cursor = Cursor(ORDERING, "next", (str(items[-1].number),)) if items else None
        links = headers.link(request, {"next": seal(cursor) if cursor else None})
        return respond({"items": items}, extra_headers=links)


class NewestCheckpointView(ApiView):
    """`GET /checkpoints/latest`."""

    def describe_get(self) -> Operation:
        """Describe the newest checkpoint."""
        return Operation(
            operation_id="show_latest_checkpoint",
            tag="proofs",
            summary="Show the newest checkpoint",
            description="Keep it somewhere that we cannot reach: it shows any later rewriting.",
            responses={200: _answer("The checkpoint.", CheckpointShown, CHECKPOINT_EXAMPLE)},
            problems=(401, 404, 503),
        )

    def get(self, _request: Request) -> HttpResponse:
        """Show the checkpoint."""
        return respond(proofs.shown(proofs.newest()))


class CheckpointView(ApiView):
    """`GET /checkpoints/{size}`."""

    def describe_get(self) -> Operation:
        """Describe one checkpoint."""
        return Operation(
            operation_id="show_checkpoint",
            tag="proofs",
            summary="Show the last checkpoint of a size",
            description="As the log was when it had so many events.",
            parameters=(_SIZE,),
            responses={200: _answer("The checkpoint.", CheckpointShown, CHECKPOINT_EXAMPLE)},
            problems=(401, 404, 503),
        )

    def get(self, _request: Request, **path: Any) -> HttpResponse:
        """Show the checkpoint."""
        return respond(proofs.shown(proofs.of_size(path["size"])))
