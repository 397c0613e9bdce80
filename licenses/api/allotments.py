"""Allotments over REST: how much of a product may still go to the capped countries."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from audits import context as minting
from audits.api import operations
from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from audits.api.schema import Operation
from audits.api.serving import ResourceView
from audits.kernel import Command, Context
from licenses.api.examples import DOCUMENT, PRODUCT
from licenses.domain import allotment
from licenses.domain.allotment import commands
from licenses.editions import edition_in_force
from licenses.gathering.volume import allotment_of
from licenses.queries import VISIBLE_ROWS


class AllotmentItem(Row, frozen=True, kw_only=True):
    """An allotment as lists show it; its counters are in its state."""

    exporter_id: UUID
    product_id: UUID
    window: str
    """A calendar year, or `all_time`."""


class AllotmentFilters(Filters):
    """Query parameters of the list of allotments."""

    exporter_id: UUID | None = None
    product_id: UUID | None = None
    window: str | None = None


REPORT_US_SALE: Final = CommandRoute(
    path="",
    command=commands.ReportUsSale,
    summary="Report a sale to a customer in the United States",
    example={
        "product_id": PRODUCT,
        "sale_reference": "INV-2026-000117",
        "evidence": DOCUMENT,
        "buyer": "Prairie Cloud Inc.",
        "sold_on": "2026-11-20",
        "quantity": 512,
        "destination_country": "US",
        "end_use_country": "US",
    },
    if_match=IfMatch.OPTIONAL,
)
ALLOTMENTS: Final = Resource(
    path="allotments",
    decider=allotment.DECIDER,
    summary="What an exporter sold of a product in the US in a window, and what that allows.",
    listing=Listing(
        visible=VISIBLE_ROWS["allotment"],
        row=AllotmentItem,
        filters=AllotmentFilters,
    ),
    commands=(
        CommandRoute(
            path="us-sale-reversals",
            command=commands.ReverseUsSale,
            summary="Report that a sale was taken back",
            example={
                "sale_reference": "INV-2026-000117",
                "reversal_reference": "CN-2026-000009",
                "evidence": DOCUMENT,
                "reversed_on": "2026-11-22",
                "quantity": 12,
                "reason": "The buyer returned a rack unopened.",
            },
            if_match=IfMatch.OPTIONAL,
        ),
    ),
)


class UsSalesView(ResourceView):
    """`POST /us-sales/`: counted in the exporter's allotment of the product, opened by the first."""

    def describe_post(self) -> Operation:
        """Describe the command."""
        return operations.command(self.resource, REPORT_US_SALE)

    def post(self, request: Request) -> HttpResponse:
        """Report the sale; the receipt names the allotment."""
        return self.carry_out(REPORT_US_SALE, request, None)

    def target_of(self, command: Command, context: Context) -> UUID:
        """Find the allotment that counts a sale of this product now."""
        if not isinstance(command, commands.ReportUsSale):
            raise TypeError("only sales are counted here")
        now = minting.database_now()
        exporter_id = context.actor.organization_id
        return allotment_of(exporter_id, command.product_id, edition_in_force(now), now)
