"""Money and volume as the journal gives them, and as the database keeps them."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits import replay
from licenses.domain import allotment
from licenses.domain.ledger import Balance, TrialBalance, postings, trial_balance
from licenses.models import LedgerAccount
from licenses.verification.volume import COUNTER_COLUMNS, counter_row

SIDES: Final = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")


def ledger() -> TrialBalance:
    """Add up what all events move, in the order in which they were written."""
    events = sorted(
        replay.events_of(["escrow", "remittance"]),
        key=lambda event: (event.recorded_at, event.stream_id, event.version),
    )
    return trial_balance(
        transfer
        for event in events
        for transfer in postings(event.data, stream_id=event.stream_id, event_id=event.event_id)
    )


def by_account(balances: Iterable[Balance]) -> dict[str, tuple[int, ...]]:
    """Name the counters of each account in the order of SIDES."""
    return {
        balance.account.name: (
            *(balance.debit_pending_cents, balance.debit_posted_cents),
            *(balance.credit_pending_cents, balance.credit_posted_cents),
        )
        for balance in balances
    }


def accounts() -> dict[str, tuple[int, ...]]:
    """Read the counters that the database keeps of each account."""
    rows = LedgerAccount.objects.values_list("name", *SIDES)
    return {name: tuple(counters) for name, *counters in rows}


def counters(stream_id: UUID) -> dict[str, Any]:
    """Read the counters that the database keeps of an allotment."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COUNTER_COLUMNS)} FROM licenses_allotment_counter WHERE id = %s",  # noqa: S608 -- our own columns
            [stream_id],
        )
        [row] = cursor.fetchall()
    return dict(zip(COUNTER_COLUMNS, row, strict=True))


def folded(stream_id: UUID) -> dict[str, Any]:
    """Fold the same counters from events."""
    [volume] = [
        each.state.volume
        for each in replay.streams_of(allotment.DECIDER)
        if each.stream_id == stream_id
    ]
    row = counter_row(stream_id, volume.cap, volume.counters)
    return dict(zip(COUNTER_COLUMNS, row, strict=True))
