"""`GET /audits/lineage/{id}`: where something comes from and what came of it."""

from typing import Any, Final, Literal
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from audits.api import bodies, operations
from audits.api.declaring import AsOfIndex, AsOfTime
from audits.api.feed import require_auditor
from audits.api.past import TAG
from audits.api.schema import Json, Of, Operation
from audits.api.views import ApiView
from audits.kernel import Value
from audits.lineage import Lineage, lineage
from audits.lineage.tool import FORMS
from audits.past import moments

TYPES: Final = {"json": bodies.JSON, "prov": "application/provenance+json", "svg": "image/svg+xml"}


class LineageQuery(Value):
    """Query parameters: in which form, which way, and as of when."""

    form: Literal["json", "prov", "svg"] = "json"
    direction: Literal["both", "back", "forward"] = "both"
    as_of: AsOfTime | None = None
    log_index: AsOfIndex | None = None


class LineageView(ApiView):
    """Traces an event, or the last event of a thing."""

    reads_log = True

    def describe_get(self) -> Operation:
        """Describe the answer."""
        content: Json = {
            bodies.JSON: {"schema": Of(Lineage)},
            TYPES["prov"]: {"schema": {"type": "object"}},
            TYPES["svg"]: {"schema": {"type": "string"}},
        }
        return Operation(
            operation_id="show_lineage",
            tag=TAG,
            summary="Trace where an event or a thing comes from and what came of it",
            description=(
                "For auditors. Along what decisions named as evidence, what set them off, and what"
                " each kind of event follows from: from a payment to the Treasury back to deposit,"
                " dispatch, certificate, approvals and screening. As JSON, as W3C PROV-JSON, or as"
                " a picture. Of more than 10,000 events it says so (`lineage_too_large`): begin nearer"
                " to what you look for, or ask as of an earlier moment."
            ),
            parameters=operations.query_parameters(LineageQuery),
            responses={200: {"description": "The lineage.", "content": content}},
            problems=(*operations.SEEING, 403, *operations.PAST),
        )

    def get(self, request: Request, **path: Any) -> HttpResponse:
        """Trace."""
        require_auditor(request)
        asked = bodies.query(request.GET, LineageQuery)
        at = moments.moment(as_of=asked.as_of, log_index=asked.log_index)
        subject: UUID = path["id"]
        found = lineage(subject, at, asked.direction)
        return HttpResponse(
            FORMS[asked.form](found),
            content_type=TYPES[asked.form],
            headers={"Cache-Control": "private, no-cache"},
        )
