"""What went in and out of one escrow: the events themselves, and the sums over them.

Amounts in minor units of the escrow's currency.
"""

from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Value
from licenses.domain.escrow.events import (
    CreditDebit,
    DepositBooked,
    DepositSetAside,
    Entry,
    EntryStatus,
    EscrowForfeited,
    EscrowFunded,
    EscrowOpened,
    EscrowReleased,
    ExcessReturned,
    RefundPaid,
    RefundProposed,
    RefundWaived,
)


class Books(Value):
    """The books of one escrow."""

    terms: EscrowOpened
    deposits: tuple[DepositBooked, ...] = ()
    set_aside: tuple[DepositSetAside, ...] = ()
    """The last report of each entry that was not credited."""
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
        """What was booked, excess not counted."""
        return sum(deposit.credited_cents for deposit in self.deposits)

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
        return self.credited_cents - left_cents

    @property
    def uncovered_cents(self) -> int:
        """What the bank took back of deposits and no excess makes up for.

        The ledger still counts it as held: nothing may leave on it until somebody pays again.
        """
        return max(0, self.taken_back_cents - self.excess_cents)

    @property
    def available_cents(self) -> int:
        """What is held and was not taken back."""
        return max(0, self.held_cents - self.uncovered_cents)

    @property
    def taken_back_cents(self) -> int:
        """What the bank reversed of credits, less what it undid of such reversals."""
        taken = undone = 0
        for entry in self.set_aside:
            if not self._is_booked_reversal(entry):
                continue
            if entry.credit_debit is CreditDebit.DEBIT:
                taken += entry.amount_cents
            else:
                undone += entry.amount_cents
        return max(0, taken - undone)

    def _is_booked_reversal(self, entry: DepositSetAside) -> bool:
        """Tell a reversal of this escrow's payments: it quotes them, or has a credit's reference."""
        known = self.deposit(entry.account, entry.bank_reference)
        return (
            entry.is_reversal
            and entry.status is EntryStatus.BOOKED
            and entry.currency == self.terms.currency
            and (known is not None or entry.end_to_end_id == self.terms.payment_reference)
        )

    @property
    def excess_cents(self) -> int:
        """What all payers paid beyond the price and have not got back."""
        paid = sum(deposit.excess_cents for deposit in self.deposits)
        return paid - sum(item.amount_cents for item in self.returns)

    def excess_cents_of(self, payer_customer_id: UUID) -> int:
        """Tell what one payer paid beyond the price and has not got back."""
        paid = sum(
            deposit.excess_cents
            for deposit in self.deposits
            if deposit.payer_customer_id == payer_customer_id
        )
        return paid - sum(
            item.amount_cents
            for item in self.returns
            if item.payer_customer_id == payer_customer_id
        )

    def deposit(self, account: str, bank_reference: str) -> DepositBooked | None:
        """Find the credited entry that the bank knows by this account and reference."""
        key = (account, bank_reference)
        return next((item for item in self.deposits if _key(item) == key), None)

    def noted(self, account: str, bank_reference: str) -> DepositSetAside | None:
        """Find the entry that was set aside under this account and reference."""
        key = (account, bank_reference)
        return next((item for item in self.set_aside if _key(item) == key), None)

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
        case DepositBooked():
            set_aside = _without(books, event)
            return replace(books, deposits=(*books.deposits, event), set_aside=set_aside)
        case DepositSetAside():
            return replace(books, set_aside=(*_without(books, event), event))
        case RefundProposed() | RefundWaived() | RefundPaid():
            return _write_refund(books, event)
        case EscrowReleased() | ExcessReturned() | EscrowForfeited():
            return _write_outflow(books, event)
        case EscrowFunded():
            return books
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


def _key(entry: DepositBooked | DepositSetAside) -> tuple[str, str]:
    return entry.account, entry.bank_reference


def _without(books: Books, event: DepositBooked | DepositSetAside) -> tuple[DepositSetAside, ...]:
    return tuple(item for item in books.set_aside if _key(item) != _key(event))
