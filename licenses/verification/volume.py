"""Volume added up from events alone: every movement re-derived, entries and counters compared."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, assert_never

from django.db import connection

from audits import replay
from audits.codec import Recorded
from audits.differences import Difference, Look
from audits.verification.authority import about
from licenses import guarded
from licenses.domain import allotment
from licenses.domain.allotment.events import (
    CapAdopted,
    Moving,
    UsSaleReported,
    UsSaleReversed,
    VolumePosted,
    VolumeReleased,
    VolumeReserved,
)
from licenses.domain.allotment.state import AllotmentState, NotOpened, Volume, books
from licenses.domain.allotment.values import Change, Counters, movement
from licenses.domain.policy.model import Cap
from licenses.guarded import Row
from licenses.verification.rows import Derived, GuardedTable, off_by, row_differences

ENTRIES: Final = GuardedTable(
    name="licenses_allotment_entry", columns=guarded.ENTRY_COLUMNS, aggregates=("allotment",)
)
SALES: Final = GuardedTable(
    name="licenses_counted_sale", columns=guarded.SALE_COLUMNS, aggregates=("allotment",)
)
COUNTER_COLUMNS: Final = (
    *("id", "metric", "ratio_numerator", "ratio_denominator"),
    *guarded.COUNTERS,
)
_COUNTERS: Final = f"""
    SELECT {", ".join(COUNTER_COLUMNS)} FROM licenses_allotment_counter ORDER BY id
"""  # noqa: S608 -- constants of this app


def allotments_check(look: Look) -> Iterator[Difference]:
    """Re-derive every movement, then compare entries and counters with what events say."""
    look.expect(4 * replay.count(ENTRIES.aggregates))
    for loaded in replay.streams_of(allotment.DECIDER):
        yield from _movement_differences(loaded.recorded)
        look.done(len(loaded.recorded))
    yield from row_differences(ENTRIES, _rows(look, _entry))
    yield from row_differences(SALES, _rows(look, guarded.sale_row))
    yield from _counter_differences(look)


def change_of(event: Moving, books_before: Any) -> Change:
    """Say what an event changes, in units and the TPP of one."""
    match event:
        case CapAdopted():
            return Change()
        case UsSaleReported():
            return Change(tpp_per_unit=event.tpp_per_unit, us_reported=event.quantity)
        case UsSaleReversed():
            per_unit = books_before.sale(event.sale_reference).tpp_per_unit
            return Change(tpp_per_unit=per_unit, us_reversed=event.quantity)
        case VolumeReserved():
            return Change(tpp_per_unit=event.tpp_per_unit, pending=event.quantity)
        case VolumePosted():
            per_unit = books_before.hold(event.license_id, event.line).tpp_per_unit
            return Change(tpp_per_unit=per_unit, pending=-event.from_hold, posted=event.quantity)
        case VolumeReleased():
            per_unit = books_before.hold(event.license_id, event.line).tpp_per_unit
            return Change(tpp_per_unit=per_unit, pending=-event.quantity)
        case _:
            assert_never(event)


def _movement_differences(events: Sequence[Recorded[Any]]) -> Iterator[Difference]:
    state: AllotmentState = allotment.DECIDER.initial
    for event in events:
        before = books(state)
        state = allotment.DECIDER.evolve(state, event.data)
        after = books(state)
        if before is None or after is None:
            continue
        data: Moving = event.data
        if data.seen != before.counters:
            detail = f"says it saw {data.seen}, the events before give {before.counters}"
            yield about(event, "allotment_seen_wrong", detail)
        expected = movement(before.counters, change_of(data, before), after.cap)
        if data.moved != expected:
            detail = f"moves {data.moved}, what happened moves {expected}"
            yield about(event, "allotment_movement_wrong", detail)
        if _breaks_cap(data, after.cap):
            yield about(event, "cap_broken", f"takes more than the cap leaves: {data.moved}")


def _breaks_cap(event: Moving, cap: Cap) -> bool:
    """Tell whether taking volume left a shortfall; only a reversal or another cap may."""
    takes = isinstance(event, VolumeReserved | VolumePosted)
    return takes and event.moved.governing(cap).shortfall > 0


def _entry(event: Recorded[Any], opened: Volume) -> Row | None:
    return guarded.entry_row(event, opened.cap)


def _rows(look: Look, row_of: Callable[[Recorded[Any], Volume], Row | None]) -> Iterator[Derived]:
    for loaded in replay.streams_of(allotment.DECIDER):
        state: AllotmentState = allotment.DECIDER.initial
        for event in loaded.recorded:
            state = allotment.DECIDER.evolve(state, event.data)
            opened = books(state)
            row = None if opened is None else row_of(event, opened)
            yield event.event_id, [] if row is None else [row]
            look.done()


def _counter_differences(look: Look) -> Iterator[Difference]:
    found = (row for page in [_fetch()] for row in page)
    for wanted, there in replay.merged(_counters(look), found, key=lambda row: row[0]):
        if wanted != there:
            key = (wanted or there or ("",))[0]
            yield Difference(
                kind="allotment_counter_wrong",
                subject=f"licenses_allotment_counter {key}",
                detail=f"as events are: {off_by(_named(wanted), _named(there))}",
            )


def _counters(look: Look) -> Iterator[tuple[Any, ...]]:
    for loaded in replay.streams_of(allotment.DECIDER):
        look.done(len(loaded.recorded))
        if not isinstance(loaded.state, NotOpened):
            yield counter_row(
                loaded.stream_id, loaded.state.volume.cap, loaded.state.volume.counters
            )


def counter_row(stream_id: Any, cap: Cap, counters: Counters) -> tuple[Any, ...]:
    """Derive the row of an allotment's counters."""
    ratio = (cap.ratio_numerator, cap.ratio_denominator)
    return (stream_id, cap.metric, *ratio, *guarded.counter_values(counters))


def _named(row: tuple[Any, ...] | None) -> dict[str, Any] | None:
    return None if row is None else dict(zip(COUNTER_COLUMNS, row, strict=True))


def _fetch() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
