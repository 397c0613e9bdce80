"""Money moves by raw SQL exactly as an event says, once, and never what is not there."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from audits import context as minting
from audits.kernel import Event
from licenses import guarded
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    DepositBooked,
    ExcessReturned,
    ReversalUndone,
)
from licenses.domain.remittance.events import RemittanceConfirmed, RemittanceInstructed
from tests.licenses.verification.attempts import (
    CHECKED,
    DISPATCH,
    GROSS,
    LEDGER,
    REPEATED,
    TRANSFER,
    Attempt,
    Refusal,
    dispatch,
    logins,
    taken,
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, events, latest
from tests.support.people import BANK, EXPORTER, identity


def money(world: Played, event: Event, stream: UUID) -> Attempt:
    """Attempt an event that moves money, with the transfers that follow from it."""
    aggregate = "remittance" if stream == world.remitted.remittance_id else "escrow"
    recorded = drafts((aggregate, stream, event), actor=BANK, command="Any")
    rows = [row for each in recorded for row in guarded.transfer_rows(each)]
    return Attempt().events(recorded).rows(TRANSFER, rows)


def test_nothing_is_returned_that_is_not_there(world: Played) -> None:
    returned = latest(world.refunded.escrow_id, ExcessReturned).data
    again = replace(returned, bank_reference="EXCESS-2", amount_cents=1)
    refusal = money(world, again, world.refunded.escrow_id).refusal()
    assert refusal == Refusal(CHECKED, "licenses_ledger_covered")


def test_an_escrow_is_not_overdrawn_by_one_cent(world: Played) -> None:
    held = world.open.price_cents
    more = {"gross_cents": held + 1, "exporter_cents": held + 1 - GROSS // 4}
    refusal = dispatch(world, EscrowReleased=more).refusal()
    assert refusal == Refusal(CHECKED, "licenses_ledger_covered")


def of_fields(kind: type[Event], said: Mapping[str, Any]) -> Event:
    """Make an event of those fields that it has."""
    return kind(**{name: said[name] for name in kind.__struct_fields__})


def left_after(world: Played, *events: Event) -> Attempt:
    """Attempt the dispatch of the open deal after `events` of its escrow."""
    escrow_id = world.open.escrow_id
    return dispatch(world, after=[("escrow", escrow_id, event) for event in events])


@pytest.mark.parametrize(
    ("left_cents", "refused"),
    [
        # What is released is there no more.
        (GROSS - 1, Refusal(CHECKED, "licenses_ledger_covered")),
        # It is there, but not all that must be prepaid is, to the cent.
        (GROSS, Refusal(DISPATCH)),
        (None, Refusal(DISPATCH)),
    ],
)
@logins
def test_nothing_leaves_on_a_payment_that_the_bank_took_back(
    world: Played, login: str, left_cents: int | None, refused: Refusal
) -> None:
    left_cents = world.open.price_cents - 1 if left_cents is None else left_cents
    booked = latest(world.open.escrow_id, DepositBooked).data
    attempt = left_after(world, taken(booked, escrow_cents=booked.amount_cents - left_cents))
    attempt.login = login
    assert attempt.refusal() == refused


def test_an_advance_of_the_bank_is_no_payment(world: Played) -> None:
    booked = latest(world.open.escrow_id, DepositBooked).data
    assert left_after(world, taken(booked, advanced_cents=1)).refusal() == Refusal(DISPATCH)


def test_a_repayment_to_the_bank_counts_once(world: Played) -> None:
    """Half of what the bank advanced was paid again: the other half is missing."""
    booked = latest(world.open.escrow_id, DepositBooked).data
    reversed_ = taken(booked, advanced_cents=2)
    again = replace(booked, bank_reference="AGAIN", amount_cents=1, credited_cents=1)
    repaid = of_fields(AdvanceRepaid, msgspec.structs.asdict(reversed_) | {"amount_cents": 1})
    assert left_after(world, reversed_, again, repaid).refusal() == Refusal(DISPATCH)


def test_what_the_bank_gave_back_or_was_repaid_counts_again(world: Played) -> None:
    booked = latest(world.open.escrow_id, DepositBooked).data
    reversed_ = taken(booked, escrow_cents=booked.amount_cents - 2, advanced_cents=2)
    said = msgspec.structs.asdict(reversed_)
    undone = of_fields(ReversalUndone, said | {"settled_cents": 1})
    again = replace(booked, bank_reference="AGAIN", amount_cents=1, credited_cents=1)
    repaid = of_fields(AdvanceRepaid, said | {"amount_cents": 1})
    attempt = left_after(world, reversed_, undone, again, repaid)
    attempt.run("SET CONSTRAINTS ALL IMMEDIATE")
    attempt.run("DO $$ BEGIN RAISE EXCEPTION 'rolled back' USING ERRCODE = 'TG999'; END $$")
    assert attempt.refusal() == Refusal("TG999")
    unpaid = left_after(world, reversed_, undone)
    assert unpaid.refusal() == Refusal(DISPATCH)


def deposit(world: Played) -> tuple[Any, ...]:
    """Give the row of a deposit that was booked."""
    [row] = guarded.transfer_rows(latest(world.open.escrow_id, DepositBooked))
    return row


def changed(row: Sequence[Any], **changes: Any) -> tuple[Any, ...]:
    named = dict(zip(guarded.TRANSFER_COLUMNS, row, strict=True))
    fresh = {"id": minting.new_id(), "business_key": "forged"}
    return tuple((named | fresh | changes).values())


def test_an_event_moves_its_money_once(world: Played) -> None:
    refusal = Attempt().rows(TRANSFER, [changed(deposit(world))]).refusal()
    assert refusal == Refusal(REPEATED, "licenses_transfer_once")


def test_a_business_fact_moves_its_money_once(world: Played) -> None:
    booked = latest(world.open.escrow_id, DepositBooked).data
    refusal = money(world, booked, world.open.escrow_id).refusal()
    assert refusal.code == REPEATED


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "proceeds"},
        {"code": "bribe"},
        {"code": "excess"},
        {"amount_cents": 1},
        {"kind": "pending"},
        {"credit_id": f"exporter_payable/{EXPORTER.organization_id}/USD"},
        {"debit_id": "forfeited/USD"},
        {"currency": "EUR"},
        {"subject_id": identity("another license")},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())),
)
@logins
def test_no_money_moves_otherwise_than_its_event_says(
    world: Played, login: str, changes: dict[str, Any]
) -> None:
    attempt = Attempt(login).rows(TRANSFER, [changed(deposit(world), **changes)])
    assert attempt.refusal() == Refusal(LEDGER)


@pytest.mark.parametrize("place", ["license", "nowhere"])
def test_no_money_moves_without_an_event_of_its_own(world: Played, place: str) -> None:
    event = events(world.open.license_id)[0].event_id if place == "license" else minting.new_id()
    row = changed(deposit(world), event_id=event)
    assert Attempt().rows(TRANSFER, [row]).refusal() == Refusal(LEDGER)


def test_a_pending_transfer_is_resolved_once(world: Played) -> None:
    """Another payment of the same amount is pending: the counters would allow it."""
    instructed = latest(world.remitted.remittance_id, RemittanceInstructed).data
    other = replace(instructed, shipment_id=world.short.shipment_id, bank_reference="PAY-AGAIN")
    confirmed = latest(world.remitted.remittance_id, RemittanceConfirmed).data
    recorded = drafts(
        ("remittance", world.short.remittance_id, other),
        ("remittance", world.remitted.remittance_id, confirmed),
        actor=BANK,
        command="Any",
    )
    [pending], [post] = map(guarded.transfer_rows, recorded)
    refusal = Attempt().events(recorded).rows(TRANSFER, [pending, changed(post)]).refusal()
    assert refusal == Refusal(REPEATED, "licenses_transfer_resolved_once")


def test_what_was_never_pending_is_not_resolved(world: Played) -> None:
    confirmed = latest(world.remitted.remittance_id, RemittanceConfirmed).data
    other = replace(confirmed, bank_reference="NEVER-INSTRUCTED")
    refusal = money(world, other, world.remitted.remittance_id).refusal()
    assert refusal.code == LEDGER


def test_a_resolution_is_of_the_same_amount(world: Played) -> None:
    confirmed = latest(world.remitted.remittance_id, RemittanceConfirmed).data
    less = replace(confirmed, amount_cents=confirmed.amount_cents - 1)
    refusal = money(world, less, world.remitted.remittance_id).refusal()
    assert refusal.code == LEDGER


def test_only_post_and_void_name_a_pending_transfer(world: Played) -> None:
    instructed = latest(world.remitted.remittance_id, RemittanceInstructed)
    [pending] = guarded.transfer_rows(instructed)
    row = changed(deposit(world), pending_id=pending[0])
    assert Attempt().rows(TRANSFER, [row]).refusal() == Refusal(LEDGER)
