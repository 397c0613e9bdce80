"""`GET /ledger/trial-balance`: every account, and that the whole adds up."""

from collections import defaultdict
from typing import Final

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from audits.api import bodies
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, actor_of, respond
from audits.kernel import NotPermitted, Role
from licenses.queries import ledger_accounts

READERS: Final = frozenset({Role.AUDITOR, Role.OFFICER, Role.TREASURY})


class AccountBalance(msgspec.Struct, frozen=True, kw_only=True):
    """One account; what is pending is earmarked and not moved yet."""

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


class TrialBalance(msgspec.Struct, frozen=True, kw_only=True):
    """The whole ledger, at one moment."""

    accounts: tuple[AccountBalance, ...]
    totals: tuple[CurrencyTotal, ...]


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
            responses={200: {"description": "Every account and the totals.", "content": content}},
            problems=(401, 403, 503),
        )

    def get(self, request: Request) -> HttpResponse:
        """Show the balance."""
        role = actor_of(request).role
        if role not in READERS:
            raise NotPermitted("role_not_permitted", f"The ledger is not for the role {role.value}")
        return respond(bodies.to_wire(trial_balance()))


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
