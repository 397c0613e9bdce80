"""Volume is added up again from events: movements, entries, counters, and the cap itself."""

# ruff: noqa: S608 -- tables and columns are those of our own models

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits import grants
from audits.kernel import Actor, Event
from licenses import guarded
from licenses.domain import allotment
from licenses.domain.allotment.events import (
    AllotmentOpened,
    UsSaleReported,
    UsSaleReversed,
    VolumeReleased,
    VolumeReserved,
)
from licenses.domain.allotment.state import books
from licenses.domain.allotment.values import Change, Counters, Tally, add, movement
from licenses.verification.volume import COUNTER_COLUMNS
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import (
    as_superuser,
    events,
    forge,
    found,
    latest,
    names,
    run,
)
from tests.support.people import EXPORTER, OFFICER
from tests.support.world import logged_in

ENTRY = "licenses_allotment_entry"
SALE = "licenses_counted_sale"
COUNTER = "licenses_allotment_counter"


def test_a_missing_entry_is_named(played: Played) -> None:
    event = latest(played.volume, UsSaleReported).event_id
    as_superuser(ENTRY, "DELETE FROM licenses_allotment_entry WHERE event_id = %s", event)
    names("allotments", "guarded_row_missing", event)


@pytest.mark.parametrize("column", guarded.ENTRY_COLUMNS[3:])
def test_an_altered_entry_is_named(played: Played, column: str) -> None:
    event = latest(played.volume, UsSaleReported).event_id
    statement = f"UPDATE {ENTRY} SET {column} = {column} + 1 WHERE event_id = %s"
    as_superuser(ENTRY, statement, event)
    names("allotments", "guarded_row_altered", event)


@pytest.mark.parametrize("place", ["its opening", "another aggregate"])
def test_a_surplus_entry_is_named(played: Played, place: str) -> None:
    stream = played.volume if place == "its opening" else played.open.license_id
    event = events(stream)[0].event_id
    as_superuser(
        ENTRY,
        "INSERT INTO licenses_allotment_entry SELECT (jsonb_populate_record(e, jsonb_build_object("
        "'event_id', %s::uuid))).* FROM licenses_allotment_entry e WHERE e.event_id = %s",
        event,
        latest(played.volume, UsSaleReported).event_id,
    )
    names("allotments", "guarded_row_surplus", event)


def test_a_sale_that_lost_its_row_is_named(played: Played) -> None:
    event = latest(played.volume, UsSaleReported).event_id
    as_superuser(SALE, "DELETE FROM licenses_counted_sale WHERE event_id = %s", event)
    names("allotments", "guarded_row_missing", event)


@pytest.mark.parametrize("column", guarded.SALE_COLUMNS[1:])
def test_an_altered_sale_is_named(played: Played, column: str) -> None:
    event = latest(played.volume, UsSaleReported).event_id
    another = "'x'" if column in {"evidence_sha256", "sale_reference"} else "event_id"
    statement = f"UPDATE {SALE} SET {column} = {another} WHERE event_id = %s"
    as_superuser(SALE, statement, event)
    names("allotments", "guarded_row_altered", event)


@pytest.mark.parametrize("column", COUNTER_COLUMNS[2:])
def test_an_altered_counter_is_named(played: Played, column: str) -> None:
    with_guards_dropped()
    statement = f"UPDATE {COUNTER} SET {column} = {column} + 1 WHERE id = %s"
    as_superuser(COUNTER, statement, played.volume)
    names("allotments", "allotment_counter_wrong", played.volume)


def with_guards_dropped() -> None:
    for check in ("counting", "cap", "not_negative"):
        run(f"ALTER TABLE {COUNTER} DROP CONSTRAINT licenses_allotment_{check}")


def test_a_missing_counter_is_named(played: Played) -> None:
    as_superuser(COUNTER, "DELETE FROM licenses_allotment_counter WHERE id = %s", played.volume)
    names("allotments", "allotment_counter_wrong", played.volume)


def test_a_surplus_counter_is_named(played: Played) -> None:
    as_superuser(
        COUNTER,
        "INSERT INTO licenses_allotment_counter SELECT (jsonb_populate_record(c,"
        " jsonb_build_object('id', %s::uuid))).* FROM licenses_allotment_counter c",
        played.open.license_id,
    )
    names("allotments", "allotment_counter_wrong", played.open.license_id)


def forge_movement(played: Played, event: Event, *, by: Actor, command: str) -> Any:
    """Write an event and its entry as the web role can, with everything that guards them."""
    [forged] = forge(("allotment", played.volume, event), actor=by, command=command)
    cap = books(allotment.DECIDER.fold(each.data for each in events(played.volume)))
    assert cap is not None
    with logged_in(grants.WEB):
        guarded.write_entries([forged], cap.cap)
    return forged


def state_of(stream: UUID) -> Any:
    return allotment.DECIDER.fold(each.data for each in events(stream)).volume  # type: ignore[union-attr]


def sale(played: Played, **changes: Any) -> UsSaleReported:
    """Report a sale of one unit that is told as what `changes` say."""
    seen = state_of(played.volume).counters
    told = latest(played.volume, UsSaleReported).data
    assert isinstance(told, UsSaleReported)
    one = Tally(us_reported=1, us_counting=1)
    tpp = Tally(us_reported=told.tpp_per_unit, us_counting=told.tpp_per_unit)
    return replace(
        told,
        **{
            "sale_reference": "INV-FORGED",
            "evidence": replace(told.evidence, sha256="f" * 64),
            "quantity": 1,
            "tpp": told.tpp_per_unit,
            "seen": seen,
            "moved": Counters(units=one, tpp=tpp),
        }
        | changes,
    )


def test_a_sale_as_it_must_be_is_no_difference(played: Played) -> None:
    forge_movement(played, sale(played), by=EXPORTER, command="ReportUsSale")
    assert found("allotments") == (None, [])


def test_a_sale_that_moves_more_than_it_says_is_named(played: Played) -> None:
    more = Counters(
        units=Tally(us_reported=1_000, us_counting=1_000),
        tpp=Tally(us_reported=15_832_000, us_counting=15_832_000),
    )
    forged = forge_movement(played, sale(played, moved=more), by=EXPORTER, command="ReportUsSale")
    names("allotments", "allotment_movement_wrong", forged.event_id)


def test_a_sale_that_saw_other_counters_is_named(played: Played) -> None:
    seen = add(state_of(played.volume).counters, Counters(units=Tally(us_reported=1)))
    forged = forge_movement(played, sale(played, seen=seen), by=EXPORTER, command="ReportUsSale")
    names("allotments", "allotment_seen_wrong", forged.event_id)


def test_volume_taken_beyond_the_cap_is_named(played: Played) -> None:
    volume = state_of(played.volume)
    reserved = latest(played.volume, VolumeReserved).data
    assert isinstance(reserved, VolumeReserved)
    quantity = 1_000
    change = allotment_change(volume, quantity, reserved.tpp_per_unit)
    forged = replace(
        reserved,
        line=2,
        quantity=quantity,
        tpp=quantity * reserved.tpp_per_unit,
        seen=volume.counters,
        moved=change,
    )
    event = forge_movement(played, forged, by=OFFICER, command="ConfirmDecision")
    names("allotments", "cap_broken", event.event_id)


def allotment_change(volume: Any, quantity: int, tpp_per_unit: int) -> Counters:
    return movement(
        volume.counters, Change(tpp_per_unit=tpp_per_unit, pending=quantity), volume.cap
    )


def test_reversals_and_releases_are_re_derived(played: Played) -> None:
    kinds = {type(event.data) for event in events(played.volume)}
    assert {AllotmentOpened, UsSaleReported, UsSaleReversed, VolumeReleased} <= kinds
