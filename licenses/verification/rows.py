"""Guarded rows beside the events that they follow from: missing, surplus, altered."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits.differences import Difference
from licenses.guarded import Row

PAGE_SIZE: Final = 500
"""Events whose rows are looked up together."""

Derived = tuple[UUID, list[Row]]
"""An event and the rows that follow from it."""
Key = tuple[Any, UUID]
"""A row's key and its event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedTable:
    """A table whose every row follows from one event."""

    name: str
    columns: tuple[str, ...]
    """In the order of derived rows; the first is the key."""
    aggregates: tuple[str, ...]
    """Whose events the rows follow from."""


def row_differences(table: GuardedTable, derived: Iterable[Derived]) -> Iterator[Difference]:
    """Compare the rows that follow from all events of the table's aggregates with those there."""
    for page in _paged(derived):
        rows = [row for _, of_event in page for row in of_event]
        found = _rows_of(table, [event_id for event_id, _ in page])
        yield from _compare(table, _by_key(table, rows), _by_key(table, found))
    for key, event_id in _orphans(table):
        detail = f"event {event_id} moves nothing here"
        yield Difference(kind="guarded_row_surplus", subject=f"{table.name} {key}", detail=detail)


def _by_key(table: GuardedTable, rows: Iterable[Row]) -> dict[Key, Row]:
    """Find rows by key and event: two events that claim one row shall not hide each other."""
    return {(row[0], row[table.columns.index("event_id")]): row for row in rows}


def _compare(
    table: GuardedTable, expected: Mapping[Key, Row], found: Mapping[Key, Row]
) -> Iterator[Difference]:
    for place in sorted(expected.keys() | found.keys(), key=str):
        key, event_id = place
        subject = f"{table.name} {key}"
        wanted, there = expected.get(place), found.get(place)
        if wanted is None or there is None:
            kind = "guarded_row_surplus" if wanted is None else "guarded_row_missing"
            yield Difference(kind=kind, subject=subject, detail=f"of event {event_id}")
        elif wanted != there:
            detail = ", ".join(
                f"{column}: expected {want}, found {have}"
                for column, want, have in zip(table.columns, wanted, there, strict=True)
                if want != have
            )
            yield Difference(kind="guarded_row_altered", subject=subject, detail=detail)


def _paged(derived: Iterable[Derived]) -> Iterator[list[Derived]]:
    source = iter(derived)
    while page := list(itertools.islice(source, PAGE_SIZE)):
        yield page


def _rows_of(table: GuardedTable, event_ids: list[UUID]) -> list[Row]:
    names = ", ".join(table.columns)
    query = f"SELECT {names} FROM {table.name} WHERE event_id = ANY(%s)"  # noqa: S608 -- constants
    with connection.cursor() as cursor:
        cursor.execute(query, [event_ids])
        rows: list[Row] = cursor.fetchall()
    return rows


def _orphans(table: GuardedTable) -> list[tuple[Any, UUID]]:
    """List rows whose event is not there, or of an aggregate that has no such rows."""
    query = (
        f"SELECT t.{table.columns[0]}, t.event_id FROM {table.name} t"  # noqa: S608 -- constants
        " LEFT JOIN audits_event e USING (event_id)"
        " WHERE e.event_id IS NULL OR NOT e.aggregate = ANY(%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [list(table.aggregates)])
        rows: list[tuple[Any, UUID]] = cursor.fetchall()
    return rows


def off_by(expected: Mapping[str, Any] | None, found: Mapping[str, Any] | None) -> str:
    """Say in which columns a row is wrong, of figures by how much.

    What is wrong stays in the same words while both sides move by the same.
    """
    if expected is None or found is None:
        return "there is a row, and none belongs there" if found else "there is no row of it"
    wrong = []
    for name, value in found.items():
        if isinstance(value, int) and isinstance(expected[name], int):
            wrong += [f"{name} off by {value - expected[name]:+d}"] * (value != expected[name])
        elif value != expected[name]:
            wrong.append(f"{name} is {value}, not {expected[name]}")
    return ", ".join(wrong)
