"""Every transfer and every account is added up again from events; whatever differs is named."""

# ruff: noqa: S608 -- tables and columns are those of our own models

from typing import Any

import pytest
from msgspec.structs import replace

from audits.codec import Recorded
from licenses import guarded
from licenses.domain.escrow.events import EscrowReleased, ExcessReturned, RefundPaid
from licenses.domain.remittance.events import RemittanceReturned, Source
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import (
    as_superuser,
    fetch,
    forge,
    guards_lifted,
    latest,
    names,
    run,
)
from tests.support.people import BANK

TRANSFER = "licenses_ledger_transfer"
ACCOUNT = "licenses_ledger_account"
ANOTHER = {
    "kind": "'pending'",
    "debit_id": "'exporter_payable/somebody/USD'",
    "credit_id": "'forfeited/USD'",
    "amount_cents": "amount_cents - 1",
    "currency": "'EUR'",
    "pending_id": "(SELECT id FROM licenses_ledger_transfer WHERE code = 'deposit' LIMIT 1)",
    "code": "'forfeiture'",
    "subject_id": "gen_random_uuid()",
    "business_key": "'another'",
}


def transfer_of(played: Played) -> Any:
    return fetch(
        f"SELECT id FROM {TRANSFER} WHERE code = 'levy' AND subject_id = %s",
        played.remitted.shipment_id,
    )


def test_a_missing_transfer_is_named(played: Played) -> None:
    transfer = transfer_of(played)
    as_superuser(TRANSFER, "DELETE FROM licenses_ledger_transfer WHERE id = %s", transfer)
    names("ledger", "guarded_row_missing", transfer)


@pytest.mark.parametrize("column", [*guarded.TRANSFER_COLUMNS[1:7], *guarded.TRANSFER_COLUMNS[8:]])
def test_an_altered_transfer_is_named(played: Played, column: str) -> None:
    transfer = transfer_of(played)
    statement = f"UPDATE {TRANSFER} SET {column} = {ANOTHER[column]} WHERE id = %s"
    as_superuser(TRANSFER, statement, transfer)
    names("ledger", "guarded_row_altered", transfer)


@pytest.mark.parametrize("kind", ["deposit_booked", "license_granted"])
@pytest.mark.usefixtures("played")
def test_a_surplus_transfer_is_named(kind: str) -> None:
    event = fetch("SELECT event_id FROM audits_event WHERE type = %s LIMIT 1", kind)
    surplus = fetch("SELECT gen_random_uuid()")
    with guards_lifted(TRANSFER):
        run(
            "INSERT INTO licenses_ledger_transfer (id, kind, debit_id, credit_id, amount_cents,"
            " currency, event_id, code, subject_id, business_key)"
            " VALUES (%s, 'posted', 'bank_clearing/USD', 'exporter_payable/x/USD', 5, 'USD', %s,"
            " 'proceeds', gen_random_uuid(), 'surplus')",
            surplus,
            event,
        )
    names("ledger", "guarded_row_surplus", surplus)


@pytest.mark.parametrize(
    "change",
    [
        "debits_pending = debits_pending + 1",
        "debits_posted = debits_posted - 1",
        "credits_pending = credits_pending + 1",
        "credits_posted = credits_posted + 1",
        "currency = 'EUR'",
        "kind = 'levy_receivable'",
    ],
)
@pytest.mark.usefixtures("played")
def test_an_altered_account_is_named(change: str) -> None:
    statement = f"UPDATE {ACCOUNT} SET {change} WHERE name = 'bank_clearing/USD'"
    as_superuser(ACCOUNT, statement)
    names("ledger", "account_wrong", "bank_clearing/USD")


@pytest.mark.usefixtures("played")
def test_a_missing_account_is_named() -> None:
    as_superuser(ACCOUNT, "DELETE FROM licenses_ledger_account WHERE name = 'treasury_payable/USD'")
    names("ledger", "account_wrong", "treasury_payable/USD")


@pytest.mark.usefixtures("played")
def test_a_surplus_account_is_named() -> None:
    as_superuser(
        ACCOUNT,
        "INSERT INTO licenses_ledger_account VALUES ('escrow/x/USD', 'escrow', 'USD', 0, 0, 0, 0)",
    )
    names("ledger", "account_wrong", "escrow/x/USD")


def cover_up(event: Recorded[Any]) -> None:
    """Make rows and accounts agree with a forged event, as a careful superuser would."""
    run("ALTER TABLE licenses_ledger_account DROP CONSTRAINT licenses_ledger_covered")
    run("ALTER TABLE licenses_ledger_account DROP CONSTRAINT licenses_ledger_not_negative")
    with guards_lifted(TRANSFER, ACCOUNT):
        guarded.write_transfers([event])
        [row] = guarded.transfer_rows(event)
        _, kind, debit, credit, amount, *_ = row
        pending = {"posted": 0, "pending": amount}.get(kind, -amount)
        posted = amount if kind in {"posted", "post"} else 0
        for side, account in (("debits", debit), ("credits", credit)):
            run(
                f"UPDATE {ACCOUNT} SET {side}_pending = {side}_pending + %s,"
                f" {side}_posted = {side}_posted + %s WHERE name = %s",
                pending,
                posted,
                account,
            )


def test_a_payment_beyond_what_an_account_holds_is_named(played: Played) -> None:
    returned = latest(played.refunded.escrow_id, ExcessReturned).data
    again = replace(returned, bank_reference="EXCESS-2", excess_cents=0)
    [event] = forge(
        ("escrow", played.refunded.escrow_id, again), actor=BANK, command="ReturnExcess"
    )
    cover_up(event)
    names("trial_balance", "account_overdrawn", f"excess/{played.refunded.license_id}/USD")


def test_a_resolution_of_nothing_pending_is_named(played: Played) -> None:
    released = latest(played.short.escrow_id, EscrowReleased).data
    returned = RemittanceReturned(
        shipment_id=played.short.shipment_id,
        exporter_id=released.exporter_id,
        source=Source.ESCROW,
        bank_reference="NEVER-INSTRUCTED",
        amount_cents=released.levy_cents,
        currency="USD",
        reason="Sent back",
    )
    happened = ("remittance", played.short.remittance_id, returned)
    [event] = forge(happened, actor=BANK, command="ReturnRemittance")
    cover_up(event)
    names("ledger", "resolution_wrong", guarded.transfer_rows(event)[0][0])


def test_a_second_event_for_the_same_money_is_named(played: Played) -> None:
    paid = latest(played.refunded.escrow_id, RefundPaid)
    happened = ("escrow", played.refunded.escrow_id, paid.data)
    [event] = forge(happened, actor=BANK, command="ConfirmRefundPaid")
    [row] = guarded.transfer_rows(event)
    assert row[0] == guarded.transfer_rows(paid)[0][0]
    names("ledger", "guarded_row_missing", row[0])


@pytest.mark.usefixtures("played")
def test_a_one_sided_counter_puts_the_trial_balance_off() -> None:
    as_superuser(
        ACCOUNT,
        "UPDATE licenses_ledger_account SET debits_posted = debits_posted + 1"
        " WHERE name = 'bank_clearing/USD'",
    )
    names("trial_balance", "trial_balance_off", "USD")


@pytest.mark.usefixtures("played")
def test_a_one_sided_pending_counter_puts_the_trial_balance_off() -> None:
    as_superuser(
        ACCOUNT,
        "UPDATE licenses_ledger_account SET debits_pending = debits_pending + 1"
        " WHERE name = 'bank_clearing/USD'",
    )
    names("trial_balance", "trial_balance_off", "USD")
