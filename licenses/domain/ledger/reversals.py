"""What payments that the bank takes back move."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from licenses.domain.escrow.events import AdvanceRepaid, DepositReversed, ReversalUndone
from licenses.domain.ledger.legs import Leg, of_license
from licenses.domain.ledger.model import Account, AccountKind, Code


def reversal(event: DepositReversed) -> tuple[Leg, ...]:
    """Take a payment back from where it is; for what is there no more, the buyer owes the bank."""
    leg = _legs_of_entry(event, "deposit-reversed")
    bank = Account(kind=AccountKind.BANK_CLEARING, currency=event.currency)
    excess, escrow = (of_license(kind, event) for kind in (AccountKind.EXCESS, AccountKind.ESCROW))
    debt, advance = _debt(event)
    return (
        leg(debit=excess, credit=bank, amount_cents=event.excess_cents, code=Code.EXCESS_REVERSAL),
        leg(debit=escrow, credit=bank, amount_cents=event.escrow_cents, code=Code.DEPOSIT_REVERSAL),
        leg(debit=debt, credit=advance, amount_cents=event.advanced_cents, code=Code.ADVANCE),
    )


def undoing(event: ReversalUndone) -> tuple[Leg, ...]:
    """Give back: first against the advance, which ends it, then to the price, then to excess."""
    leg = _legs_of_entry(event, "reversal-undone")
    bank = Account(kind=AccountKind.BANK_CLEARING, currency=event.currency)
    excess, escrow = (of_license(kind, event) for kind in (AccountKind.EXCESS, AccountKind.ESCROW))
    debt, advance = _debt(event)
    return (
        leg(debit=advance, credit=debt, amount_cents=event.settled_cents, code=Code.SETTLEMENT),
        leg(debit=bank, credit=escrow, amount_cents=event.escrow_cents, code=Code.DEPOSIT),
        leg(debit=bank, credit=excess, amount_cents=event.excess_cents, code=Code.EXCESS),
    )


def repayment(event: AdvanceRepaid) -> tuple[Leg, ...]:
    """Give the bank its advance back out of escrow; the buyer then owes as much less."""
    leg = _legs_of_entry(event, "advance-repaid")
    bank = Account(kind=AccountKind.BANK_CLEARING, currency=event.currency)
    escrow = of_license(AccountKind.ESCROW, event)
    debt, advance = _debt(event)
    return (
        leg(debit=escrow, credit=bank, amount_cents=event.amount_cents, code=Code.REPAYMENT),
        leg(debit=advance, credit=debt, amount_cents=event.amount_cents, code=Code.SETTLEMENT),
    )


def _legs_of_entry(
    event: DepositReversed | ReversalUndone | AdvanceRepaid, fact: str
) -> Callable[..., Leg]:
    """Make legs that are about one entry on the bank's account."""
    entry = f"{quote(event.account, safe='')}/{quote(event.bank_reference, safe='')}"
    return partial(Leg, subject_id=event.license_id, key=f"{fact}/{entry}")


def _debt(event: DepositReversed | ReversalUndone | AdvanceRepaid) -> tuple[Account, Account]:
    return (
        of_license(AccountKind.BUYER_RECEIVABLE, event),
        of_license(AccountKind.BANK_ADVANCE, event),
    )
