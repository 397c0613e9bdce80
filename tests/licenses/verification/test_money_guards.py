"""Money moves by raw SQL exactly as an event says, once, and never what is not there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits import context as minting
from audits.kernel import Event
from licenses import guarded
from licenses.domain.escrow.events import (
    DepositBooked,
    ExcessReturned,
)
from licenses.domain.remittance.events import RemittanceConfirmed, RemittanceInstructed
from tests.licenses.verification.attempts import (
    CHECKED,
    GROSS,
    LEDGER,
    REPEATED,
    TRANSFER,
    Attempt,
    Refusal,
    dispatch,
    logins,
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
