"""The ledger added up from events alone: transfers, accounts, trial balance."""

import json
from collections.abc import Iterator
from typing import Any, Final

from django.db import connection

from audits.differences import Difference, Look
from licenses import guarded
from licenses.verification.goods import rows_check
from licenses.verification.rows import GuardedTable, off_by

TRANSFERS: Final = GuardedTable(
    name="licenses_ledger_transfer",
    columns=guarded.TRANSFER_COLUMNS,
    aggregates=("escrow", "remittance"),
)
_transfers_check: Final = rows_check(TRANSFERS, guarded.transfer_rows)

_ACCOUNTS: Final = """
    WITH leg AS (
        SELECT debit_id AS name, currency, kind, amount_cents AS debit, 0 AS credit
        FROM licenses_ledger_transfer
        UNION ALL
        SELECT credit_id, currency, kind, 0, amount_cents FROM licenses_ledger_transfer
    ), moved AS (
        SELECT name, split_part(name, '/', 1) AS kind, min(currency)::text AS currency,
            sum(debit * p.pending)::bigint AS debits_pending,
            sum(debit * p.posted)::bigint AS debits_posted,
            sum(credit * p.pending)::bigint AS credits_pending,
            sum(credit * p.posted)::bigint AS credits_posted
        FROM leg JOIN (VALUES ('posted', 0, 1), ('pending', 1, 0), ('post', -1, 1),
                              ('void', -1, 0)) AS p (kind, pending, posted) USING (kind)
        GROUP BY name
    )
    SELECT coalesce(m.name, a.name), to_jsonb(m) - 'name', to_jsonb(a) - 'name'
    FROM moved m FULL JOIN licenses_ledger_account a USING (name)
    WHERE to_jsonb(m) IS DISTINCT FROM to_jsonb(a) ORDER BY 1
"""
_OVERDRAWN: Final = """
    SELECT name, debits_posted - credits_posted, debits_pending, credits_pending
    FROM licenses_ledger_account
    WHERE CASE WHEN kind IN ('bank_clearing', 'levy_receivable', 'buyer_receivable')
               THEN credits_pending + credits_posted > debits_posted
               ELSE debits_pending + debits_posted > credits_posted END
    ORDER BY name
"""
_UNRESOLVED: Final = """
    SELECT t.id, t.kind, t.pending_id FROM licenses_ledger_transfer t
    LEFT JOIN licenses_ledger_transfer p ON p.id = t.pending_id AND p.kind = 'pending'
        AND (p.debit_id, p.credit_id, p.amount_cents, p.currency)
          = (t.debit_id, t.credit_id, t.amount_cents, t.currency)
    WHERE (t.kind IN ('post', 'void')) <> (p.id IS NOT NULL) ORDER BY t.id
"""
_TOTALS: Final = """
    SELECT currency, sum(debits_posted), sum(credits_posted),
           sum(debits_pending), sum(credits_pending)
    FROM licenses_ledger_account GROUP BY currency ORDER BY currency
"""


def ledger_check(look: Look) -> Iterator[Difference]:
    """Derive every transfer again and replay every account.

    The accounts are replayed from the transfer rows: these are those of the events by then.
    """
    yield from _transfers_check(look)
    for name, moved, there in _fetch(_ACCOUNTS):
        expected, found = (each and json.loads(each) for each in (moved, there))
        detail = f"as its transfers are: {off_by(expected, found)}"
        yield Difference(kind="account_wrong", subject=f"account {name}", detail=detail)
    for transfer, kind, pending in _fetch(_UNRESOLVED):
        detail = f"a {kind} transfer and the pending one, {pending}, do not fit"
        yield Difference(kind="resolution_wrong", subject=f"transfer {transfer}", detail=detail)


def trial_balance_check(look: Look) -> Iterator[Difference]:
    """Strike the trial balance of every currency, and look for accounts that owe themselves."""
    totals = _fetch(_TOTALS)
    look.expect(len(totals))
    for currency, debits, credited, *pending in totals:
        if debits != credited or pending[0] != pending[1]:
            posted = debits - credited
            detail = f"debits less credits: {posted} posted, {pending[0] - pending[1]} pending"
            yield Difference(kind="trial_balance_off", subject=currency, detail=detail)
        look.done()
    for name, net, *pending in _fetch(_OVERDRAWN):
        detail = f"debits less credits {net}, pending {pending}"
        yield Difference(kind="account_overdrawn", subject=f"account {name}", detail=detail)


def _fetch(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
