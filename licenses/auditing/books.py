"""The ledger as it stood, added up from events alone, and periods that no work item waits for."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

import msgspec

from audits.codec import Recorded
from audits.execution import Subscription
from audits.kernel import Event
from audits.past import moments
from audits.past.moments import Moment
from audits.replay import wire_names
from licenses.domain.escrow.events import EscrowEvent, EscrowOpened
from licenses.domain.ledger.balance import Balance, Fault, Total, trial_balance
from licenses.domain.ledger.postings import postings
from licenses.domain.remittance.events import RemittanceAssessed, RemittanceEvent
from licenses.gathering.shipments import REMITTANCE_DUE

MOVING: Final[tuple[type[Event], ...]] = (*EscrowEvent.__args__, *RemittanceEvent.__args__)
"""Events that may move money."""


class AccountBalance(msgspec.Struct, frozen=True, kw_only=True):
    """One account; what is pending is earmarked and had not moved yet."""

    name: str
    """Kind, owner and currency, such as `escrow/<license id>/USD`."""
    kind: str
    currency: str
    debits_posted_cents: int
    credits_posted_cents: int
    debits_pending_cents: int
    credits_pending_cents: int


class CurrencyTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in one currency: in a sound ledger both sides are the same."""

    currency: str
    debits_posted_cents: int
    credits_posted_cents: int
    debits_pending_cents: int
    credits_pending_cents: int
    balanced: bool


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The whole ledger as of a moment."""

    accounts: tuple[AccountBalance, ...]
    totals: tuple[CurrencyTotal, ...]
    faults: tuple[Fault, ...]
    """What a sound ledger never shows."""


def ledger_at(at: Moment) -> Ledger:
    """Derive every transfer from its event again, in log order, and add them up."""
    balance = trial_balance(
        transfer
        for _, recorded in moments.kinds_at(wire_names(MOVING), at)
        for transfer in postings(
            recorded.data, stream_id=recorded.stream_id, event_id=recorded.event_id
        )
    )
    return Ledger(
        accounts=tuple(_account(each) for each in balance.balances),
        totals=tuple(_total(each) for each in balance.totals),
        faults=balance.faults,
    )


def _account(balance: Balance) -> AccountBalance:
    return AccountBalance(
        name=balance.account.name,
        kind=balance.account.kind,
        currency=balance.account.currency,
        debits_posted_cents=balance.debit_posted_cents,
        credits_posted_cents=balance.credit_posted_cents,
        debits_pending_cents=balance.debit_pending_cents,
        credits_pending_cents=balance.credit_pending_cents,
    )


def _total(total: Total) -> CurrencyTotal:
    debits = (total.debit_posted_cents, total.debit_pending_cents)
    credits_ = (total.credit_posted_cents, total.credit_pending_cents)
    return CurrencyTotal(
        currency=total.currency,
        debits_posted_cents=total.debit_posted_cents,
        credits_posted_cents=total.credit_posted_cents,
        debits_pending_cents=total.debit_pending_cents,
        credits_pending_cents=total.credit_pending_cents,
        balanced=debits == credits_,
    )


def remittance_due(assessed: Recorded[RemittanceAssessed]) -> datetime | None:
    """Say when a levy becomes overdue; None: nothing is due."""
    return assessed.recorded_at + REMITTANCE_DUE if assessed.data.amount_cents else None


def long_stop(opened: Recorded[EscrowOpened]) -> datetime:
    """Say when an escrow account closes to further deposits: after its last value date (UTC)."""
    midnight = datetime.combine(opened.data.long_stop_on, time.min, tzinfo=UTC)
    return midnight + timedelta(days=1)


TIMERS: Final[tuple[tuple[type[Event], Subscription], ...]] = (
    (
        RemittanceAssessed,
        Subscription(
            kind="remittance_overdue",
            due=remittance_due,
        ),
    ),
    (EscrowOpened, Subscription(kind="escrow_long_stop", due=long_stop)),
)
"""Event → the clock that it sets."""
