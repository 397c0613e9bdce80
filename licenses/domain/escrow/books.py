"""What went in and out of one escrow: the events themselves, and the sums over them.

Amounts in minor units of the escrow's currency.
"""

from collections import Counter
from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Value
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    DepositBooked,
    DepositReversed,
    DepositSetAside,
    Entry,
    EscrowForfeited,
    EscrowFunded,
    EscrowOpened,
    EscrowReleased,
    ExcessReturned,
    RefundPaid,
    RefundProposed,
    RefundWaived,
    ReversalUndone,
)

Report = DepositBooked | DepositReversed | ReversalUndone | DepositSetAside
"""What came of an entry on the bank's account."""


class Books(Value):
    """The books of one escrow."""

    terms: EscrowOpened
    deposits: tuple[DepositBooked, ...] = ()
    set_aside: tuple[DepositSetAside, ...] = ()
    """The last report of each entry that was not credited."""
    reversals: tuple[DepositReversed, ...] = ()
    undone: tuple[ReversalUndone, ...] = ()
    repaid_cents: int = 0
    """What new payments gave the bank for its advances."""
    releases: tuple[EscrowReleased, ...] = ()
    returns: tuple[ExcessReturned, ...] = ()
    forfeited_cents: int = 0
    refund_proposed: RefundProposed | None = None
    refund_waived: RefundWaived | None = None
    refund_paid: RefundPaid | None = None

    @property
    def refund(self) -> RefundProposed | RefundWaived | RefundPaid | None:
        """How far a refund has come."""
        return self.refund_paid or self.refund_waived or self.refund_proposed

    @property
    def missing_cents(self) -> int:
        """What the full price still lacks."""
        return self.terms.price_cents - self.credited_cents

    @property
    def credited_cents(self) -> int:
        """What was paid toward the price and not taken back; below nothing where more was taken."""
        return sum(deposit.credited_cents for deposit in self.deposits) - self.reversed_cents

    @property
    def reversed_cents(self) -> int:
        """What the bank took back of the price, less what it gave back."""
        taken = sum(item.escrow_cents + item.advanced_cents for item in self.reversals)
        return taken - sum(item.escrow_cents + item.settled_cents for item in self.undone)

    @property
    def released_gross_cents(self) -> int:
        """What was paid out for dispatched shipments, levies included."""
        return sum(release.gross_cents for release in self.releases)

    @property
    def released_levy_cents(self) -> int:
        """The treasury's part of what was released."""
        return sum(release.levy_cents for release in self.releases)

    @property
    def held_cents(self) -> int:
        """What is in escrow now; a waived refund stays in it until it is paid."""
        refunded_cents = self.refund_paid.amount_cents if self.refund_paid else 0
        left_cents = self.released_gross_cents + self.forfeited_cents + refunded_cents
        return self.credited_cents + self.owed_cents - left_cents

    @property
    def free_cents(self) -> int:
        """What is in escrow and not earmarked for a refund."""
        is_earmarked = self.refund_waived is not None and self.refund_paid is None
        return 0 if is_earmarked else self.held_cents

    @property
    def owed_cents(self) -> int:
        """What the bank advanced for payments taken back, and the buyer has not made good."""
        advanced = sum(item.advanced_cents for item in self.reversals)
        return advanced - sum(item.settled_cents for item in self.undone) - self.repaid_cents

    @property
    def uncovered_cents(self) -> int:
        """What the bank took back of the price, and nobody paid again."""
        return min(self.reversed_cents, self.missing_cents)

    @property
    def undoable_cents(self) -> int:
        """What the bank took back in all, and has not given back."""
        taken = sum(item.amount_cents for item in self.reversals)
        return taken - sum(item.amount_cents for item in self.undone)

    @property
    def excess_cents(self) -> int:
        """What all payers have beyond the price: neither returned nor taken back."""
        return sum(self._excess.values())

    def excess_cents_of(self, payer_customer_id: UUID) -> int:
        """Tell what one payer has beyond the price: neither returned nor taken back."""
        return self._excess[payer_customer_id]

    @property
    def _excess(self) -> Counter[UUID | None]:
        by_payer: Counter[UUID | None] = Counter()
        for paid in self.deposits:
            by_payer[paid.payer_customer_id] += paid.excess_cents
        for given_back in self.undone:
            by_payer[given_back.payer_customer_id] += given_back.excess_cents
        for taken in self.reversals:
            by_payer[taken.payer_customer_id] -= taken.excess_cents
        for returned in self.returns:
            by_payer[returned.payer_customer_id] -= returned.amount_cents
        return by_payer

    def deposit(self, account: str, bank_reference: str) -> DepositBooked | None:
        """Find the credited entry that the bank knows by this account and reference."""
        key = (account, bank_reference)
        return next((item for item in self.deposits if _key(item) == key), None)

    def noted(self, account: str, bank_reference: str) -> DepositSetAside | None:
        """Find the entry that was set aside under this account and reference."""
        key = (account, bank_reference)
        return next((item for item in self.set_aside if _key(item) == key), None)

    def reversal(self, account: str, bank_reference: str) -> DepositReversed | None:
        """Find the reversal that the bank knows by this account and reference."""
        key = (account, bank_reference)
        return next((item for item in self.reversals if _key(item) == key), None)

    def undoing(self, account: str, bank_reference: str) -> ReversalUndone | None:
        """Find what the bank gave back under this account and reference."""
        key = (account, bank_reference)
        return next((item for item in self.undone if _key(item) == key), None)

    def release(self, shipment_id: UUID) -> EscrowReleased | None:
        """Find the release of a shipment."""
        return next((item for item in self.releases if item.shipment_id == shipment_id), None)

    def returned(self, bank_reference: str) -> ExcessReturned | None:
        """Find the return that the bank knows by this reference."""
        found = (item for item in self.returns if item.bank_reference == bank_reference)
        return next(found, None)


def write(books: Books, event: Entry) -> Books:
    """Write one event into the books."""
    match event:
        case DepositBooked() | DepositReversed() | ReversalUndone() | DepositSetAside():
            return _write_report(replace(books, set_aside=_without(books, event)), event)
        case AdvanceRepaid():
            return replace(books, repaid_cents=books.repaid_cents + event.amount_cents)
        case RefundProposed() | RefundWaived() | RefundPaid():
            return _write_refund(books, event)
        case EscrowReleased() | ExcessReturned() | EscrowForfeited():
            return _write_outflow(books, event)
        case EscrowFunded():
            return books
        case _:
            assert_never(event)


def _write_report(books: Books, event: Report) -> Books:
    match event:
        case DepositBooked():
            return replace(books, deposits=(*books.deposits, event))
        case DepositReversed():
            return replace(books, reversals=(*books.reversals, event))
        case ReversalUndone():
            return replace(books, undone=(*books.undone, event))
        case DepositSetAside():
            return replace(books, set_aside=(*books.set_aside, event))
        case _:
            assert_never(event)


def _write_outflow(books: Books, event: EscrowReleased | ExcessReturned | EscrowForfeited) -> Books:
    match event:
        case EscrowReleased():
            return replace(books, releases=(*books.releases, event))
        case ExcessReturned():
            return replace(books, returns=(*books.returns, event))
        case EscrowForfeited():
            return replace(books, forfeited_cents=event.amount_cents, refund_proposed=None)
        case _:
            assert_never(event)


def _write_refund(books: Books, event: RefundProposed | RefundWaived | RefundPaid) -> Books:
    match event:
        case RefundProposed():
            return replace(books, refund_proposed=event)
        case RefundWaived():
            return replace(books, refund_waived=event)
        case RefundPaid():
            return replace(books, refund_paid=event)
        case _:
            assert_never(event)


def _key(entry: Report) -> tuple[str, str]:
    return entry.account, entry.bank_reference


def _without(books: Books, event: Report) -> tuple[DepositSetAside, ...]:
    return tuple(item for item in books.set_aside if _key(item) != _key(event))
