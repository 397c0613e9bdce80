"""The cases of an escrow and how events move between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, assert_never

from msgspec.structs import replace

from audits.kernel import Event, Refused, State, require_follows
from licenses.domain.escrow.books import Books, write
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    DepositBooked,
    DepositReversed,
    DepositSetAside,
    EscrowEvent,
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


class Closing(StrEnum):
    """How an escrow ended."""

    RELEASED = "released"
    FORFEITED = "forfeited"
    REFUND_WAIVED = "refund_waived"
    REFUNDED = "refunded"


class NotOpened(State):
    """No license asked for it yet."""


class AwaitingFunds(State):
    """Part of the price is missing."""

    books: Books


class Funded(State):
    """The full price came in, and part of it is still held. A reversal leads back."""

    books: Books


class Closed(State):
    """Makes no releases, and takes deposits only of what is owed for a payment taken back.

    Excess may still go back to its payer.
    """

    books: Books
    how: Closing


Opened = AwaitingFunds | Funded | Closed
EscrowState = NotOpened | AwaitingFunds | Funded | Closed
INITIAL: Final[EscrowState] = NotOpened()


def opened(state: EscrowState) -> Opened:
    """Give the state on, unless there is no escrow yet."""
    if isinstance(state, NotOpened):
        raise Refused("escrow_not_opened", "No escrow was opened for this license")
    return state


FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    EscrowOpened: (NotOpened,),
    DepositBooked: (AwaitingFunds, Funded, Closed),
    DepositSetAside: (AwaitingFunds, Funded, Closed),
    DepositReversed: (AwaitingFunds, Funded, Closed),
    ReversalUndone: (AwaitingFunds, Funded, Closed),
    AdvanceRepaid: (AwaitingFunds, Closed),
    EscrowFunded: (AwaitingFunds,),
    ExcessReturned: (AwaitingFunds, Funded, Closed),
    EscrowReleased: (AwaitingFunds, Funded),
    EscrowForfeited: (AwaitingFunds, Funded),
    RefundProposed: (AwaitingFunds, Funded),
    RefundWaived: (AwaitingFunds, Funded),
    RefundPaid: (Closed,),
}


def evolve(state: EscrowState, event: EscrowEvent) -> EscrowState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, EscrowOpened):
        return AwaitingFunds(books=Books(terms=event))
    if isinstance(state, NotOpened):
        raise TypeError(f"{type(event).__name__} before EscrowOpened")
    books = write(state.books, event)
    match event:
        case EscrowFunded():
            return Funded(books=books)
        case EscrowReleased(cumulative_gross_cents=gross) if gross == books.terms.price_cents:
            return Closed(books=books, how=Closing.RELEASED)
        case EscrowForfeited() | RefundWaived() | RefundPaid():
            return Closed(books=books, how=_how(event))
        case DepositReversed(missing_cents=missing) if missing and isinstance(state, Funded):
            return AwaitingFunds(books=books)
        case (
            DepositBooked()
            | DepositSetAside()
            | DepositReversed()
            | ReversalUndone()
            | AdvanceRepaid()
            | ExcessReturned()
            | EscrowReleased()
            | RefundProposed()
        ):
            return replace(state, books=books)
        case _:
            assert_never(event)


def _how(event: EscrowForfeited | RefundWaived | RefundPaid) -> Closing:
    match event:
        case EscrowForfeited():
            return Closing.FORFEITED
        case RefundWaived():
            return Closing.REFUND_WAIVED
        case RefundPaid():
            return Closing.REFUNDED
        case _:
            assert_never(event)
