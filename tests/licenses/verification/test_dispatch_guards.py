"""A dispatch by raw SQL lacks nothing, or is refused at COMMIT; nothing has changed then."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.allotment.events import VolumePosted
from licenses.domain.escrow.events import DepositBooked, EscrowOpened, EscrowReleased
from licenses.domain.license.events import LicenseDrawnDown
from tests.licenses.verification.attempts import (
    ALLOTMENT,
    DISPATCH,
    ENTRY,
    GROSS,
    SERIAL,
    TRANSFER,
    Attempt,
    Refusal,
    dispatch,
    dispatch_parts,
    logins,
    reservation,
    taken,
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, events, fetch, latest
from tests.support.people import EXPORTER, identity


def test_a_whole_dispatch_passes_the_guards(world: Played) -> None:
    """Show that the attempts below are refused for what they lack, and for nothing else."""
    attempt = dispatch(world)
    attempt.run("SET CONSTRAINTS ALL IMMEDIATE")
    attempt.run("DO $$ BEGIN RAISE EXCEPTION 'rolled back' USING ERRCODE = 'TG999'; END $$")
    assert attempt.refusal() == Refusal("TG999")


@pytest.mark.parametrize(
    "without",
    [
        [EscrowReleased],
        [TRANSFER],
        [SERIAL],
        [VolumePosted],
        [ENTRY],
        [LicenseDrawnDown],
        [EscrowReleased, VolumePosted, LicenseDrawnDown, SERIAL],
    ],
    ids=lambda parts: ", ".join(getattr(part, "__name__", part) for part in parts),
)
def test_a_dispatch_that_lacks_a_part_is_refused_at_commit(
    world: Played, without: Sequence[Any]
) -> None:
    refusal = dispatch(world, without=without).refusal()
    assert refusal == Refusal(DISPATCH)
    assert refusal.at_commit


@pytest.mark.parametrize(
    "changes",
    [
        {"value_cents": GROSS - 1},
        {"serials": ("SN-1", "SN-2")},
        {"quantity": 1},
        {"allotment_id": None},
        {"license_id": identity("another license")},
        {"line": 2},
        {"currency": "EUR"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_dispatch_of_something_else_than_was_requested_is_refused(
    world: Played, changes: dict[str, Any]
) -> None:
    assert dispatch(world, ShipmentDispatched=changes).refusal() == Refusal(DISPATCH)


def test_a_dispatch_that_released_less_than_its_price_is_refused(world: Played) -> None:
    less = {"gross_cents": GROSS - 4, "exporter_cents": GROSS - GROSS // 4 - 4}
    assert dispatch(world, EscrowReleased=less).refusal() == Refusal(DISPATCH)


def other_account(world: Played, opened: EscrowOpened) -> Attempt:
    """Open another account in the deal, and put it in the place of the real one."""
    elsewhere = identity("another escrow")
    deal = events(world.open.license_id)[0].correlation_id
    happened = ("escrow", elsewhere, opened)
    forged = drafts(happened, actor=EXPORTER, command="OpenEscrow", correlation_id=deal)
    attempt = Attempt().events(forged)
    attempt.run(
        "UPDATE licenses_escrow SET id = %s WHERE license_id = %s", elsewhere, world.open.license_id
    )
    return attempt


@logins
def test_no_account_without_prepayment_is_put_in_the_place_of_the_real_one(
    world: Played, login: str
) -> None:
    opened = latest(world.open.escrow_id, EscrowOpened).data
    free = replace(opened, prepayment=replace(opened.prepayment, required=False))
    attempt = other_account(world, free)
    attempt.statements += dispatch(world, without=[EscrowReleased, TRANSFER]).statements
    attempt.login = login
    assert attempt.refusal() == Refusal(DISPATCH)


def test_no_account_over_a_lower_price_is_put_in_the_place_of_the_real_one(world: Played) -> None:
    opened = latest(world.open.escrow_id, EscrowOpened).data
    attempt = other_account(world, replace(opened, price_cents=GROSS))
    booked = latest(world.open.escrow_id, DepositBooked).data
    short = taken(booked, escrow_cents=booked.amount_cents - GROSS)
    after = [("escrow", world.open.escrow_id, short)]
    attempt.statements += dispatch(world, after=after).statements
    assert attempt.refusal() == Refusal(DISPATCH)


def test_no_payment_is_enough_for_a_license_without_an_account(world: Played) -> None:
    del world
    price = fetch("SELECT licenses_prepayment_cents(%s)", identity("another license"))
    assert price == Decimal("Infinity")


@pytest.mark.parametrize("kind", [EscrowReleased, VolumePosted, LicenseDrawnDown])
def test_what_follows_a_dispatch_is_refused_alone(world: Played, kind: type[Event]) -> None:
    others = [each for each in dispatch_parts(world) if each is not kind]
    refusal = dispatch(world, without=[*others, SERIAL]).refusal()
    assert refusal == Refusal(DISPATCH)
    assert refusal.at_commit


def test_volume_is_not_held_without_a_grant(world: Played) -> None:
    reserved, row = reservation(world, 1)
    refusal = Attempt().events([reserved]).rows(ENTRY, [row]).refusal()
    assert refusal == Refusal(ALLOTMENT)
    assert refusal.at_commit
