"""Accounts and transfers of the double-entry ledger.

One transfer moves one positive integer amount from one debit to one credit, so debits equal
credits by construction. A pending transfer earmarks; one later transfer posts or voids it. The
liabilities (escrow, excess, exporter, treasury, forfeited, bank advances) grow by credits; the
assets (bank clearing, levies and buyers' debts receivable) grow by debits; none may fall below
nothing.
"""

from enum import StrEnum
from typing import Final
from uuid import UUID

from audits.kernel import Value
from licenses.domain.money import Currency, PositiveCents


class AccountKind(StrEnum):
    """What an account stands for."""

    BANK_CLEARING = "bank_clearing"
    """Money at the escrow bank."""
    LEVY_RECEIVABLE = "levy_receivable"
    """Levies that a payer owes the treasury directly."""
    BUYER_RECEIVABLE = "buyer_receivable"
    """What a buyer owes for payments that the bank took back after their money had left escrow."""
    BANK_ADVANCE = "bank_advance"
    """The same from the other side: what the bank paid of its own, and is to get back."""
    ESCROW = "escrow"
    """A buyer's prepayment for one license."""
    EXCESS = "excess"
    """What a buyer paid beyond the price of one license."""
    EXPORTER_PAYABLE = "exporter_payable"
    """Proceeds that an exporter has earned."""
    TREASURY_PAYABLE = "treasury_payable"
    """Levies due and not yet paid."""
    FORFEITED = "forfeited"
    """Prepayments that buyers lost."""


ASSETS: Final = frozenset(
    (AccountKind.BANK_CLEARING, AccountKind.LEVY_RECEIVABLE, AccountKind.BUYER_RECEIVABLE)
)
"""Kinds that grow by debits; the others grow by credits."""


class Account(Value):
    """An account: its kind, whose it is (None: the service's own) and its only currency."""

    kind: AccountKind
    owner_id: UUID | None = None
    currency: Currency

    @property
    def name(self) -> str:
        """Name the account: `kind/owner/currency`, without the owner where there is none."""
        parts = (self.kind, self.owner_id, self.currency)
        return "/".join(str(part) for part in parts if part is not None)


class TransferKind(StrEnum):
    """How a transfer counts."""

    POSTED = "posted"
    PENDING = "pending"
    """Earmarked until a `post` or a `void` resolves it, once."""
    POST = "post"
    VOID = "void"


class Code(StrEnum):
    """Why money moves."""

    DEPOSIT = "deposit"
    EXCESS = "excess"
    EXCESS_RETURN = "excess_return"
    DEPOSIT_REVERSAL = "deposit_reversal"
    EXCESS_REVERSAL = "excess_reversal"
    ADVANCE = "advance"
    """The bank pays of its own for a payment that it takes back."""
    REPAYMENT = "repayment"
    """Money of a new payment goes to the bank for its advance."""
    SETTLEMENT = "settlement"
    """An advance, and what the buyer owes for it, end."""
    LEVY = "levy"
    PROCEEDS = "proceeds"
    FORFEITURE = "forfeiture"
    REFUND = "refund"
    REMITTANCE = "remittance"


class Transfer(Value):
    """One amount from one account (debited) to another (credited), in minor units."""

    transfer_id: UUID
    event_id: UUID
    stream_id: UUID
    """The stream of that event."""
    subject_id: UUID
    """The shipment that the money is about; for what concerns a whole license, the license."""
    kind: TransferKind
    debit: Account
    credit: Account
    amount_cents: PositiveCents
    currency: Currency
    pending_id: UUID | None
    """For `post` and `void`: the pending transfer that it resolves."""
    code: Code
    business_key: str
    """Unique: what may happen only once in the world is one transfer here."""
