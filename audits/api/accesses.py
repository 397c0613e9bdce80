"""`GET /accesses/`: who was shown what, for auditors. Reading it is noted like any other read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits.api import bodies, headers, operations
from audits.api.declaring import Moment, PastPaging
from audits.api.feed import require_auditor
from audits.api.pages import Cursor, seal, unseal
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, asked_moment, fits, lookups, respond, standing
from audits.events import AccessesRecorded
from audits.kernel import Role
from audits.models import AccessRow
from audits.past import moments
from audits.replay import wire_names

ORDERING: Final = "access"


class AccessItem(msgspec.Struct, frozen=True, kw_only=True):
    """One read."""

    id: int
    """Reads are numbered in the order in which they were noted; numbers may be left out."""
    person_id: UUID
    organization_id: UUID
    role: Role
    path: str
    filters: str
    """What of the query is kept: `*` stands for whatever may be any text."""
    subject_id: UUID | None
    """The thing or event that was shown; null for a list."""
    correlation_id: UUID | None
    """The deal that it belongs to; null until the read is in the journal."""
    at: datetime
    event_id: UUID | None
    """The event that records it; null for a moment."""


class AccessQuery(PastPaging):
    """Query parameters of the access log; of the past are the reads that events had recorded."""

    person_id: UUID | None = None
    organization_id: UUID | None = None
    subject_id: UUID | None = None
    correlation_id: UUID | None = None
    at_from: Moment | None = None
    at_until: Moment | None = None


class AccessesView(ApiView):
    """Shows the access log, oldest first."""

    def describe_get(self) -> Operation:
        """Describe it."""
        return Operation(
            operation_id="list_accesses",
            tag="events",
            summary="Read who was shown what",
            description="For auditors. Reading this is noted, too.",
            parameters=operations.query_parameters(AccessQuery),
            responses={
                200: operations.page(
                    "Reads in the order of their numbers.", Of(AccessItem), operations.STANDING
                )
            },
            problems=(*operations.LISTING, 403, *operations.PAST),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show a page of it."""
        require_auditor(request)
        asked = bodies.query(request.GET, AccessQuery)
        after = 0
        if asked.cursor is not None:
            after = unseal(asked.cursor, ordering=ORDERING, keys=1).position()
        at = asked_moment(asked)
        filters = {"id__gte": after + 1, **lookups(asked)}
        if at is None:
            rows = AccessRow.objects.filter(**filters).order_by("id")[: asked.limit]
            items = [_item(row) for row in rows]
        else:
            items = _recorded(at, filters)[: asked.limit]
        cursor = Cursor(ORDERING, "next", (str(items[-1]["id"]),)) if items else None
        links = headers.link(request, {"next": seal(cursor) if cursor else None})
        return respond({"items": items, **standing(at)}, extra_headers=links)


def _item(read: Any, **further: Any) -> dict[str, Any]:
    """Show a read, of which some columns may be known from elsewhere."""
    columns = [name for name in AccessItem.__struct_fields__ if name not in further]
    return {name: getattr(read, name) for name in columns} | further


def _recorded(at: moments.Moment, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the reads that events had recorded, from the events alone."""
    found = [
        _item(access, id=access.access_id, event_id=recorded.event_id)
        for _, recorded in moments.kinds_at(wire_names([AccessesRecorded]), at)
        for access in recorded.data.accesses
    ]
    return sorted((row for row in found if fits(row, filters)), key=lambda row: int(row["id"]))
