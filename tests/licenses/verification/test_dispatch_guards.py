"""A dispatch by raw SQL lacks nothing, or is refused at COMMIT; nothing has changed then."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.allotment.events import VolumePosted
from licenses.domain.escrow.events import EscrowOpened, EscrowReleased
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
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, latest
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


@logins
def test_no_account_without_prepayment_is_put_in_the_place_of_the_real_one(
    world: Played, login: str
) -> None:
    opened = latest(world.open.escrow_id, EscrowOpened).data
    free = replace(opened, prepayment=replace(opened.prepayment, required=False))
    elsewhere = identity("another escrow")
    forged = drafts(("escrow", elsewhere, free), actor=EXPORTER, command="OpenEscrow")
    attempt = dispatch(world, without=[EscrowReleased, TRANSFER])
    attempt.login = login
    attempt.events(forged)
    attempt.run(
        "UPDATE licenses_escrow SET id = %s WHERE license_id = %s", elsewhere, world.open.license_id
    )
    assert attempt.refusal() == Refusal(DISPATCH)


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
