"""The ledger: what each event moves, and what a sound ledger never shows."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.ledger import (
    Account,
    AccountKind,
    Balance,
    Code,
    RemittanceTotals,
    Total,
    Transfer,
    TransferKind,
    postings,
    remittance_totals,
    trial_balance,
)
from licenses.domain.remittance.events import RemittanceAssessed, Source
from tests.licenses.domain.escrow import scenes as escrow
from tests.licenses.domain.remittance import scenes as remittance
from tests.support.people import SYSTEM, identity

STREAM: Final = identity("stream/ledger")
EVENT: Final = identity("event/ledger")

BANK_CLEARING: Final = Account(kind=AccountKind.BANK_CLEARING, currency="USD")
ESCROW: Final = Account(kind=AccountKind.ESCROW, owner_id=escrow.LICENSE, currency="USD")
EXCESS: Final = Account(kind=AccountKind.EXCESS, owner_id=escrow.LICENSE, currency="USD")
EXPORTER: Final = Account(
    kind=AccountKind.EXPORTER_PAYABLE, owner_id=escrow.EXPORTER_ID, currency="USD"
)
TREASURY: Final = Account(kind=AccountKind.TREASURY_PAYABLE, currency="USD")
DEBT: Final = Account(kind=AccountKind.BUYER_RECEIVABLE, owner_id=escrow.LICENSE, currency="USD")
ADVANCE: Final = Account(kind=AccountKind.BANK_ADVANCE, owner_id=escrow.LICENSE, currency="USD")
FORFEITED: Final = Account(kind=AccountKind.FORFEITED, currency="USD")
RECEIVABLE: Final = Account(
    kind=AccountKind.LEVY_RECEIVABLE, owner_id=remittance.EXPORTER_ID, currency="USD"
)

Movement = tuple[TransferKind, Account, Account, int, Code]


def movements(event: Event) -> list[Movement]:
    """Tell what an event moves, ids left out."""
    transfers = postings(event, stream_id=STREAM, event_id=EVENT)
    assert all(item.currency == "USD" for item in transfers)
    assert all((item.stream_id, item.event_id) == (STREAM, EVENT) for item in transfers)
    return [
        (item.kind, item.debit, item.credit, item.amount_cents, item.code) for item in transfers
    ]


def all_postings(events: Iterable[Event]) -> list[Transfer]:
    """Post a history; each event gets an id of its own."""
    return [
        transfer
        for number, event in enumerate(events)
        for transfer in postings(event, stream_id=STREAM, event_id=UUID(int=number))
    ]


def last(history: list[Event]) -> Event:
    return history[-1]


def posted(debit: Account, credit: Account, amount_cents: int, code: Code) -> Movement:
    return (TransferKind.POSTED, debit, credit, amount_cents, code)


# What each event moves


def test_a_deposit_fills_the_escrow() -> None:
    assert movements(escrow.HISTORIES["partly paid"][1]) == [
        posted(BANK_CLEARING, ESCROW, 400_00, Code.DEPOSIT)
    ]


def test_an_overpayment_is_split() -> None:
    assert movements(escrow.HISTORIES["overpaid"][1]) == [
        posted(BANK_CLEARING, ESCROW, 1_000_01, Code.DEPOSIT),
        posted(BANK_CLEARING, EXCESS, 5, Code.EXCESS),
    ]


def test_a_payment_into_a_funded_escrow_is_excess_only() -> None:
    step = (escrow.deposit(5, "E2"), escrow.deposit_facts())
    events = escrow.history(escrow.OPENING, escrow.PAYING, step)
    assert movements(last(events)) == [posted(BANK_CLEARING, EXCESS, 5, Code.EXCESS)]


def test_excess_goes_back_to_the_bank() -> None:
    paying = (escrow.deposit(1_000_06), escrow.deposit_facts())
    returning = (escrow.returning(5), escrow.return_facts())
    events = escrow.history(escrow.OPENING, paying, returning)
    assert movements(last(events)) == [posted(EXCESS, BANK_CLEARING, 5, Code.EXCESS_RETURN)]


def test_a_payment_taken_back_leaves_excess_and_escrow_and_the_bank_advances_the_rest() -> None:
    paying = (escrow.deposit(1_000_06), escrow.deposit_facts())
    releasing = (escrow.release(300_00), escrow.acting(SYSTEM))
    taking = (escrow.reversal(1_000_06), escrow.deposit_facts())
    events = escrow.history(escrow.OPENING, paying, releasing, taking)
    assert movements(last(events)) == [
        posted(EXCESS, BANK_CLEARING, 5, Code.EXCESS_REVERSAL),
        posted(ESCROW, BANK_CLEARING, 700_01, Code.DEPOSIT_REVERSAL),
        posted(DEBT, ADVANCE, 300_00, Code.ADVANCE),
    ]


def test_a_new_payment_repays_the_advance() -> None:
    assert movements(last(escrow.HISTORIES["repaid"])) == [
        posted(ESCROW, BANK_CLEARING, 5, Code.REPAYMENT),
        posted(ADVANCE, DEBT, 5, Code.SETTLEMENT),
    ]


def test_what_is_given_back_settles_then_fills_then_is_excess() -> None:
    early = (escrow.reversal(1_000_01, "RV1"), escrow.deposit_facts())
    part = (escrow.deposit(1_000_01 - 7), escrow.deposit_facts())
    rest = (escrow.deposit(1_000_01 - 2, "E2"), escrow.deposit_facts())
    events = escrow.history(escrow.OPENING, early, part, rest, escrow.UNDOING)
    assert movements(events[-2]) == [
        posted(BANK_CLEARING, ESCROW, 9, Code.DEPOSIT),
        posted(BANK_CLEARING, EXCESS, 1_000_01 - 9, Code.EXCESS),
    ]
    settled = escrow.history(escrow.OPENING, early, part, escrow.UNDOING)
    assert movements(last(settled)) == [
        posted(ADVANCE, DEBT, 7, Code.SETTLEMENT),
        posted(BANK_CLEARING, ESCROW, 1_000_01 - 7, Code.DEPOSIT),
    ]


def test_a_release_is_shared_by_treasury_and_exporter() -> None:
    assert movements(last(escrow.HISTORIES["released"])) == [
        posted(ESCROW, TREASURY, 250_01, Code.LEVY),
        posted(ESCROW, EXPORTER, 750_00, Code.PROCEEDS),
    ]


def test_a_release_that_is_all_levy_pays_no_exporter() -> None:
    events = escrow.history(
        escrow.OPENING, escrow.PAYING, (escrow.release(1), escrow.acting(SYSTEM))
    )
    assert movements(last(events)) == [posted(ESCROW, TREASURY, 1, Code.LEVY)]


def test_forfeiture_moves_the_rest() -> None:
    assert movements(last(escrow.HISTORIES["forfeited"])) == [
        posted(ESCROW, FORFEITED, 1_000_01, Code.FORFEITURE)
    ]


def test_forfeiting_nothing_moves_nothing() -> None:
    events = escrow.history(escrow.OPENING, (escrow.FORFEIT, escrow.FORFEIT_FACTS))
    assert movements(last(events)) == []


def test_a_waiver_earmarks_and_the_payment_posts() -> None:
    waived, paid = all_postings(escrow.HISTORIES["refunded"][-2:])
    assert (waived.kind, waived.debit, waived.credit, waived.amount_cents) == (
        *(TransferKind.PENDING, ESCROW, BANK_CLEARING, 1_000_01),
    )
    assert (paid.kind, paid.debit, paid.credit, paid.amount_cents) == (
        *(TransferKind.POST, ESCROW, BANK_CLEARING, 1_000_01),
    )
    assert paid.pending_id == waived.transfer_id


@pytest.mark.parametrize("name", ["awaiting funds", "set aside", "refund proposed"])
def test_what_moves_no_money_is_not_posted(name: str) -> None:
    assert movements(last(escrow.HISTORIES[name])) == []


def test_a_levy_out_of_escrow_was_posted_at_the_release() -> None:
    assert movements(last(remittance.HISTORIES["assessed"])) == []


def test_a_levy_paid_directly_is_owed_from_the_assessment_on() -> None:
    assessed = replace(last(remittance.HISTORIES["assessed"]), source=Source.PAYER)
    assert movements(assessed) == [posted(RECEIVABLE, TREASURY, 250_01, Code.LEVY)]


def test_nothing_due_moves_nothing() -> None:
    assert all_postings(remittance.HISTORIES["nothing due"]) == []


@pytest.mark.parametrize(
    ("source", "paying"), [(Source.ESCROW, BANK_CLEARING), (Source.PAYER, RECEIVABLE)]
)
def test_an_instruction_earmarks_until_it_is_confirmed_or_comes_back(
    source: Source, paying: Account
) -> None:
    instructed = replace(last(remittance.HISTORIES["instructed"]), source=source)
    returned = replace(last(remittance.HISTORIES["returned"]), source=source)
    confirmed = replace(last(remittance.HISTORIES["confirmed"]), source=source)
    pending, void, post = all_postings([instructed, returned, confirmed])
    for transfer, kind in (
        (pending, TransferKind.PENDING),
        (void, TransferKind.VOID),
        (post, TransferKind.POST),
    ):
        assert (transfer.kind, transfer.debit, transfer.credit) == (kind, TREASURY, paying)
        assert (transfer.amount_cents, transfer.code) == (250_01, Code.REMITTANCE)
    assert pending.pending_id is None
    assert void.pending_id == post.pending_id == pending.transfer_id


# Identity


def test_posting_the_same_event_again_gives_the_same_transfers() -> None:
    event = last(escrow.HISTORIES["released"])
    once = postings(event, stream_id=STREAM, event_id=EVENT)
    assert postings(event, stream_id=STREAM, event_id=EVENT) == once


def test_a_second_event_for_the_same_fact_collides() -> None:
    event = last(escrow.HISTORIES["released"])
    first = postings(event, stream_id=STREAM, event_id=UUID(int=1))
    second = postings(event, stream_id=STREAM, event_id=UUID(int=2))
    assert [item.business_key for item in first] == [item.business_key for item in second]
    assert [item.transfer_id for item in first] == [item.transfer_id for item in second]


def test_one_bank_entry_collides_in_whatever_escrow_it_is_booked() -> None:
    credited: Any = escrow.HISTORIES["funded"][1]
    elsewhere = replace(
        credited, license_id=identity("license/other"), credited_cents=0, excess_cents=1_000_01
    )
    (one,) = postings(credited, stream_id=STREAM, event_id=UUID(int=1))
    (other,) = postings(elsewhere, stream_id=STREAM, event_id=UUID(int=2))
    assert one.business_key == other.business_key


def test_slashes_in_references_do_not_make_keys_alike() -> None:
    booked: Any = escrow.HISTORIES["funded"][1]
    one = all_postings([replace(booked, account="A/B", bank_reference="C")])
    other = all_postings([replace(booked, account="A", bank_reference="B/C")])
    assert one[0].business_key != other[0].business_key


def test_a_confirmation_of_another_payment_collides() -> None:
    confirmed: Any = last(remittance.HISTORIES["confirmed"])
    one = all_postings([confirmed])
    other = all_postings([replace(confirmed, bank_reference="T2")])
    assert one[0].business_key == other[0].business_key


def test_accounts_have_names() -> None:
    assert BANK_CLEARING.name == "bank_clearing/USD"
    assert ESCROW.name == f"escrow/{escrow.LICENSE}/USD"


# The trial balance


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
