"""`GET /accesses/`: who was shown what, for auditors. Reading it is noted like any other read."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits.api import bodies, headers, operations
from audits.api.declaring import Moment, Paging
from audits.api.feed import require_auditor
from audits.api.pages import Cursor, seal, unseal
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, lookups, respond
from audits.kernel import Role
from audits.models import AccessRow

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


class AccessQuery(Paging):
    """Query parameters of the access log."""

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
                200: operations.page("Reads in the order of their numbers.", Of(AccessItem))
            },
            problems=(*operations.LISTING, 403),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show a page of it."""
        require_auditor(request)
        asked = bodies.query(request.GET, AccessQuery)
        after = 0
        if asked.cursor is not None:
            after = unseal(asked.cursor, ordering=ORDERING, keys=1).position()
        rows = AccessRow.objects.filter(id__gt=after, **lookups(asked)).order_by("id")
        found = list(rows[: asked.limit])
        items = [
            {name: getattr(row, name) for name in AccessItem.__struct_fields__} for row in found
        ]
        cursor = Cursor(ORDERING, "next", (str(found[-1].id),)) if found else None
        links = headers.link(request, {"next": seal(cursor) if cursor else None})
        return respond({"items": items}, extra_headers=links)
