"""What happens to the levy on one shipment. Amounts in minor units of `currency`."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Cents, Event
from customers.domain.values import FreeLine, ShortText
from licenses.domain.money import BankReference, Currency, PositiveCents
from licenses.domain.policy.model import Citation, EditionName


class Source(StrEnum):
    """Whose money pays the levy."""

    ESCROW = "escrow"
    """Withheld from the release of the shipment: the treasury's since the dispatch."""
    PAYER = "payer"
    """Owed by the payer that the edition names, and paid directly."""


class ReferenceKind(StrEnum):
    """The system in which the treasury sees the payment."""

    FEDWIRE = "fedwire"
    ACH = "ach"
    PAY_GOV = "pay_gov"
    CBP_ENTRY = "cbp_entry"


PaymentReference = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Z0-9-]+$(?!\n)",
        min_length=8,
        max_length=22,
        description="IMAD, ACH trace number, Pay.gov tracking ID or CBP entry number.",
        examples=["20261123MMQFMP3K000123"],
    ),
]


class RemittanceAssessed(Event):
    """The levy on a shipment was computed. Nothing due is an answer, too."""

    shipment_id: UUID
    license_id: UUID
    exporter_id: UUID
    source: Source
    amount_cents: Cents
    currency: Currency
    base_cents: PositiveCents
    """Of this shipment: sale proceeds or entered value, as the edition says."""
    cumulative_base_cents: PositiveCents
    """Of this license up to and with this shipment."""
    cumulative_due_cents: Cents
    """Of this license, this shipment's levy included."""
    rate_numerator: int
    rate_denominator: int
    legal_basis: ShortText
    citation: Citation
    edition: EditionName


class RemittanceInstructed(Event):
    """The bank was told to pay; the amount is earmarked."""

    shipment_id: UUID
    exporter_id: UUID
    source: Source
    bank_reference: BankReference
    """Also the idempotency key towards the bank."""
    amount_cents: PositiveCents
    currency: Currency


class RemittanceReturned(Event):
    """The instructed payment came back or was never made; it may be instructed anew."""

    shipment_id: UUID
    exporter_id: UUID
    source: Source
    bank_reference: BankReference
    amount_cents: PositiveCents
    currency: Currency
    reason: FreeLine


class RemittanceConfirmed(Event):
    """The payment reached the treasury."""

    shipment_id: UUID
    exporter_id: UUID
    source: Source
    bank_reference: BankReference
    """Of the instruction that is confirmed."""
    reference_kind: ReferenceKind
    reference: PaymentReference
    amount_cents: PositiveCents
    currency: Currency
    paid_on: date


class RemittanceReconciled(Event):
    """Assessment and ledger say the same, and nothing is on its way any more."""

    shipment_id: UUID
    amount_cents: Cents
    currency: Currency
    ledger_due_cents: Cents
    ledger_paid_cents: Cents


RemittanceEvent = (
    RemittanceAssessed
    | RemittanceInstructed
    | RemittanceReturned
    | RemittanceConfirmed
    | RemittanceReconciled
)
