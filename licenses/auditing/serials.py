"""Gaps in serials: units that were declared and are in no account since, and numbers never given.

Every unit of a lot has left, or waits to, or somebody says what became of it. Numbers of applications
and licenses are given in order: one that is missing was wasted by a refusal, or is gone.
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
from audits.events import CommandRefused
from audits.execution import REFUSALS
from audits.reading import Loaded
from licenses.domain import lab_test, shipment
from licenses.domain.application.commands import ConfirmDecision, SubmitApplication
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
from licenses.gathering.applications import LETTERS
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
    """Name numbers that were given twice, or never, where refusals do not explain as many.

    A command that took a number and then was refused wastes it; so, rarely, does one that had to begin
    again, which nothing records.
    """
    refused = Counter(
        event.command.name
        for event in replay.events_of([REFUSALS.aggregate])
        if isinstance(event.data, CommandRefused)
    )
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
    yield from _holes("application numbers", submitted, refused[SubmitApplication.__name__])
    yield from _holes("license numbers", granted, refused[ConfirmDecision.__name__])


def _holes(what: str, given: list[str], wasted: int) -> Iterator[Difference]:
    twice = [number for number, count in Counter(given).items() if count > 1]
    if twice:
        yield Difference(kind="number_repeated", subject=what, detail=_spelled(twice))
    missing = [
        _number(place, digits=len(given[0]) - 1)
        for low, high in itertools.pairwise(sorted(map(_ordinal, given)))
        for place in range(low + 1, high)
    ]
    if len(missing) > wasted:
        detail = f"{_spelled(missing)}; refusals explain {wasted}"
        yield Difference(kind="number_missing", subject=what, detail=detail)


def _ordinal(number: str) -> int:
    """Tell the place of a number, which is a letter and digits."""
    return int(f"{LETTERS.index(number[0])}{number[1:]}")


def _number(ordinal: int, digits: int) -> str:
    """Give the number at a place."""
    letter, rest = divmod(ordinal, 10**digits)
    return f"{LETTERS[letter]}{rest:0{digits}d}"


def _spelled(each: Iterable[str]) -> str:
    words = sorted(each)
    more = f" and {len(words) - NAMED_AT_MOST} more" if len(words) > NAMED_AT_MOST else ""
    return f"{', '.join(words[:NAMED_AT_MOST])}{more}"
