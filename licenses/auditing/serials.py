"""Gaps in serials: units that were declared and are in no account since, and numbers that are gone.

Every unit of a lot has left, or waits to, or somebody says what became of it. Every number of an
application or a license is free or stands in an event (ADR 18): one that is neither disappeared.
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
from licenses.models import FreeNumber, NumberSeries, ShippedSerial
from licenses.numbers import Series

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
    """Name numbers that were given twice, that are neither free nor given, and that nobody made.

    What is refused, rolled back or killed leaves its number free, so that it excuses no other.
    """
    submitted = (
        each.data.control_number
        for together in replay.commands_with([ApplicationSubmitted])
        for each in together
    )
    granted = (
        each.data.license_number
        for together in replay.commands_with([LicenseGranted])
        for each in together
    )
    yield from _amiss(Series.APPLICATION, submitted)
    yield from _amiss(Series.LICENSE, granted)


def _amiss(series: Series, numbers: Iterable[str]) -> Iterator[Difference]:
    given = Counter(map(series.place, numbers))
    rows = FreeNumber.objects.filter(series=series.word)
    free = set(rows.values_list("place", flat=True))
    made = _made(series)
    twice = sorted(place for place, count in given.items() if count > 1)
    gone = _holes(given.keys() | free, made)
    unmade = sorted(place for place in given if place in free or place >= made.stop)
    for kind, places in (("repeated", [twice]), ("missing", gone), ("never_taken", [unmade])):
        if count := sum(map(len, places)):
            first = itertools.islice(itertools.chain.from_iterable(places), NAMED_AT_MOST)
            detail = _listed(map(series.number, first), count)
            yield Difference(kind=f"number_{kind}", subject=f"{series.word} numbers", detail=detail)


def _made(series: Series) -> range:
    """Tell which places the table of free numbers ever held."""
    row = NumberSeries.objects.filter(series=series.word).first()
    return range(row.first_place, row.next_place) if row else range(0)


def _holes(present: Iterable[int], made: range) -> list[range]:
    """Find the places that were made and are not there: as ranges, for they may be many."""
    edges = [made.start - 1, *sorted(place for place in present if place in made), made.stop]
    pairs = itertools.pairwise(edges)
    return [range(low + 1, high) for low, high in pairs if high > low + 1]


def _spelled(each: Collection[str]) -> str:
    return _listed(sorted(each)[:NAMED_AT_MOST], len(each))


def _listed(first: Iterable[str], count: int) -> str:
    more = f" and {count - NAMED_AT_MOST} more" if count > NAMED_AT_MOST else ""
    return f"{', '.join(first)}{more}"
