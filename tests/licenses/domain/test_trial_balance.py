"""The trial balance: whole histories add up, and each fault has its name."""

from typing import Any, Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.ledger import (
    Balance,
    RemittanceTotals,
    Total,
    Transfer,
    TransferKind,
    remittance_totals,
    trial_balance,
)
from licenses.domain.remittance.events import RemittanceAssessed, Source
from tests.licenses.domain.accounting import (
    BANK_CLEARING,
    ESCROW,
    FORFEITED,
    RECEIVABLE,
    TREASURY,
    all_postings,
)
from tests.licenses.domain.escrow import scenes as escrow
from tests.licenses.domain.remittance import scenes as remittance
from tests.support.people import SYSTEM, identity


def deal() -> list[Event]:
    """Play one whole deal: funded, released, remitted."""
    return [*escrow.HISTORIES["released"], *remittance.HISTORIES["reconciled"]]


def test_a_whole_deal_adds_up() -> None:
    result = trial_balance(all_postings(deal()))
    assert result.faults == ()
    assert {item.account.name: item.posted_cents for item in result.balances} == {
        "bank_clearing/USD": 750_00,
        f"escrow/{escrow.LICENSE}/USD": 0,
        f"exporter_payable/{escrow.EXPORTER_ID}/USD": 750_00,
        "treasury_payable/USD": 0,
    }
    assert result.totals == (
        Total(
            currency="USD",
            debit_posted_cents=2_250_03,
            credit_posted_cents=2_250_03,
            debit_pending_cents=0,
            credit_pending_cents=0,
        ),
    )


def test_what_is_pending_is_not_free() -> None:
    result = trial_balance(all_postings(escrow.HISTORIES["refund waived"]))
    assert result.faults == ()
    assert result.of(ESCROW) == Balance(
        account=ESCROW, credit_posted_cents=1_000_01, debit_pending_cents=1_000_01
    )
    assert (result.of(ESCROW).posted_cents, result.of(ESCROW).free_cents) == (1_000_01, 0)
    assert result.of(BANK_CLEARING).free_cents == 0


def test_an_account_that_nothing_touched_is_at_nothing() -> None:
    assert trial_balance([]).of(FORFEITED) == Balance(account=FORFEITED)


def test_a_returned_payment_is_free_again() -> None:
    events = [*escrow.HISTORIES["released"], *remittance.HISTORIES["returned"]]
    result = trial_balance(all_postings(events))
    assert result.faults == ()
    assert result.of(TREASURY).free_cents == 250_01


DEPOSIT, LEVY, PROCEEDS, PENDING, POST = all_postings(deal())
OTHER: Final = {"transfer_id": UUID(int=99), "business_key": "other"}


@pytest.mark.parametrize(
    ("code", "transfer"),
    [
        ("transfer_repeated", replace(DEPOSIT, business_key="other")),
        ("business_key_repeated", replace(DEPOSIT, transfer_id=UUID(int=99))),
        ("amount_not_positive", replace(DEPOSIT, amount_cents=0, **OTHER)),
        ("amount_not_positive", replace(DEPOSIT, amount_cents=-1, **OTHER)),
        ("currencies_differ", replace(DEPOSIT, currency="EUR", **OTHER)),
        (
            "currencies_differ",
            replace(DEPOSIT, credit=replace(ESCROW, currency="EUR"), **OTHER),
        ),
        ("same_account", replace(DEPOSIT, credit=DEPOSIT.debit, **OTHER)),
        ("resolution_wrong", replace(DEPOSIT, pending_id=PENDING.transfer_id, **OTHER)),
        ("resolution_wrong", replace(POST, **OTHER)),
        ("resolution_wrong", replace(POST, kind=TransferKind.VOID, **OTHER)),
        ("resolution_wrong", replace(POST, pending_id=None, **OTHER)),
        ("resolution_wrong", replace(POST, pending_id=UUID(int=98), **OTHER)),
    ],
)
def test_each_fault_has_its_name(code: str, transfer: Transfer) -> None:
    result = trial_balance([DEPOSIT, LEVY, PROCEEDS, PENDING, POST, transfer])
    assert [(fault.code, fault.transfer_id) for fault in result.faults] == [
        (code, transfer.transfer_id)
    ]


@pytest.mark.parametrize(
    "change", [{"amount_cents": 250_00}, {"debit": ESCROW}, {"credit": FORFEITED}]
)
def test_a_resolution_must_fit_what_it_resolves(change: dict[str, Any]) -> None:
    result = trial_balance([DEPOSIT, LEVY, PROCEEDS, PENDING, replace(POST, **change)])
    assert [fault.code for fault in result.faults] == ["resolution_wrong"]


def test_an_overdrawn_account_is_a_fault() -> None:
    more = replace(PROCEEDS, amount_cents=1, **OTHER)
    result = trial_balance([DEPOSIT, LEVY, PROCEEDS, more])
    assert [fault.code for fault in result.faults] == ["account_overdrawn"]


def test_earmarking_more_than_there_is_is_a_fault() -> None:
    result = trial_balance([DEPOSIT, PROCEEDS, LEVY, replace(PENDING, amount_cents=250_02)])
    assert [fault.detail for fault in result.faults] == ["treasury_payable/USD: USD -0.01"]


# The remittance of one shipment


def test_the_totals_follow_the_remittance() -> None:
    def totals(name: str) -> RemittanceTotals:
        released = escrow.history(
            escrow.OPENING,
            escrow.PAYING,
            (escrow.release(shipment_id=remittance.SHIPMENT), escrow.acting(SYSTEM)),
        )
        transfers = all_postings([*released, *remittance.HISTORIES[name]])
        return remittance_totals(transfers, remittance.SHIPMENT)

    due = RemittanceTotals(due_cents=250_01, paid_cents=0, pending_cents=0)
    assert totals("assessed") == due
    assert totals("instructed") == replace(due, pending_cents=250_01)
    assert totals("returned") == due
    assert totals("instructed anew") == replace(due, pending_cents=250_01)
    assert totals("confirmed") == replace(due, paid_cents=250_01)


def test_other_shipments_do_not_count() -> None:
    totals = remittance_totals(all_postings(deal()), identity("shipment/other"))
    assert totals == RemittanceTotals(due_cents=0, paid_cents=0, pending_cents=0)


def test_a_direct_levy_reconciles_too() -> None:
    events = [
        replace(event, source=Source.PAYER)
        for event in remittance.HISTORIES["confirmed"]
        if hasattr(event, "source")
    ]
    assert isinstance(events[0], RemittanceAssessed)
    transfers = all_postings(events)
    totals = remittance_totals(transfers, remittance.SHIPMENT)
    assert totals == RemittanceTotals(due_cents=250_01, paid_cents=250_01, pending_cents=0)
    assert trial_balance(transfers).of(RECEIVABLE).free_cents == 0
