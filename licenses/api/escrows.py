"""Escrows over REST: what the bank reports, and refunds under a waiver of two persons."""

from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from licenses.api.examples import CUSTOMER, SHA256
from licenses.domain import escrow
from licenses.domain.escrow import commands
from licenses.domain.money import BankReference
from licenses.queries import VISIBLE_ROWS


class EscrowItem(Row, frozen=True, kw_only=True):
    """An escrow as lists show it."""

    exporter_id: UUID
    license_id: UUID
    payment_reference: str
    """What the buyer quotes with the payment."""
    price_cents: int
    held_cents: int
    missing_cents: int
    uncovered_cents: int
    """What the bank took back of the price, and nobody paid again; part of what is missing."""
    owed_cents: int
    """Of that, what had left escrow: the bank advanced it, and the buyer owes it."""
    currency: str


class EscrowFilters(Filters):
    """Query parameters of the list of escrows."""

    exporter_id: UUID | None = None
    license_id: UUID | None = None
    payment_reference: BankReference | None = None


BOOK_DEPOSIT: Final = CommandRoute(
    path="deposits",
    command=commands.BookDeposit,
    summary="Report entries on the escrow account",
    example={
        "account": "US00ESCROW0000000001",
        "bank_reference": "NTRF-2026-000421",
        "end_to_end_id": "TG-D1000001",
        "payer_customer_id": CUSTOMER,
        "amount_cents": "320000000",
        "currency": "USD",
        "value_on": "2026-11-23",
        "status": "BOOK",
        "credit_debit": "CRDT",
        "message_sha256": SHA256,
    },
    if_match=IfMatch.OPTIONAL,
)
ESCROWS: Final = Resource(
    path="escrows",
    decider=escrow.DECIDER,
    summary="A buyer's prepayment for one license: deposited, held, released, forfeited.",
    listing=Listing(visible=VISIBLE_ROWS["escrow"], row=EscrowItem, filters=EscrowFilters),
    commands=(
        CommandRoute(
            path="excess-returns",
            command=commands.ReturnExcess,
            summary="Report that excess went back to its payer",
            example={
                "payer_customer_id": CUSTOMER,
                "amount_cents": "100",
                "bank_reference": "PAY-2026-0002",
                "returned_on": "2026-11-23",
            },
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="refund-proposals",
            command=commands.ProposeRefund,
            summary="Propose to waive the forfeiture and refund",
            example={"reason": "The ban came before the first lot was built."},
        ),
        CommandRoute(
            path="refund-waivers",
            command=commands.ConfirmRefundWaiver,
            summary="Waive, as a second officer, exactly this amount",
            example={"amount_cents": "320000000"},
        ),
        CommandRoute(
            path="refunds",
            command=commands.ConfirmRefundPaid,
            summary="Report that the waived amount was paid back",
            example={
                "amount_cents": "320000000",
                "bank_reference": "PAY-2026-0003",
                "paid_on": "2026-11-23",
            },
            if_match=IfMatch.OPTIONAL,
        ),
    ),
)
