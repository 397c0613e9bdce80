"""`GET /ledger/trial-balance`: every account, and that the whole adds up."""

from collections import defaultdict
from typing import Final

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits.api import bodies, operations
from audits.api.declaring import AsOfIndex, AsOfTime
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, actor_of, asked_moment, respond
from audits.kernel import NotPermitted, Role, Value
from audits.past.moments import Moment
from licenses.auditing.books import AccountBalance, CurrencyTotal, ledger_at
from licenses.queries import ledger_accounts

READERS: Final = frozenset({Role.AUDITOR, Role.OFFICER, Role.TREASURY})


class TrialBalance(msgspec.Struct, frozen=True, kw_only=True):
    """The whole ledger, at one moment."""

    accounts: tuple[AccountBalance, ...]
    totals: tuple[CurrencyTotal, ...]
    stands_on: Moment | msgspec.UnsetType = msgspec.UNSET
    """For a balance of the past, which is added up from events alone."""


class BalanceQuery(Value):
    """Query parameters of the balance: now, or as it stood."""

    as_of: AsOfTime | None = None
    log_index: AsOfIndex | None = None


class TrialBalanceView(ApiView):
    """Adds the ledger up."""

    def describe_get(self) -> Operation:
        """Describe the balance."""
        content = {bodies.JSON: {"schema": Of(TrialBalance)}}
        return Operation(
            operation_id="show_trial_balance",
            tag="ledger",
            summary="Show the trial balance",
            description=f"For: {', '.join(sorted(READERS))}.",
            parameters=operations.query_parameters(BalanceQuery),
            responses={200: {"description": "Every account and the totals.", "content": content}},
            problems=(*operations.LISTING, 403, *operations.PAST),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show the balance."""
        role = actor_of(request).role
        if role not in READERS:
            raise NotPermitted("role_not_permitted", f"The ledger is not for the role {role.value}")
        at = asked_moment(bodies.query(request.GET, BalanceQuery))
        return respond(bodies.to_wire(trial_balance() if at is None else balance_at(at)))


def balance_at(at: Moment) -> TrialBalance:
    """Add the ledger up from the events of the log up to a moment."""
    ledger = ledger_at(at)
    return TrialBalance(accounts=ledger.accounts, totals=ledger.totals, stands_on=at)


def trial_balance() -> TrialBalance:
    """Read every account in one query and add them up by currency."""
    accounts = tuple(
        AccountBalance(
            name=row.name,
            kind=row.kind,
            currency=row.currency,
            debits_posted_cents=row.debits_posted,
            credits_posted_cents=row.credits_posted,
            debits_pending_cents=row.debits_pending,
            credits_pending_cents=row.credits_pending,
        )
        for row in ledger_accounts()
    )
    by_currency: dict[str, list[AccountBalance]] = defaultdict(list)
    for account in accounts:
        by_currency[account.currency].append(account)
    totals = tuple(_total(currency, held) for currency, held in sorted(by_currency.items()))
    return TrialBalance(accounts=accounts, totals=totals)


def _total(currency: str, accounts: list[AccountBalance]) -> CurrencyTotal:
    debits_posted = sum(account.debits_posted_cents for account in accounts)
    credits_posted = sum(account.credits_posted_cents for account in accounts)
    debits_pending = sum(account.debits_pending_cents for account in accounts)
    credits_pending = sum(account.credits_pending_cents for account in accounts)
    return CurrencyTotal(
        currency=currency,
        debits_posted_cents=debits_posted,
        credits_posted_cents=credits_posted,
        debits_pending_cents=debits_pending,
        credits_pending_cents=credits_pending,
        balanced=(debits_posted, debits_pending) == (credits_posted, credits_pending),
    )
