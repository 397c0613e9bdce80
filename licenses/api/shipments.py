"""Shipments over REST: from the request to the proof of delivery."""

from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from licenses.api.examples import CUSTOMER, DOCUMENT, LICENSE, SERIALS
from licenses.domain import shipment
from licenses.domain.shipment import commands
from licenses.domain.shipment.values import Itn
from licenses.queries import VISIBLE_ROWS

ITN: Final = "X20261123000001"


class ShipmentItem(Row, frozen=True, kw_only=True):
    """A shipment as lists show it."""

    exporter_id: UUID
    license_id: UUID
    product_id: UUID
    line: int
    quantity: int
    itn: str | None
    clearance_holds: bool | None
    """Of the last assessment; null where there is none, and once the shipment has left."""


class ShipmentFilters(Filters):
    """Query parameters of the list of shipments."""

    exporter_id: UUID | None = None
    license_id: UUID | None = None
    product_id: UUID | None = None
    itn: Itn | None = None
    clearance_holds: bool | None = None


SHIPMENTS: Final = Resource(
    path="shipments",
    decider=shipment.DECIDER,
    summary="A lot that is to leave under a license, its papers and its clearance.",
    listing=Listing(
        visible=VISIBLE_ROWS["shipment"],
        row=ShipmentItem,
        filters=ShipmentFilters,
    ),
    create=CommandRoute(
        path="",
        command=commands.RequestShipment,
        summary="Ask to ship a lot",
        example={
            "license_id": LICENSE,
            "line": 1,
            "quantity": 2,
            "serials": SERIALS,
            "consignee_ids": [CUSTOMER],
        },
        if_match=IfMatch.UNUSED,
    ),
    commands=(
        CommandRoute(
            path="end-user-statements",
            command=commands.HoldEndUserStatement,
            summary="Record the end-user statement",
            example={
                "reference": "EUS-2026-000321",
                "document": DOCUMENT,
                "issued_on": "2026-11-20",
            },
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="gates",
            command=commands.RecordGate,
            summary="Record how another gate of the destination stands",
            example={"kind": "import_clearance", "cleared": True, "document": DOCUMENT},
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="export-filings",
            command=commands.FileExport,
            summary="Record the export filing",
            example={
                "itn": ITN,
                "license_code": "C30",
                "license_number": "D1000001",
                "eccn": "3A090.a",
            },
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="clearance-assessments",
            command=commands.AssessClearance,
            summary="Judge the twelve conditions and record it",
            example={},
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="dispatches",
            command=commands.DispatchShipment,
            summary="Send the goods off",
            example={"itn": ITN, "serials": SERIALS},
        ),
        CommandRoute(
            path="deliveries",
            command=commands.VerifyDelivery,
            summary="Prove that the goods arrived",
            example={
                "delivered_on": "2026-11-23",
                "received_by": "Goods receipt, hall 3",
                "document": DOCUMENT,
            },
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="cancellations",
            command=commands.CancelShipment,
            summary="Give the shipment up",
            example={"reason": "The customer postponed the project."},
        ),
        CommandRoute(
            path="stops",
            command=commands.StopShipment,
            summary="Stop the shipment for good",
            example={"reason": "The consignee moved.", "citation": "15 CFR 750.7"},
        ),
    ),
)
