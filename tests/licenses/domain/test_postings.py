"""What each event moves in the ledger, and under which identity."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.ledger import Account, Code, TransferKind, postings
from licenses.domain.remittance.events import Source
from tests.licenses.domain.accounting import (
    ADVANCE,
    BANK_CLEARING,
    DEBT,
    ESCROW,
    EVENT,
    EXCESS,
    EXPORTER,
    FORFEITED,
    RECEIVABLE,
    STREAM,
    TREASURY,
    all_postings,
    last,
)
from tests.licenses.domain.escrow import scenes as escrow
from tests.licenses.domain.remittance import scenes as remittance
from tests.support.people import SYSTEM, identity

Movement = tuple[TransferKind, Account, Account, int, Code]


def movements(event: Event) -> list[Movement]:
    """Tell what an event moves, ids left out."""
    transfers = postings(event, stream_id=STREAM, event_id=EVENT)
    assert all(item.currency == "USD" for item in transfers)
    assert all((item.stream_id, item.event_id) == (STREAM, EVENT) for item in transfers)
    return [
        (item.kind, item.debit, item.credit, item.amount_cents, item.code) for item in transfers
    ]


def posted(debit: Account, credit: Account, amount_cents: int, code: Code) -> Movement:
    return (TransferKind.POSTED, debit, credit, amount_cents, code)


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
