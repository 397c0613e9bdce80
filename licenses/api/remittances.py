"""Remittances over REST: the treasury's part of each dispatched shipment."""

from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from licenses.domain import remittance
from licenses.domain.remittance import commands
from licenses.queries import VISIBLE_ROWS


class RemittanceItem(Row, frozen=True, kw_only=True):
    """A remittance as lists show it."""

    exporter_id: UUID
    license_id: UUID
    shipment_id: UUID
    amount_cents: int
    currency: str
    reference: str | None
    """Under which the treasury received it."""


class RemittanceFilters(Filters):
    """Query parameters of the list of remittances."""

    exporter_id: UUID | None = None
    license_id: UUID | None = None
    shipment_id: UUID | None = None
    reference: str | None = None


REMITTANCES: Final = Resource(
    path="remittances",
    decider=remittance.DECIDER,
    summary="What is due to the treasury for one shipment, and how it was paid.",
    listing=Listing(
        visible=VISIBLE_ROWS["remittance"],
        row=RemittanceItem,
        filters=RemittanceFilters,
    ),
    commands=(
        CommandRoute(
            path="instructions",
            command=commands.InstructRemittance,
            summary="Report the instruction to pay",
            example={
                "bank_reference": "PAY-2026-0001",
                "amount_cents": "80000000",
                "currency": "USD",
            },
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="returns",
            command=commands.ReturnRemittance,
            summary="Report that an instructed payment came back",
            example={"bank_reference": "PAY-2026-0001", "reason": "Account number unknown"},
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="confirmations",
            command=commands.ConfirmRemittance,
            summary="Confirm the receipt with its reference",
            example={
                "reference_kind": "fedwire",
                "reference": "20261123MMQFMP3K000123",
                "amount_cents": "80000000",
                "currency": "USD",
                "paid_on": "2026-11-23",
            },
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="reconciliations",
            command=commands.ReconcileRemittance,
            summary="Reconcile the remittance with the ledger",
            example={},
        ),
    ),
)
