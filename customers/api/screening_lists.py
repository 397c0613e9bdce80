"""Screening lists over REST: upload a list, see the one in use."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from audits import execution
from audits.api import bodies, operations
from audits.api.declaring import Filters, Listing, Moment, Resource, Row
from audits.api.problems import Rejected
from audits.api.schema import Of, Operation
from audits.api.serving import ListView, answer
from audits.api.views import context_of
from audits.execution import house
from audits.kernel import Value
from audits.sealing.receipts import SignedReceipt
from customers.domain import screening_list
from customers.domain.screening_list.commands import ImportList
from customers.domain.values import Sha256, ShortText
from customers.handlers import SCREENING_LIST_ID
from customers.lists import store_list
from customers.queries import visible_screening_lists

MAX_UPLOAD_BYTES: Final = 64 * 1024 * 1024
MEDIA_TYPES: Final = ("text/csv", "application/gzip")


class ScreeningListItem(Row, frozen=True, kw_only=True):
    """The list in use."""

    sha256: Sha256
    fetched_at: datetime
    entries: int


class Upload(Value):
    """Query parameters of an upload."""

    source: ShortText
    """Where the file came from: an address or a file's name."""
    fetched_at: Moment
    accept_shrinkage: Annotated[
        bool, msgspec.Meta(description="Take a list with far fewer entries than the one in use.")
    ] = False


LISTING: Final = Listing(visible=visible_screening_lists, row=ScreeningListItem, filters=Filters)
SCREENING_LISTS: Final = Resource(
    path="screening-lists",
    decider=screening_list.DECIDER,
    summary="The list that parties are screened against; every new one screens them all again.",
)


class ScreeningListsView(ListView):
    """`GET` and `POST /screening-lists/`: the list in use; the Consolidated Screening List as CSV."""

    def describe_post(self) -> Operation:
        """Describe the upload."""
        file = {"schema": {"type": "string", "contentMediaType": "text/csv"}}
        packed = {"schema": {"type": "string", "contentMediaType": "application/gzip"}}
        content = {"application/json": {"schema": Of(SignedReceipt)}}
        return Operation(
            operation_id="import_list",
            tag=SCREENING_LISTS.path,
            summary="Take a screening list into use",
            description=(
                "The Consolidated Screening List as CSV with 29 columns, plain or packed by gzip."
                " It is stored whole or not at all; bad rows are named by line in the history."
                f"\n\nFor: {', '.join(sorted(house.procedures[ImportList].roles))}."
            ),
            parameters=(operations.KEY_PARAMETER, *operations.query_parameters(Upload)),
            request={
                "required": True,
                "content": dict(zip(MEDIA_TYPES, (file, packed), strict=True)),
            },
            responses={
                200: {"description": "In use, or it was already.", "content": content},
                201: {"description": "The first list is in use.", "content": content},
            },
            problems=operations.COMMANDING,
        )

    def post(self, request: Request) -> HttpResponse:
        """Store the list and take it into use."""
        context = context_of(request)
        asked = bodies.query(request.GET, Upload)
        execution.require_role(ImportList, context.actor)
        bodies.require_media_type(request, *MEDIA_TYPES)
        found = store_list(_content(request), source=asked.source, fetched_at=asked.fetched_at)
        command = msgspec.structs.replace(found, accept_shrinkage=asked.accept_shrinkage)
        receipt = execution.execute(command, SCREENING_LIST_ID, context)
        return answer(receipt, SCREENING_LISTS)


def _content(request: HttpRequest) -> bytes:
    """Read the body, which may be larger than any other request's."""
    content = request.read(MAX_UPLOAD_BYTES + 1)
    if len(content) > MAX_UPLOAD_BYTES:
        raise Rejected(413, "body_too_large", f"A list has at most {MAX_UPLOAD_BYTES} bytes")
    return content
