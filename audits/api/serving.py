"""The views behind declared resources: carry out a command, show a thing, list things, history."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from audits import execution, past
from audits.api import bodies, headers, operations, pages
from audits.api.declaring import AsOfIndex, AsOfTime, CommandRoute, Listing, PastPaging, Resource
from audits.api.history import entries
from audits.api.schema import Operation
from audits.api.views import (
    ApiView,
    actor_of,
    asked_moment,
    context_of,
    fits,
    lookups,
    respond,
    standing,
)
from audits.kernel import Actor, Command, Context, Value
from audits.past import moments
from audits.past.moments import load_at
from audits.projection import status_of
from audits.reading import Loaded, Receipt, load
from audits.sealing import configured, receipts


def answer(receipt: Receipt, resource: Resource) -> HttpResponse:
    """Answer a command with its signed receipt: 201 where it made the thing that it was about, else 200."""
    thing_id = receipt.stream_id
    made = any(item.version == 1 and item.stream_id == thing_id for item in receipt.events)
    extra = {"ETag": headers.etag(receipt.version)}
    if made:
        extra["Location"] = reverse(f"{resource.path}-thing", kwargs={"id": thing_id})
    signed = receipts.signed(receipt, configured.receipt_key())
    return respond(signed, status=201 if made else 200, extra_headers=extra)


class ResourceView(ApiView):
    """A view of one declared resource."""

    resource: ClassVar[Resource]

    def shown(self, request: HttpRequest) -> Loaded[Any]:
        """Load the thing that the address names; NotFound if there is none that the actor may see."""
        loaded = load(self.resource.decider, self.kwargs["id"])
        if not loaded.version or not execution.may_see(
            self.resource.aggregate, loaded.state, actor_of(request)
        ):
            raise execution.NotFound(str(loaded.stream_id))
        return loaded

    def carry_out(
        self, route: CommandRoute, request: HttpRequest, thing_id: UUID | None
    ) -> HttpResponse:
        """Carry out the command in the body; 201 where it made a thing, else 200, with the receipt."""
        context = context_of(request)
        expected = headers.expected_version(request, route.if_match)
        command: Command = bodies.read(request, route.command)
        target = thing_id or self.target_of(command, context)
        return answer(
            execution.execute(command, target, context, expected_version=expected), self.resource
        )

    def target_of(self, command: Command, context: Context) -> UUID:
        """Tell the id of the thing that a command makes."""
        return self.resource.target_of(command, context.command_id)


class CommandView(ResourceView):
    """`POST /things/{id}/<command>`."""

    route: ClassVar[CommandRoute]

    def describe_post(self) -> Operation:
        """Describe the command."""
        return operations.command(self.resource, self.route)

    def post(self, request: Request, **_path: UUID) -> HttpResponse:
        """Carry out the command on the thing of this address."""
        return self.carry_out(self.route, request, self.kwargs["id"])


class AsOf(Value):
    """Query parameters of a single thing: as it is now, or as it was."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    as_of: AsOfTime | None = None
    log_index: AsOfIndex | None = None


class ThingView(ResourceView):
    """`GET /things/{id}`: the folded stream, now or as of a version or time."""

    def describe_get(self) -> Operation:
        """Describe the thing."""
        return operations.thing(self.resource, AsOf)

    def get(self, request: Request, **_path: UUID) -> HttpResponse:
        """Show the thing."""
        asked = bodies.query(request.GET, AsOf)
        loaded = self.shown(request)
        at = asked_moment(asked)
        then = loaded if at is None else load_at(self.resource.decider, loaded.stream_id, at)
        kept = [
            item for item in then.recorded if asked.version is None or item.version <= asked.version
        ]
        if not kept or (asked.version or 0) > loaded.version:
            raise execution.NotFound(str(loaded.stream_id))
        tag = headers.etag(len(kept))
        if headers.is_unchanged(request, tag):
            return HttpResponse(status=304, headers={"ETag": tag})
        state = self.resource.decider.fold(item.data for item in kept)
        body = {
            "id": loaded.stream_id,
            "version": len(kept),
            "status": status_of(state),
            "correlation_id": kept[0].correlation_id,
            "created_at": kept[0].recorded_at,
            "changed_at": kept[-1].recorded_at,
            "state": bodies.to_wire(state),
        }
        told = body | standing(at)
        return respond(told, extra_headers={"ETag": tag}, as_recorded=at is not None)


class HistoryView(ResourceView):
    """`GET /things/{id}/history`: the events of one stream, oldest first."""

    def describe_get(self) -> Operation:
        """Describe the history."""
        return operations.history(self.resource, PastPaging)

    def get(self, request: Request, **_path: UUID) -> HttpResponse:
        """Show a page of the thing's events."""
        asked = bodies.query(request.GET, PastPaging)
        loaded = self.shown(request)
        at = asked_moment(asked)
        if at is not None and not load_at(self.resource.decider, loaded.stream_id, at).version:
            raise execution.NotFound(str(loaded.stream_id))
        page = entries(loaded.stream_id, asked, at)
        return respond(
            {"items": page.rows, **standing(at)},
            extra_headers=headers.link(request, {"next": page.next, "prev": page.prev}),
            as_recorded=at is not None,
        )


class ListView(ResourceView):
    """`GET /things/`."""

    listing: ClassVar[Listing]

    def describe_get(self) -> Operation:
        """Describe the list."""
        return operations.listing(self.resource, self.listing)

    def get(self, request: Request) -> HttpResponse:
        """List the things that the actor may see, a page at a time."""
        listing = self.listing
        asked = bodies.query(request.GET, listing.parameters(self.resource.statuses()))
        at = asked_moment(asked)
        cutting = {"ordering": asked.ordering, "cursor": asked.cursor, "limit": asked.limit}
        if at is None:
            rows = listing.visible(actor_of(request)).filter(**lookups(asked))
            page = pages.page_of(rows, **cutting)
        else:
            page = pages.cut(self.rows_at(at, actor_of(request), lookups(asked)), **cutting)
        columns = listing.row.__struct_fields__
        items = [
            bodies.to_wire({column: getattr(row, column) for column in columns})
            for row in page.rows
        ]
        return respond(
            {"items": items, **standing(at)},
            extra_headers=headers.link(request, {"next": page.next, "prev": page.prev}),
            as_recorded=at is not None,
        )

    def rows_at(
        self, at: moments.Moment, actor: Actor, filters: Mapping[str, Any]
    ) -> Iterator[Any]:
        """Derive the rows that the list would have shown at a moment, one by one."""
        for row in past.things_at(self.resource.aggregate, at, actor):
            if fits(row, filters):
                yield SimpleNamespace(pk=row["id"], **row)


class CreateView(ResourceView):
    """`POST /things/`."""

    create: ClassVar[CommandRoute]

    def describe_post(self) -> Operation:
        """Describe the command that makes a new thing."""
        return operations.command(self.resource, self.create)

    def post(self, request: Request) -> HttpResponse:
        """Make a new thing."""
        return self.carry_out(self.create, request, None)


class ListAndCreateView(ListView, CreateView):
    """`GET` and `POST /things/`."""
