"""What an event moves, before it is tied to that event."""

from uuid import UUID

from audits.kernel import Value
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    DepositBooked,
    DepositReversed,
    EscrowForfeited,
    EscrowReleased,
    ExcessReturned,
    RefundPaid,
    RefundWaived,
    ReversalUndone,
)
from licenses.domain.ledger.model import Account, AccountKind, Code, TransferKind


class Leg(Value):
    """One transfer before it is tied to an event."""

    subject_id: UUID
    kind: TransferKind = TransferKind.POSTED
    debit: Account
    credit: Account
    amount_cents: int
    code: Code
    key: str
    """The business fact; legs of the same fact are numbered."""
    resolves: str | None = None
    """Key of the pending fact that this leg resolves."""


def of_license(
    kind: AccountKind,
    event: DepositBooked
    | DepositReversed
    | ReversalUndone
    | AdvanceRepaid
    | ExcessReturned
    | EscrowReleased
    | EscrowForfeited
    | RefundWaived
    | RefundPaid,
) -> Account:
    """Name the account of the license that an event is about."""
    return Account(kind=kind, owner_id=event.license_id, currency=event.currency)
