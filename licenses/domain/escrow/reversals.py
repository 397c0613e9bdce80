"""What the bank takes back of a payment, and what it gives back of that.

Both are facts about the world: they are posted wherever the money is by then. What has left escrow
cannot be taken from it; the bank has advanced it, and the buyer owes it until somebody pays again.
"""

from uuid import UUID

from audits.kernel import Refused
from licenses.domain.escrow.books import Books
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import (
    CreditDebit,
    DepositReversed,
    EntryStatus,
    EscrowEvent,
    EscrowFunded,
    ReversalUndone,
)
from licenses.domain.escrow.state import AwaitingFunds, Closed, Opened


def conflict(detail: str) -> Refused:
    """Refuse an entry whose reference stands for something else already."""
    return Refused("deposit_conflict", detail, citation="ISO 20022 camt.054 AcctSvcrRef")


def is_reversal(command: BookDeposit, books: Books) -> bool:
    """Tell a booked reversal of this escrow's payments: it quotes them, or has their reference."""
    key = (command.account, command.bank_reference)
    is_known = books.deposit(*key) is not None or books.reversal(*key) is not None
    return (
        command.is_reversal
        and command.status is EntryStatus.BOOKED
        and command.amount_cents > 0
        and command.currency == books.terms.currency
        and (is_known or command.end_to_end_id == books.terms.payment_reference)
        and (
            command.credit_debit is CreditDebit.DEBIT
            or command.amount_cents <= books.undoable_cents
            or books.undoing(*key) is not None
        )
    )


def reverse(command: BookDeposit, state: Opened, payer_id: UUID | None) -> list[EscrowEvent]:
    """Record what was taken back, or given back, once. Nothing keeps it from being true."""
    if command.credit_debit is CreditDebit.DEBIT:
        return _taken(command, state.books, payer_id)
    return _given_back(command, state, payer_id)


def _taken(command: BookDeposit, books: Books, payer_id: UUID | None) -> list[EscrowEvent]:
    repeat = books.reversal(command.account, command.bank_reference)
    if repeat is not None:
        return _repeated(command, repeat)
    paid = books.deposit(command.account, command.bank_reference)
    payer_id = payer_id if paid is None else paid.payer_customer_id
    has_cents = 0 if payer_id is None else books.excess_cents_of(payer_id)
    excess_cents = min(command.amount_cents, has_cents)
    escrow_cents = min(command.amount_cents - excess_cents, books.free_cents)
    advanced_cents = command.amount_cents - excess_cents - escrow_cents
    event = DepositReversed(
        license_id=books.terms.license_id,
        account=command.account,
        bank_reference=command.bank_reference,
        end_to_end_id=command.end_to_end_id,
        payer_customer_id=payer_id,
        amount_cents=command.amount_cents,
        excess_cents=excess_cents,
        escrow_cents=escrow_cents,
        advanced_cents=advanced_cents,
        currency=books.terms.currency,
        value_on=command.value_on,
        message_sha256=command.message_sha256,
        held_cents=books.held_cents - escrow_cents,
        missing_cents=books.missing_cents + escrow_cents + advanced_cents,
        owed_cents=books.owed_cents + advanced_cents,
    )
    return [event]


def _given_back(command: BookDeposit, state: Opened, payer_id: UUID | None) -> list[EscrowEvent]:
    books = state.books
    repeat = books.undoing(command.account, command.bank_reference)
    if repeat is not None:
        return _repeated(command, repeat)
    settled_cents = min(command.amount_cents, books.owed_cents)
    room_cents = 0 if isinstance(state, Closed) else books.missing_cents - settled_cents
    escrow_cents = min(command.amount_cents - settled_cents, room_cents)
    missing_cents = books.missing_cents - settled_cents - escrow_cents
    event = ReversalUndone(
        license_id=books.terms.license_id,
        account=command.account,
        bank_reference=command.bank_reference,
        end_to_end_id=command.end_to_end_id,
        payer_customer_id=_whose(command, books, payer_id),
        amount_cents=command.amount_cents,
        settled_cents=settled_cents,
        escrow_cents=escrow_cents,
        excess_cents=command.amount_cents - settled_cents - escrow_cents,
        currency=books.terms.currency,
        value_on=command.value_on,
        message_sha256=command.message_sha256,
        held_cents=books.held_cents + escrow_cents,
        missing_cents=missing_cents,
        owed_cents=books.owed_cents - settled_cents,
    )
    if missing_cents or not isinstance(state, AwaitingFunds):
        return [event]
    return [event, funded(books)]


def _whose(command: BookDeposit, books: Books, payer_id: UUID | None) -> UUID | None:
    """Name the payer whose payment is given back, as well as is known."""
    taken = books.reversal(command.account, command.bank_reference) or books.reversals[-1]
    if payer_id is not None or taken.payer_customer_id is not None:
        return payer_id or taken.payer_customer_id
    return books.deposits[-1].payer_customer_id if books.deposits else None


def _repeated(command: BookDeposit, known: DepositReversed | ReversalUndone) -> list[EscrowEvent]:
    """Recognize a later report of the same entry, as long as it says the same."""
    if (command.amount_cents, command.value_on, command.end_to_end_id) != (
        known.amount_cents,
        known.value_on,
        known.end_to_end_id,
    ):
        raise conflict("This bank reference was reversed with other content")
    return []


def funded(books: Books) -> EscrowFunded:
    """Say that the full price is there."""
    terms = books.terms
    return EscrowFunded(
        license_id=terms.license_id, price_cents=terms.price_cents, currency=terms.currency
    )
