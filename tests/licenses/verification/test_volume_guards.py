"""Volume moves by raw SQL exactly as an event says, once, and never beyond the cap."""

from typing import Any

import pytest
from msgspec.structs import replace

from audits import context as minting
from licenses import guarded
from licenses.domain.allotment.events import UsSaleReported
from licenses.domain.allotment.values import NO_COUNTERS
from licenses.domain.ids import allotment_id
from tests.licenses.verification.attempts import (
    ALLOTMENT,
    CHECKED,
    ENTRY,
    FORBIDDEN,
    REPEATED,
    SALE,
    Attempt,
    Refusal,
    books_of,
    counters_of,
    logins,
    reservation,
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, events, latest
from tests.support.people import EXPORTER


def test_the_cap_is_not_exceeded_by_one_unit(world: Played) -> None:
    counters, cap = counters_of(world.volume)
    tally = counters.units
    left = tally.us_counting * cap.ratio_numerator // cap.ratio_denominator - tally.taken
    assert left > 0
    for quantity, expected in (
        (left, Refusal(ALLOTMENT)),  # it fits, and lacks nothing but its grant
        (left + 1, Refusal(CHECKED, "licenses_allotment_cap")),
    ):
        reserved, row = reservation(world, quantity)
        assert Attempt().events([reserved]).rows(ENTRY, [row]).refusal() == expected


def test_us_sales_are_not_counted_twice_over(world: Played) -> None:
    reserved, row = reservation(world, 1, us_counting=50)
    refusal = Attempt().events([reserved]).rows(ENTRY, [row]).refusal()
    assert refusal == Refusal(CHECKED, "licenses_allotment_counting")


def test_no_counter_falls_below_nothing(world: Played) -> None:
    reserved, row = reservation(world, -10_000)
    refusal = Attempt().events([reserved]).rows(ENTRY, [row]).refusal()
    assert refusal == Refusal(CHECKED, "licenses_allotment_not_negative")


def sale_row(world: Played) -> dict[str, Any]:
    sale = latest(world.volume, UsSaleReported)
    _, cap = counters_of(world.volume)
    row = guarded.entry_row(sale, cap)
    assert row is not None
    return dict(zip(guarded.ENTRY_COLUMNS, row, strict=True))


@pytest.mark.parametrize("column", [*guarded.COUNTERS, "ratio_numerator", "metric"])
@logins
def test_no_volume_moves_otherwise_than_its_event_says(
    world: Played, login: str, column: str
) -> None:
    sale = latest(world.volume, UsSaleReported).data
    counters, _ = counters_of(world.volume)
    again = replace(sale, sale_reference="INV-9", seen=counters)
    happened = ("allotment", world.volume, again)
    recorded = drafts(happened, actor=EXPORTER, command="ReportUsSale")
    row = sale_row(world) | {"event_id": recorded[0].event_id}
    other = "units" if row["metric"] == "tpp" else "tpp"
    row[column] = other if column == "metric" else row[column] + 1
    attempt = Attempt(login).events(recorded).rows(ENTRY, [tuple(row.values())])
    assert attempt.refusal() == Refusal(ALLOTMENT)


@pytest.mark.parametrize("place", ["its opening", "a license", "nowhere"])
def test_no_volume_moves_without_an_event_of_its_own(world: Played, place: str) -> None:
    event_id = {
        "its opening": events(world.volume)[0].event_id,
        "a license": events(world.open.license_id)[0].event_id,
        "nowhere": minting.new_id(),
    }[place]
    row = sale_row(world) | {"event_id": event_id}
    assert Attempt().rows(ENTRY, [tuple(row.values())]).refusal() == Refusal(ALLOTMENT)


@logins
def test_nobody_says_of_a_sale_that_it_counts_but_the_database(world: Played, login: str) -> None:
    row = guarded.sale_row(latest(world.volume, UsSaleReported), books_of(world.volume))
    assert row is not None
    assert Attempt(login).rows(SALE, [row]).refusal() == Refusal(FORBIDDEN)


@pytest.mark.parametrize("again", ["licenses_sale_evidence", "licenses_sale_reference"])
def test_a_sale_that_counts_is_not_counted_in_another_allotment(world: Played, again: str) -> None:
    sale = latest(world.volume, UsSaleReported).data
    opened = events(world.volume)[0].data
    other = (
        {"sale_reference": "INV-9"}
        if again == "licenses_sale_evidence"
        else {"evidence": replace(sale.evidence, sha256="f" * 64)}
    )
    elsewhere = allotment_id(opened.exporter_id, opened.product_id, "1999")
    recorded = drafts(
        ("allotment", elsewhere, replace(opened, window="1999")),
        ("allotment", elsewhere, replace(sale, seen=NO_COUNTERS, **other)),
        actor=EXPORTER,
        command="ReportUsSale",
    )
    row = guarded.entry_row(recorded[1], opened.cap)
    assert row is not None
    refusal = Attempt().events(recorded).rows(ENTRY, [row]).refusal()
    assert refusal == Refusal(REPEATED, again)


def test_an_event_moves_volume_once(world: Played) -> None:
    row = tuple(sale_row(world).values())
    assert Attempt().rows(ENTRY, [row]).refusal().code == REPEATED
