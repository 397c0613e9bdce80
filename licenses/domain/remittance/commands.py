"""What can be asked of a remittance. Amounts in minor units of `currency`."""

from datetime import date
from uuid import UUID

from audits.kernel import Command
from customers.domain.values import FreeLine
from licenses.domain.money import BankReference, Currency, PositiveCents
from licenses.domain.policy.model import EditionName, Levy
from licenses.domain.remittance.events import PaymentReference, ReferenceKind, Source


class AssessRemittance(Command):
    """Compute the levy on a shipment; for one out of escrow: after its release."""

    shipment_id: UUID
    license_id: UUID
    exporter_id: UUID
    source: Source
    levy: Levy
    is_covered: bool
    """Whether the levy's windows cover the product; where they don't, nothing is due."""
    currency: Currency
    base_cents: PositiveCents
    cumulative_base_cents: PositiveCents
    """Of the license up to and with this shipment."""
    edition: EditionName


class InstructRemittance(Command):
    """Report the instruction to pay the whole amount."""

    bank_reference: BankReference
    amount_cents: PositiveCents
    currency: Currency


class ReturnRemittance(Command):
    """Report that an instructed payment failed or came back."""

    bank_reference: BankReference
    reason: FreeLine


class ConfirmRemittance(Command):
    """Report under which reference the treasury received the payment."""

    reference_kind: ReferenceKind
    reference: PaymentReference
    amount_cents: PositiveCents
    currency: Currency
    paid_on: date


class ReconcileRemittance(Command):
    """Compare the remittance with the ledger and close it."""
