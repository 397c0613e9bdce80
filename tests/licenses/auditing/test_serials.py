"""Gaps in serials: units that stayed behind, tests of other units, numbers that nobody was given."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace

from audits import context
from audits.differences import Difference
from audits.findings import scheduled
from audits.kernel import Event, Refused
from licenses import numbers
from licenses.auditing import serials
from licenses.domain.application import commands as application
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.lab_test.events import LotRegistered, ReportAccepted, SampleDrawn
from licenses.domain.license.events import LicenseGranted
from licenses.domain.shipment import commands as shipment
from licenses.models import FreeNumber, NumberSeries
from licenses.numbers import Series
from tests.licenses.verification.tampering import latest, rewrite
from tests.support.deal import Deal
from tests.support.people import EXPORTER
from tests.support.stage import Stage, body

pytestmark = pytest.mark.django_db
SECOND: Final = timedelta(seconds=1)


@pytest.fixture
def stage() -> Stage:
    prepared = Stage()
    prepared.prepare()
    prepared.sell_at_home(60)
    return prepared


def found(now: datetime | None = None) -> list[Difference]:
    return list(scheduled.audits()["serial_gaps"].look(now or context.database_now()))


def later() -> datetime:
    return context.database_now() + serials.ACCOUNTED_WITHIN + SECOND


# -- Units that stayed behind --------------------------------------------------------------


def test_a_unit_that_did_not_leave_with_its_lot_is_named_after_ninety_days(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer(), quantity=5).ready()
    assert found(later()) == []  # it waits
    deal.dispatch(deal.serials[:3])
    stage.settle()
    left_at = context.database_now()
    assert found(left_at + serials.ACCOUNTED_WITHIN - timedelta(minutes=1)) == []
    [named] = found(later())
    assert (named.kind, named.subject) == ("units_left_behind", f"shipment {deal.shipment_id}")
    assert [serial in named.detail for serial in deal.serials] == [False] * 3 + [True] * 2


def test_a_lot_that_left_whole_leaves_nothing_behind(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch()
    stage.settle()
    deal.deliver()
    assert found(later()) == []


def test_a_unit_in_a_later_lot_is_accounted_for(stage: Stage) -> None:
    buyer = stage.approved_customer()
    deal = Deal(stage, buyer, quantity=5).ready()
    deal.dispatch(deal.serials[:3])
    stage.settle()
    again = Deal(stage, buyer, "again", quantity=2).apply().grant().acknowledge()
    again.deposit()
    again.request(deal.serials[3:])
    assert found(later()) == []  # it waits in another lot
    give_up = body(shipment.CancelShipment, reason="Kept after all")
    stage.do(EXPORTER, give_up, again.shipment_id)
    assert {each.subject for each in found(later())} == {
        f"shipment {each.shipment_id}" for each in (deal, again)
    }


def test_many_units_are_counted_and_some_are_named(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer(), quantity=23).ready()
    deal.dispatch(deal.serials[:2])
    [named] = found(later())
    assert named.detail.count(deal.token) == serials.NAMED_AT_MOST
    assert named.detail.endswith(" and 1 more")


# -- What was tested -----------------------------------------------------------------------

Change = Callable[[Any], Any]
OTHER: Final = "OTHER-0001"


def other_lot(event: LotRegistered) -> LotRegistered:
    return replace(event, serials=(OTHER, *event.serials[1:]))


def other_sample(event: SampleDrawn) -> SampleDrawn:
    return replace(event, serials=(OTHER, *event.serials[1:]))


def other_unit(event: ReportAccepted) -> ReportAccepted:
    first, *rest = event.report.measurements
    measured = (replace(first, serial=OTHER), *rest)
    return replace(event, report=replace(event.report, measurements=measured))


@pytest.mark.parametrize(
    ("kind", "change", "named"),
    [
        (LotRegistered, other_lot, ["lot_not_requested", "sample_not_of_lot"]),
        (SampleDrawn, other_sample, ["sample_not_of_lot", "measured_not_drawn"]),
        (ReportAccepted, other_unit, ["measured_not_drawn"]),
    ],
)
def test_a_test_of_other_units_is_named(
    stage: Stage, kind: type[Event], change: Change, named: list[str]
) -> None:
    deal = Deal(stage, stage.approved_customer()).ready()
    assert found() == []
    event = latest(deal.lab_test_id, kind)
    rewrite(event, change(event.data))
    differing = found()
    assert [each.kind for each in differing] == named
    assert differing[0].subject == f"event {event.event_id}"
    assert OTHER in differing[0].detail


# -- Numbers -------------------------------------------------------------------------------


@pytest.fixture
def deals(stage: Stage) -> list[Deal]:
    buyer = stage.approved_customer()
    return [Deal(stage, buyer, f"deal {n}").apply().grant() for n in range(3)]


def number(deal: Deal) -> str:
    return str(latest(deal.application_id, ApplicationSubmitted).data.control_number)


def test_a_number_that_disappeared_is_named(deals: list[Deal]) -> None:
    assert found() == []
    gone = number(deals[1])
    event = latest(deals[1].application_id, ApplicationSubmitted)
    rewrite(event, replace(event.data, control_number=number(deals[0])))
    assert [(each.kind, each.subject, each.detail) for each in found()] == [
        ("number_repeated", "application numbers", number(deals[0])),
        ("number_missing", "application numbers", gone),
    ]


@pytest.mark.parametrize("place", [0, -1])
def test_the_first_number_and_the_last_are_missed_like_any_other(
    deals: list[Deal], place: int
) -> None:
    event = latest(deals[place].license_id, LicenseGranted)
    rewrite(event, replace(event.data, license_number="D9999999"))
    assert [(each.kind, each.subject, each.detail) for each in found()] == [
        ("number_missing", "license numbers", event.data.license_number),
        ("number_never_taken", "license numbers", "D9999999"),
    ]


def test_a_number_that_was_not_taken_from_the_free_ones_is_named(deals: list[Deal]) -> None:
    event = latest(deals[1].license_id, LicenseGranted)
    free = Series.LICENSE.number(numbers.hold(Series.LICENSE))
    rewrite(event, replace(event.data, license_number=free))
    assert [(each.kind, each.detail) for each in found()] == [
        ("number_missing", event.data.license_number),
        ("number_never_taken", free),
    ]


def test_free_numbers_that_disappeared_are_counted_and_some_are_named(deals: list[Deal]) -> None:
    assert number(deals[-1]) == "A000003"
    FreeNumber.objects.filter(series="application", place__gte=5).delete()
    [missing] = found()
    assert missing.detail.startswith("A000005, A000006, ")
    left = numbers.BATCH - 4 - serials.NAMED_AT_MOST
    assert missing.detail.endswith(f", A000024 and {left} more")


def test_numbers_of_another_origin_are_not_missed(deals: list[Deal]) -> None:
    """As where sequences gave them before; but none is given twice."""
    NumberSeries.objects.update(first_place=4)
    for deal in deals[:2]:
        event = latest(deal.application_id, ApplicationSubmitted)
        rewrite(event, replace(event.data, control_number="A000001"))
    assert [(each.kind, each.detail) for each in found()] == [("number_repeated", "A000001")]


def test_what_is_refused_takes_no_number(stage: Stage, deals: list[Deal]) -> None:
    empty = Deal(stage, deals[0].customer_id, "empty")
    draft = body(application.DraftApplication, currency="USD")
    stage.do(EXPORTER, draft, empty.application_id)
    with pytest.raises(Refused):
        stage.do(EXPORTER, application.SubmitApplication(), empty.application_id)
    last = Deal(stage, deals[0].customer_id, "last").apply()
    assert number(last) == "A000004"
    assert found() == []
