"""What auditors ask about the past as a whole: the clocks that were set, and what lies between times."""

from datetime import datetime
from typing import Final

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits import past
from audits.api import bodies, operations
from audits.api.declaring import AsOfIndex, AsOfTime
from audits.api.feed import require_auditor
from audits.api.problems import Rejected
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, respond
from audits.kernel import Value
from audits.past import moments
from audits.past.moments import Moment

TAG: Final = "audits"
DIFFERENCES_AT_MOST: Final = 10_000
"""Events between the two moments of one answer, which is made in memory: some five megabytes."""


class AsOfQuery(Value):
    """Query parameters of an answer about the past; neither: the log as it is."""

    as_of: AsOfTime | None = None
    log_index: AsOfIndex | None = None


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """Every due time that had been set."""

    clocks: tuple[past.Clock, ...]
    stands_on: Moment


class ClocksView(ApiView):
    """`GET /audits/clocks`."""

    reads_log = True

    def describe_get(self) -> Operation:
        """Describe the clocks."""
        content = {bodies.JSON: {"schema": Of(Clocks)}}
        return Operation(
            operation_id="list_clocks",
            tag=TAG,
            summary="List every due time as it had been set",
            description=(
                "For auditors. Expiries, periods for payment and editions to come, with the event"
                " that set each. What came of it is an event of its own."
            ),
            parameters=operations.query_parameters(AsOfQuery),
            responses={200: {"description": "By due time.", "content": content}},
            problems=(*operations.LISTING, 403, *operations.PAST),
        )

    def get(self, request: Request) -> HttpResponse:
        """List the clocks."""
        require_auditor(request)
        asked = bodies.query(request.GET, AsOfQuery)
        at = moments.moment(as_of=asked.as_of, log_index=asked.log_index)
        return respond(Clocks(clocks=past.clocks_at(at), stands_on=at))


class DifferencesQuery(Value):
    """Query parameters of a difference: each end by its time or its log index."""

    from_time: AsOfTime | None = None
    from_index: AsOfIndex | None = None
    to_time: AsOfTime | None = None
    to_index: AsOfIndex | None = None


class DifferencesView(ApiView):
    """`GET /audits/differences`."""

    reads_log = True

    def describe_get(self) -> Operation:
        """Describe the differences."""
        content = {bodies.JSON: {"schema": Of(past.Differences)}}
        return Operation(
            operation_id="list_differences",
            tag=TAG,
            summary="List what happened between two moments, and what it changed",
            description=(
                "For auditors. The events after the earlier moment up to the later one, which is the"
                " end of the log unless it is named; and of every thing that they moved the columns"
                f" that changed. At most {DIFFERENCES_AT_MOST:,} events lie between them, else the"
                " answer is 409 `moments_too_far_apart`; `manage audit difference` has no such end."
            ),
            parameters=operations.query_parameters(DifferencesQuery),
            responses={200: {"description": "Facts and changes.", "content": content}},
            problems=(*operations.LISTING, 403, *operations.PAST),
        )

    def get(self, request: Request) -> HttpResponse:
        """List the differences."""
        require_auditor(request)
        asked = bodies.query(request.GET, DifferencesQuery)
        earlier = _named(asked.from_time, asked.from_index)
        later = moments.moment(as_of=asked.to_time, log_index=asked.to_index)
        found = past.differences(earlier, later, at_most=DIFFERENCES_AT_MOST)
        return respond(bodies.to_wire(found), as_recorded=True)


def _named(time: datetime | None, index: int | None) -> Moment:
    if time is None and index is None:
        raise Rejected(400, "query_invalid", "Say from when", path="$.from_index")
    return moments.moment(as_of=time, log_index=index)
