"""What can be asked of an escrow. Amounts in minor units of the escrow's currency."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Command
from customers.domain.values import LongText, Sha256
from licenses.domain.escrow.events import CreditDebit, EntryStatus, ForfeitReason, Payer
from licenses.domain.money import (
    AmountCents,
    BankReference,
    Currency,
    PayerName,
    PositiveCents,
    ReportedAccount,
)
from licenses.domain.policy.model import EditionName, Levy, Prepayment


class OpenEscrow(Command):
    """Open the account of a granted license."""

    license_id: UUID
    exporter_id: UUID
    currency: Currency
    price_cents: PositiveCents
    payers: Annotated[tuple[Payer, ...], msgspec.Meta(min_length=1, max_length=50)]
    levy: Levy | None
    """The edition's levy; None when its windows do not cover the product."""
    prepayment: Prepayment
    long_stop_on: date
    edition: EditionName


class BookDeposit(Command):
    """Report an entry on the escrow account, as JSON or as read from a camt.054 message."""

    account: ReportedAccount
    bank_reference: BankReference
    """With `account` it identifies the entry for ever."""
    end_to_end_id: BankReference | None = None
    """What the payer quoted; must be the escrow's payment reference."""
    payer_customer_id: UUID | None = None
    payer_name: PayerName | None = None
    """At least one of the two names the payer; both must agree."""
    amount_cents: AmountCents
    currency: Currency
    value_on: date
    status: EntryStatus
    credit_debit: CreditDebit
    is_reversal: bool = False
    message_sha256: Sha256
    """Of the message in which the bank reported the entry."""


class ReturnExcess(Command):
    """Report that excess went back to the payer it came from. Needs no waiver."""

    payer_customer_id: UUID
    amount_cents: PositiveCents
    bank_reference: BankReference
    returned_on: date


class ReleaseEscrow(Command):
    """Pay out for one dispatched shipment."""

    shipment_id: UUID
    gross_cents: PositiveCents


class ForfeitEscrow(Command):
    """Take what has not been released, as the edition says of a ban or a revocation."""

    reason: ForfeitReason
    edition: EditionName


class ProposeRefund(Command):
    """Propose to return everything that has not been released."""

    reason: LongText


class ConfirmRefundWaiver(Command):
    """Confirm, as a second officer, the waiver of exactly this amount."""

    amount_cents: PositiveCents


class ConfirmRefundPaid(Command):
    """Report that the waived amount was paid back."""

    amount_cents: PositiveCents
    bank_reference: BankReference
    paid_on: date
