"""Allotments over REST: how much of a product may still go to the capped countries."""

from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from licenses.api.examples import DOCUMENT
from licenses.domain import allotment
from licenses.domain.allotment import commands
from licenses.models import AllotmentRow
from licenses.queries import OFFICE, of_exporter


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
    path="us-sales",
    command=commands.ReportUsSale,
    summary="Report a sale to a customer in the United States",
    example={
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
        visible=of_exporter(AllotmentRow.objects.all(), OFFICE),
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
