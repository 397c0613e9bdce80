"""The whole journal for auditors: log order, filters, CloudEvents 1.0 in JSON.

Events are given as they are recorded, personal data sealed: whatever copies are made of them, an
erasure reaches them all. In clear they stand where a thing is shown.
"""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from audits import execution
from audits.api import bodies, headers, operations
from audits.api.declaring import Moment, PastPaging
from audits.api.history import envelope_of
from audits.api.pages import Cursor, seal, unseal
from audits.api.problems import Rejected
from audits.api.schema import Json, Of, Operation
from audits.api.views import ApiView, actor_of, asked_moment, lookups, respond, standing
from audits.cloud_events import TYPE_PREFIX, CloudEvent, cloud_event
from audits.codec import registry
from audits.execution import refusals
from audits.kernel import NotPermitted, Role
from audits.models import EventRow, LogEntry
from audits.verification.authority import OWN

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
ORDERING: Final = "log"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Feed(PastPaging):
    """Query parameters of the journal's feed. Wire names, and times half-open."""

    type: Name | None = None
    aggregate: Name | None = None
    stream_id: UUID | None = None
    correlation_id: UUID | None = None
    person_id: UUID | None = None
    organization_id: UUID | None = None
    recorded_at_from: Moment | None = None
    recorded_at_until: Moment | None = None


def _shown(row: EventRow, log_index: int | None) -> CloudEvent:
    return cloud_event(envelope_of(row), bytes(row.leaf_hash), log_index)


def require_auditor(request: HttpRequest) -> None:
    """Let auditors pass; everybody else is not permitted."""
    role = actor_of(request).role
    if role is not Role.AUDITOR:
        raise NotPermitted("role_not_permitted", f"The journal is not for the role {role.value}")


def _as_named(asked: Feed) -> Feed:
    """Take a type as a CloudEvent writes it, too; refuse what no event has or can have.

    An empty page would say that nothing of the kind ever happened.
    """
    if asked.aggregate is not None and asked.aggregate not in _aggregates():
        _require_recorded("aggregate", asked.aggregate)
    if asked.type is None:
        return asked
    name = asked.type.removeprefix(TYPE_PREFIX)
    if name not in registry.names():
        _require_recorded("type", name)
    return msgspec.structs.replace(asked, type=name)


def _aggregates() -> set[str]:
    """Name those that have commands, those of the journal itself, and where refusals stand."""
    of_refusals = {refusals.REFUSALS.aggregate, refusals.KEPT.aggregate}
    return {*execution.house.visible, *(rule.aggregate for rule in OWN.values()), *of_refusals}


def _require_recorded(column: str, value: str) -> None:
    """Let pass what some version of the software recorded; else Rejected."""
    if not EventRow.objects.filter(**{column: value}).exists():
        raise Rejected(
            400, "query_invalid", f"No event has the {column} {value}", path=f"$.{column}"
        )


class FeedView(ApiView):
    """`GET /events/`."""

    def describe_get(self) -> Operation:
        """Describe the feed."""
        answer = operations.page("Events in log order.", Of(CloudEvent), operations.STANDING)
        answer["content"][BATCH] = {"schema": {"type": "array", "items": Of(CloudEvent)}}
        return Operation(
            operation_id="list_events",
            tag="events",
            summary="Read the journal in log order",
            description=(
                "For auditors. Every page but an empty one links to what follows it; whoever keeps"
                " the link of the last page goes on there later. Nothing is ever skipped. Personal"
                " data stay sealed, as they are recorded."
            ),
            parameters=operations.query_parameters(Feed),
            responses={200: answer},
            problems=(*operations.LISTING, 403, *operations.PAST),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show a page of the log."""
        require_auditor(request)
        asked = _as_named(bodies.query(request.GET, Feed))
        after = -1
        if asked.cursor is not None:
            after = unseal(asked.cursor, ordering=ORDERING, keys=1).position()
        at = asked_moment(asked)
        found = LogEntry.objects.select_related("event").filter(
            log_index__gt=after,
            **({} if at is None else {"log_index__lte": at.log_index}),
            **{f"event__{column}": value for column, value in lookups(asked).items()},
        )
        entries = list(found.order_by("log_index")[: asked.limit])
        events = [_shown(entry.event, entry.log_index) for entry in entries]
        cursor = Cursor(ORDERING, "next", (str(entries[-1].log_index),)) if entries else None
        links = headers.link(request, {"next": seal(cursor) if cursor else None})
        if request.get_preferred_type([bodies.JSON, BATCH]) == BATCH:
            return respond(events, content_type=BATCH, extra_headers=links, as_recorded=True)
        body = {"items": events, **standing(at)}
        return respond(body, extra_headers=links, as_recorded=True)


class EventView(ApiView):
    """`GET /events/{id}`."""

    def describe_get(self) -> Operation:
        """Describe one event."""
        content: Json = {ONE: {"schema": Of(CloudEvent)}}
        return Operation(
            operation_id="show_event",
            tag="events",
            summary="Show one event",
            description="For auditors.",
            responses={200: {"description": "The event.", "content": content}},
            problems=(401, 403, 404, 503),
        )

    def get(self, request: Request, **path: Any) -> HttpResponse:
        """Show the event."""
        require_auditor(request)
        row = EventRow.objects.select_related("log_entry").filter(pk=path["id"]).first()
        if row is None:
            raise execution.NotFound(str(path["id"]))
        entry = getattr(row, "log_entry", None)
        event = _shown(row, entry.log_index if entry else None)
        return respond(event, content_type=ONE, as_recorded=True)
