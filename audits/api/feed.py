"""The whole journal for auditors: log order, filters, CloudEvents 1.0 in JSON.

Events are given as they are recorded, personal data sealed: whatever copies are made of them, an
erasure reaches them all. In clear they stand where a thing is shown.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from audits import execution
from audits.api import bodies, headers, operations
from audits.api.declaring import Moment, Paging
from audits.api.history import envelope_of
from audits.api.pages import Cursor, seal, unseal
from audits.api.schema import Json, Of, Operation
from audits.api.views import ApiView, actor_of, lookups, respond
from audits.kernel import NotPermitted, Role
from audits.models import EventRow, LogEntry

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
ORDERING: Final = "log"
SEQUENCE_DIGITS: Final = 19
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as CloudEvents 1.0 has it; what is unknown is left out."""

    specversion: str = "1.0"
    id: UUID
    source: str
    """`urn:tollgate:<aggregate>`; with `id` it names the event."""
    type: str
    """`tollgate.<wire name>`."""
    subject: UUID
    """The stream."""
    time: datetime
    datacontenttype: str = bodies.JSON
    data: Annotated[msgspec.Raw, msgspec.Meta(description="The event's fields, as recorded.")]
    sequence: str | msgspec.UnsetType = msgspec.UNSET
    """Log index, padded with zeros so that it sorts; left out until the sequencer has been there."""
    streamversion: int
    schemaversion: int
    leafhash: str
    """SHA-256(0x00 || canonical bytes), lower-case hex."""
    command: str
    commandid: UUID
    correlationid: UUID
    causationid: UUID | msgspec.UnsetType = msgspec.UNSET
    personid: UUID
    organizationid: UUID
    role: Role
    onbehalfof: UUID | msgspec.UnsetType = msgspec.UNSET
    edition: str | msgspec.UnsetType = msgspec.UNSET


class Feed(Paging):
    """Query parameters of the journal's feed. Wire names, and times half-open."""

    type: Name | None = None
    aggregate: Name | None = None
    stream_id: UUID | None = None
    correlation_id: UUID | None = None
    person_id: UUID | None = None
    organization_id: UUID | None = None
    recorded_at_from: Moment | None = None
    recorded_at_until: Moment | None = None


def cloud_event(row: EventRow, log_index: int | None) -> CloudEvent:
    """Show one event in CloudEvents form."""
    event = envelope_of(row)
    return CloudEvent(
        id=event.event_id,
        source=f"urn:tollgate:{event.aggregate}",
        type=f"tollgate.{event.type}",
        subject=event.stream_id,
        time=event.recorded_at,
        data=event.data,
        sequence=msgspec.UNSET if log_index is None else str(log_index).zfill(SEQUENCE_DIGITS),
        streamversion=event.version,
        schemaversion=event.schema_version,
        leafhash=bytes(row.leaf_hash).hex(),
        command=event.command.name,
        commandid=event.command.id,
        correlationid=event.correlation_id,
        causationid=event.causation_id or msgspec.UNSET,
        personid=event.actor.person_id,
        organizationid=event.actor.organization_id,
        role=event.actor.role,
        onbehalfof=event.on_behalf_of or msgspec.UNSET,
        edition=event.edition or msgspec.UNSET,
    )


def require_auditor(request: HttpRequest) -> None:
    """Let auditors pass; everybody else is not permitted."""
    role = actor_of(request).role
    if role is not Role.AUDITOR:
        raise NotPermitted("role_not_permitted", f"The journal is not for the role {role.value}")


class FeedView(ApiView):
    """`GET /events/`."""

    def describe_get(self) -> Operation:
        """Describe the feed."""
        answer = operations.page("Events in log order.", Of(CloudEvent))
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
            problems=(*operations.LISTING, 403),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show a page of the log."""
        require_auditor(request)
        asked = bodies.query(request.GET, Feed)
        after = -1
        if asked.cursor is not None:
            after = unseal(asked.cursor, ordering=ORDERING, keys=1).position()
        found = LogEntry.objects.select_related("event").filter(
            log_index__gt=after,
            **{f"event__{column}": value for column, value in lookups(asked).items()},
        )
        entries = list(found.order_by("log_index")[: asked.limit])
        events = [cloud_event(entry.event, entry.log_index) for entry in entries]
        cursor = Cursor(ORDERING, "next", (str(entries[-1].log_index),)) if entries else None
        links = headers.link(request, {"next": seal(cursor) if cursor else None})
        if request.get_preferred_type([bodies.JSON, BATCH]) == BATCH:
            return respond(events, content_type=BATCH, extra_headers=links, as_recorded=True)
        return respond({"items": events}, extra_headers=links, as_recorded=True)


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
        event = cloud_event(row, entry.log_index if entry else None)
        return respond(event, content_type=ONE, as_recorded=True)
