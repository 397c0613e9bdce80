"""`GET /audits/counterfactual`: the same history under another edition."""

from typing import Annotated

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits import queries
from audits.api import bodies, operations
from audits.api.declaring import AsOfIndex, AsOfTime
from audits.api.feed import require_auditor
from audits.api.past import TAG
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, respond
from audits.kernel import Value
from audits.past import moments
from licenses.auditing.counterfactual import counterfactual
from licenses.auditing.outcomes import Counterfactual
from licenses.auditing.what_if import edition_to_try
from licenses.domain.policy.model import EditionName


class CounterfactualQuery(Value):
    """Query parameters: which edition, and up to when history is looked at."""

    edition: Annotated[
        EditionName,
        msgspec.Meta(description="Approved here, or shipped with the project."),
    ]
    as_of: AsOfTime | None = None
    log_index: AsOfIndex | None = None


class CounterfactualView(ApiView):
    """Judges history under another edition."""

    reads_log = True

    def describe_get(self) -> Operation:
        """Describe the answer."""
        content = {bodies.JSON: {"schema": Of(Counterfactual)}}
        [edition, *others] = operations.query_parameters(CounterfactualQuery)
        return Operation(
            operation_id="show_counterfactual",
            tag=TAG,
            summary="Judge history under another edition",
            description=(
                "For auditors. Which grants and shipments would have failed, which levies would"
                " have been others and which caps broken, with amounts. History stays as it was:"
                " each answer speaks of one decision alone. Nothing is recorded."
            ),
            parameters=({**edition, "required": True, "example": "rule-2026"}, *others),
            responses={200: {"description": "What differs.", "content": content}},
            problems=(*operations.LISTING, 403, *operations.PAST),
        )

    def get(self, request: Request) -> HttpResponse:
        """Judge."""
        require_auditor(request)
        asked = bodies.query(request.GET, CounterfactualQuery)
        with queries.snapshot():
            at = moments.moment(as_of=asked.as_of, log_index=asked.log_index)
            found = counterfactual(edition_to_try(asked.edition), at)
        return respond(bodies.to_wire(found), as_recorded=True)
