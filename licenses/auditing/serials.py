"""Gaps in serials: units that were declared and are in no account since, and numbers never given.

Every unit of a lot has left, or waits to, or somebody says what became of it. Numbers of applications
and licenses are given in order, none without its event: one that is missing is gone.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from audits import reading, replay
from audits.codec import Recorded
from audits.differences import Difference
from audits.reading import Loaded
from licenses.domain import lab_test, shipment
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.lab_test.events import LotRegistered, ReportAccepted, SampleDrawn
from licenses.domain.license.events import LicenseGranted
from licenses.domain.shipment.events import (
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentRequested,
    ShipmentStopped,
)
from licenses.domain.shipment.state import Cleared, Delivered, Dispatched, Requested
from licenses.gathering.applications import (
    BEFORE_CONTROL_NUMBERS,
    BEFORE_LICENSE_NUMBERS,
    number_after,
)
from licenses.models import ShippedSerial

ACCOUNTED_WITHIN: Final = timedelta(days=90)
"""A setting: by then a unit that stayed behind has to be in another shipment."""
NAMED_AT_MOST: Final = 20
"""Serials or numbers that one finding spells out."""


def lots_that_differ(_now: datetime) -> Iterator[Difference]:
    """Name tests whose lot is not what was requested, or that drew or measured other units."""
    for loaded in replay.streams_of(lab_test.DECIDER):
        lot: frozenset[str] = frozenset()
        drawn: frozenset[str] = frozenset()
        for event in loaded.recorded:
            match event.data:
                case LotRegistered(serials=serials, shipment_id=shipment_id):
                    lot = frozenset(serials)
                    yield from _strays("lot_not_requested", event, lot ^ _requested(shipment_id))
                case SampleDrawn(serials=serials):
                    drawn = frozenset(serials)
                    yield from _strays("sample_not_of_lot", event, drawn - lot)
                case ReportAccepted(report=report):
                    measured = frozenset(each.serial for each in report.measurements)
                    yield from _strays("measured_not_drawn", event, measured ^ drawn)
                case _:
                    pass


def _requested(shipment_id: UUID) -> frozenset[str]:
    """Give the units that were asked to leave together."""
    recorded = reading.load(shipment.DECIDER, shipment_id).recorded
    said = [each.data for each in recorded if isinstance(each.data, ShipmentRequested)]
    return frozenset(said[0].terms.serials) if said else frozenset()


def _strays(kind: str, event: Recorded[Any], strays: Collection[str]) -> Iterator[Difference]:
    if strays:
        yield Difference(kind=kind, subject=f"event {event.event_id}", detail=_spelled(strays))


def units_left_behind(now: datetime) -> Iterator[Difference]:
    """Name shipments that ended without units of their lot, which turned up nowhere since."""
    waiting = {
        serial
        for loaded in replay.streams_of(shipment.DECIDER)
        if isinstance(loaded.state, Requested | Cleared)
        for serial in loaded.state.terms.serials
    }
    for loaded in replay.streams_of(shipment.DECIDER):
        behind = _behind(loaded, now - ACCOUNTED_WITHIN) - waiting
        if behind:
            left = ShippedSerial.objects.filter(serial__in=behind)
            behind -= set(left.values_list("serial", flat=True))
        if behind:
            detail = f"declared, not shipped, in no other lot: {_spelled(behind)}"
            yield Difference(
                kind="units_left_behind", subject=f"shipment {loaded.stream_id}", detail=detail
            )


def _behind(loaded: Loaded[Any], ended_by: datetime) -> set[str]:
    """List the units that a shipment which ended by then did not take along."""
    state = loaded.state
    if isinstance(state, Requested | Cleared) or _ended_at(loaded) > ended_by:
        return set()
    left = state.departure.serials if isinstance(state, Dispatched | Delivered) else ()
    return set(state.terms.serials) - set(left)


def _ended_at(loaded: Loaded[Any]) -> datetime:
    ending = [
        each.recorded_at
        for each in loaded.recorded
        if isinstance(each.data, ShipmentDispatched | ShipmentCancelled | ShipmentStopped)
    ]
    return ending[0]


def numbers_missing(_now: datetime) -> Iterator[Difference]:
    """Name numbers that were given twice, or left out: what is refused or rolled back takes none."""
    submitted = [
        each.data.control_number
        for together in replay.commands_with([ApplicationSubmitted])
        for each in together
    ]
    granted = [
        each.data.license_number
        for together in replay.commands_with([LicenseGranted])
        for each in together
    ]
    yield from _holes("application numbers", [BEFORE_CONTROL_NUMBERS, *submitted])
    yield from _holes("license numbers", [BEFORE_LICENSE_NUMBERS, *granted])


def _holes(what: str, given: list[str]) -> Iterator[Difference]:
    twice = [number for number, count in Counter(given).items() if count > 1]
    if twice:
        yield Difference(kind="number_repeated", subject=what, detail=_spelled(twice))
    missing = [
        number_after(low)
        if number_after(number_after(low)) == high
        else f"{low} to {high}, exclusive"
        for low, high in itertools.pairwise(sorted(set(given)))
        if number_after(low) != high
    ]
    if missing:
        yield Difference(kind="number_missing", subject=what, detail=_spelled(missing))


def _spelled(each: Iterable[str]) -> str:
    words = sorted(each)
    more = f" and {len(words) - NAMED_AT_MOST} more" if len(words) > NAMED_AT_MOST else ""
    return f"{', '.join(words[:NAMED_AT_MOST])}{more}"
