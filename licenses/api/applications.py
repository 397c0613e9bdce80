"""Applications over REST: from the draft to the decision of two officers."""

from typing import Any, Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from customers.domain.values import Country
from licenses.api.examples import CUSTOMER, DOCUMENT, PRODUCT
from licenses.domain import application
from licenses.domain.application import commands
from licenses.domain.application.values import ControlNumber
from licenses.queries import VISIBLE_ROWS

DRAFT: Final[dict[str, Any]] = {
    "parties": [
        {"role": "purchaser", "customer_id": CUSTOMER},
        {"role": "ultimate_consignee", "customer_id": CUSTOMER},
        {"role": "end_user", "customer_id": CUSTOMER},
    ],
    "items": [
        {
            "line": 1,
            "product_id": PRODUCT,
            "model": "H200 SXM",
            "eccn": "3A090.a",
            "quantity": 100,
            "unit_price_cents": "3200000",
            "manufacturer": "NVIDIA",
            "description": "Accelerator modules, 141 GB",
        }
    ],
    "currency": "USD",
    "shipped_from_country": "US",
    "destination_country": "CN",
    "end_use": "Training of medical imaging models.",
    "documents": [DOCUMENT],
    "supply": {
        "certifications": ["no_delay_of_us_orders", "no_foundry_diversion"],
        "us_units_shipped": 40000,
        "us_stock_units": 5000,
        "us_open_order_units": 1200,
    },
}


class ApplicationItem(Row, frozen=True, kw_only=True):
    """An application as queues show it; a draft has neither number nor sum."""

    exporter_id: UUID
    control_number: str | None
    destination_country: str | None
    total_cents: int | None
    currency: str | None


class ApplicationFilters(Filters):
    """Query parameters of the list of applications."""

    exporter_id: UUID | None = None
    control_number: ControlNumber | None = None
    destination_country: Country | None = None


APPLICATIONS: Final = Resource(
    path="applications",
    decider=application.DECIDER,
    summary="An application for a license: parties, items, end use, and what became of it.",
    listing=Listing(
        visible=VISIBLE_ROWS["application"], row=ApplicationItem, filters=ApplicationFilters
    ),
    create=CommandRoute(
        path="",
        command=commands.DraftApplication,
        summary="Start an application",
        example=DRAFT,
        if_match=IfMatch.UNUSED,
    ),
    commands=(
        CommandRoute(
            path="revisions",
            command=commands.ReviseApplication,
            summary="Save parts of a draft",
            example={"destination_country": "CN"},
        ),
        CommandRoute(
            path="submissions",
            command=commands.SubmitApplication,
            summary="File the application",
            example={},
        ),
        CommandRoute(
            path="withdrawals",
            command=commands.WithdrawApplication,
            summary="Take the application back",
            example={"reason": "The buyer canceled the order."},
        ),
        CommandRoute(
            path="returns",
            command=commands.ReturnApplication,
            summary="Return the application without action",
            example={"reasons": ["The ownership of the end user is not shown."]},
        ),
        CommandRoute(
            path="decision-proposals",
            command=commands.ProposeDecision,
            summary="Propose to approve or to deny",
            example={
                "outcome": "approve",
                "reasons": ["All conditions of the edition hold."],
                "provisos": [{"proviso_id": "P1", "text": "No resale without approval."}],
                "expires_at": "2027-11-23T00:00:00Z",
            },
        ),
        CommandRoute(
            path="decisions",
            command=commands.ConfirmDecision,
            summary="Decide, as a second officer, what was proposed",
            example={"on_version": 2},
        ),
    ),
)
