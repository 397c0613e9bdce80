"""Erasures over REST: whom a thing names, and the erasure of one person's data by two officers."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from audits import vault
from audits.api import bodies, operations
from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, actor_of, respond
from audits.kernel import Command, NotPermitted, Value
from customers.domain import erasure
from customers.domain.erasure import commands
from customers.permissions import sees_the_office
from customers.queries import visible_erasures


class ErasureItem(Row, frozen=True, kw_only=True):
    """An erasure as lists show it. Its id is the subject's."""

    holder_id: UUID
    """The thing that names the person."""


class ErasureFilters(Filters):
    """Query parameters of the list of erasures."""

    holder_id: UUID | None = None


def _target(command: Command, _command_id: UUID) -> UUID:
    if not isinstance(command, commands.RequestErasure):
        raise TypeError("only a request begins an erasure")
    return command.subject_id


ERASURES: Final = Resource(
    path="erasures",
    decider=erasure.DECIDER,
    summary="The erasure of one natural person's data: asked for by one person, approved by another.",
    listing=Listing(visible=visible_erasures, row=ErasureItem, filters=ErasureFilters),
    create=CommandRoute(
        path="",
        command=commands.RequestErasure,
        summary="Ask for a person's data to be erased",
        example={
            "subject_id": "019ab0c4-51c2-7d10-8f43-6a1d2b3c4d5e",
            "reason": "The person asked for it; nothing requires the data any more.",
        },
        if_match=IfMatch.UNUSED,
        target=_target,
    ),
    commands=(
        CommandRoute(
            path="approvals",
            command=commands.ApproveErasure,
            summary="Erase the data as a second person",
            example={},
        ),
        CommandRoute(
            path="refusals",
            command=commands.DeclineErasure,
            summary="Decline the request",
            example={"reason": "The records are needed until the audit ends."},
        ),
    ),
)


class Naming(Value):
    """Query parameters of the list of persons."""

    thing_id: UUID
    """A customer, a shipment, or the person of a login."""


class SubjectsView(ApiView):
    """`GET /subjects/`: the persons whom one thing names."""

    def describe_get(self) -> Operation:
        """Describe the list."""
        [parameter] = operations.query_parameters(Naming)
        answer = operations.page("Persons, first named first.", Of(vault.NamedSubject))
        answer.pop("headers")
        return Operation(
            operation_id="list_subjects",
            tag=ERASURES.path,
            summary="List the persons whom a thing names",
            description="For officers and auditors. What is erased has no name any more.",
            parameters=(parameter | {"required": True},),
            responses={200: answer},
            problems=(400, 401, 403, 503),
        )

    def get(self, request: Request) -> HttpResponse:
        """List them."""
        actor = actor_of(request)
        if not sees_the_office(None, actor):
            raise NotPermitted(
                "role_not_permitted", f"Subjects are not for the role {actor.role.value}"
            )
        asked = bodies.query(request.GET, Naming)
        return respond(
            {"items": vault.named_in(asked.thing_id)},
            extra_headers={"Cache-Control": "private, no-store"},
        )
