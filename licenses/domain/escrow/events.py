"""What happens to the escrow of a license. Amounts in minor units of `currency`.

Every event carries what the ledger needs to post it and the figures as they stood right after it.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.kernel import Cents, Event, Value
from customers.domain.values import LongText, Sha256
from licenses.domain.money import (
    AmountCents,
    BankAccount,
    BankPartyName,
    BankReference,
    Currency,
    PayerName,
    PositiveCents,
)
from licenses.domain.policy.model import Citation, EditionName, Levy, Prepayment


class EntryStatus(StrEnum):
    """How far the bank is with an entry (ISO 20022 ExternalEntryStatus1Code)."""

    BOOKED = "BOOK"
    PENDING = "PDNG"
    INFORMATION = "INFO"
    FUTURE = "FUTR"


class CreditDebit(StrEnum):
    """Direction of an entry on the account (ISO 20022 CreditDebitCode)."""

    CREDIT = "CRDT"
    DEBIT = "DBIT"


class SetAsideReason(StrEnum):
    """Why money was not credited; the value is also the code of the refusal."""

    NOT_BOOKED = "deposit_not_booked"
    NOT_A_CREDIT = "deposit_not_a_credit"
    NO_AMOUNT = "deposit_without_amount"
    WRONG_CURRENCY = "deposit_currency_wrong"
    WRONG_REFERENCE = "deposit_reference_wrong"
    VALUE_DAY_AHEAD = "deposit_value_day_ahead"
    PAYER_UNKNOWN = "deposit_payer_unknown"
    PAYER_NOT_SCREENED = "deposit_payer_not_screened"
    AFTER_LONG_STOP = "deposit_after_long_stop"
    ESCROW_CLOSED = "deposit_escrow_closed"


class ForfeitReason(StrEnum):
    """What makes the buyer lose the prepayment, where the policy edition says so."""

    BAN = "ban"
    REVOCATION = "revocation"


MAX_PAYER_NAMES: Final = 3
"""Of each of up to fifty payers, so that they fit into one event."""


class Payer(Value):
    """A customer who may pay, and the names by which a bank may know it."""

    customer_id: UUID
    names: Annotated[tuple[BankPartyName, ...], msgspec.Meta(max_length=MAX_PAYER_NAMES)]
    """None of a natural person: such a payer is known by its id alone."""


class EscrowOpened(Event):
    """An account was opened for the full price of a license."""

    license_id: UUID
    exporter_id: UUID
    currency: Currency
    price_cents: PositiveCents
    payers: tuple[Payer, ...]
    levy: Levy | None
    """What is withheld from each release; None: nothing is withheld from sale proceeds."""
    prepayment: Prepayment
    payment_reference: BankReference
    """What a payer quotes as EndToEndId."""
    long_stop_on: date
    """The last value date that can be credited."""
    edition: EditionName


class DepositBooked(Event):
    """The bank booked a payment by a screened party: it counts."""

    license_id: UUID
    account: BankAccount
    bank_reference: BankReference
    end_to_end_id: BankReference
    payer_customer_id: UUID
    amount_cents: PositiveCents
    credited_cents: Cents
    """The part that fills the escrow."""
    excess_cents: Cents
    """The part beyond the price: the buyer's, kept apart."""
    currency: Currency
    value_on: date
    message_sha256: Sha256
    held_cents: Cents
    missing_cents: Cents


class DepositSetAside(Event):
    """The bank reported something that cannot be credited; the bank keeps it.

    Nothing is posted: the money never was in escrow.
    """

    license_id: UUID
    account: BankAccount
    bank_reference: BankReference
    end_to_end_id: BankReference | None
    payer_customer_id: UUID | None
    payer_name: PayerName | None
    """Sealed since schema 2; in clear before."""
    amount_cents: AmountCents
    currency: Currency
    value_on: date
    status: EntryStatus
    credit_debit: CreditDebit
    is_reversal: bool
    message_sha256: Sha256
    reason: SetAsideReason
    citation: Citation


class DepositReversed(Event):
    """The bank took a payment back: it counts no more, wherever the money is by now.

    It is taken from the payer's excess first, then from what escrow holds. What had left escrow by
    then, or is earmarked for a refund, the bank advances and the buyer owes: nobody else's money
    makes up for it.
    """

    license_id: UUID
    account: BankAccount
    bank_reference: BankReference
    """Of the reversal; a bank may use that of the payment again."""
    end_to_end_id: BankReference | None
    payer_customer_id: UUID | None
    """Whose payment it was; None: nothing says so, and nobody's excess is touched."""
    amount_cents: PositiveCents
    """The sum of the next three."""
    excess_cents: Cents
    escrow_cents: Cents
    advanced_cents: Cents
    currency: Currency
    value_on: date
    message_sha256: Sha256
    held_cents: Cents
    missing_cents: Cents
    owed_cents: Cents


class ReversalUndone(Event):
    """The bank gave back what it had taken: its advance is settled first, then the price filled."""

    license_id: UUID
    account: BankAccount
    bank_reference: BankReference
    end_to_end_id: BankReference | None
    payer_customer_id: UUID | None
    """Whose the excess is; None only where there is none."""
    amount_cents: PositiveCents
    """The sum of the next three."""
    settled_cents: Cents
    escrow_cents: Cents
    excess_cents: Cents
    currency: Currency
    value_on: date
    message_sha256: Sha256
    held_cents: Cents
    missing_cents: Cents
    owed_cents: Cents


class AdvanceRepaid(Event):
    """Out of a new payment the bank got what it had advanced for one that was taken back."""

    license_id: UUID
    account: BankAccount
    bank_reference: BankReference
    """Of the payment."""
    amount_cents: PositiveCents
    currency: Currency
    held_cents: Cents
    owed_cents: Cents


class EscrowFunded(Event):
    """The full price is in escrow."""

    license_id: UUID
    price_cents: PositiveCents
    currency: Currency


class ExcessReturned(Event):
    """The bank returned to a payer what it had paid beyond the price."""

    license_id: UUID
    payer_customer_id: UUID
    bank_reference: BankReference
    amount_cents: PositiveCents
    currency: Currency
    returned_on: date
    excess_cents: Cents
    """Excess of all payers that is left."""


class EscrowReleased(Event):
    """A dispatched shipment was paid out of escrow: levy to the treasury, rest to the exporter."""

    license_id: UUID
    exporter_id: UUID
    shipment_id: UUID
    gross_cents: PositiveCents
    levy_cents: Cents
    exporter_cents: Cents
    currency: Currency
    cumulative_gross_cents: Cents
    """Of all releases of this license, this one included; so is the levy."""
    cumulative_levy_cents: Cents
    held_cents: Cents
    edition: EditionName


class EscrowForfeited(Event):
    """The buyer lost what had not been released."""

    license_id: UUID
    reason: ForfeitReason
    amount_cents: Cents
    currency: Currency
    edition: EditionName
    """The edition that says so: the one that banned, or the one in force at the revocation."""
    citation: Citation


class RefundProposed(Event):
    """An officer proposed to waive that the prepayment is non-refundable."""

    license_id: UUID
    amount_cents: PositiveCents
    currency: Currency
    reason: LongText
    by: UUID


class RefundWaived(Event):
    """A second officer confirmed the waiver for exactly this amount; the escrow takes no more."""

    license_id: UUID
    amount_cents: PositiveCents
    currency: Currency
    reason: LongText
    proposed_by: UUID
    by: UUID


class RefundPaid(Event):
    """The bank paid the refund."""

    license_id: UUID
    amount_cents: PositiveCents
    currency: Currency
    bank_reference: BankReference
    paid_on: date


Entry = (
    DepositBooked
    | DepositSetAside
    | DepositReversed
    | ReversalUndone
    | AdvanceRepaid
    | EscrowFunded
    | ExcessReturned
    | EscrowReleased
    | EscrowForfeited
    | RefundProposed
    | RefundWaived
    | RefundPaid
)
"""Everything that can happen once the escrow is open."""

EscrowEvent = EscrowOpened | Entry
