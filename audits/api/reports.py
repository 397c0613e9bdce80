"""`GET /audits/report`: the standing report of a quarter, for officers and auditors."""

from typing import Annotated

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits import context as minting
from audits.api import bodies, operations
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, actor_of, respond
from audits.findings import WATCH, reports
from audits.findings.reports import QUARTER, QuarterReport
from audits.kernel import NotPermitted, Value

Quarter = Annotated[
    str,
    msgspec.Meta(
        pattern=QUARTER.replace("?P<year>", "").replace("?P<number>", ""),
        max_length=6,
        description="Year and quarter, UTC, such as `2026Q4`; by default the present one.",
        examples=["2026Q4"],
    ),
]


class ReportQuery(Value):
    """Query parameters of the report."""

    quarter: Quarter | None = None


class ReportView(ApiView):
    """Shows the report."""

    def describe_get(self) -> Operation:
        """Describe the report."""
        content = {bodies.JSON: {"schema": Of(QuarterReport)}}
        return Operation(
            operation_id="show_quarter_report",
            tag="findings",
            summary="Show the standing report of a quarter",
            description=(
                "What audits found, what became of it and which writes stopped, added up from"
                f" events as they stood when the quarter ended.\n\nFor: {', '.join(sorted(WATCH))}."
            ),
            parameters=operations.query_parameters(ReportQuery),
            responses={200: {"description": "The report.", "content": content}},
            problems=(*operations.LISTING, 403, 409),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show the report."""
        role = actor_of(request).role
        if role not in WATCH:
            raise NotPermitted("role_not_permitted", f"The report is not for the role {role.value}")
        asked = bodies.query(request.GET, ReportQuery)
        now = minting.database_now()
        found = reports.report(asked.quarter or reports.quarter_of(now), now)
        return respond(msgspec.to_builtins(found))
