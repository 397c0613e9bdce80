"""Events as tables for people: CSV, and a workbook. A cell never becomes a formula.

What a spreadsheet would take for a formula begins with an apostrophe here; the events themselves stand
as they are in `events.jsonl`.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from audits.codec import Recorded

Envelope = Recorded[msgspec.Raw]

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
MAX_CELL: Final = 32_767
"""Characters that a spreadsheet keeps in one cell."""
MAX_ROWS: Final = 1_048_576
"""Rows of one sheet, the headings included."""
CUT: Final = " … (whole in events.jsonl)"
COLUMNS: Final[dict[str, str]] = {
    "log_index": "Place in the log, from 0",
    "recorded_at": "When it was recorded, UTC, by the database's clock",
    "aggregate": "Kind of thing",
    "stream_id": "The thing",
    "version": "Place among the thing's events, from 1",
    "type": "What happened: the wire name",
    "person_id": "Natural person who acted",
    "organization_id": "Organization that the person acted for",
    "role": "What the organization is to the system",
    "on_behalf_of": "Organization for which somebody else acted",
    "command": "What was asked for",
    "correlation_id": "The deal",
    "causation_id": "The event that made a process act",
    "edition": "Policy edition that was decided under",
    "event_id": "The event",
    "data": "The event's fields as JSON; money in minor units as decimal strings",
}


class Table(Protocol):
    """Takes rows of text."""

    def add(self, cells: list[str]) -> None:
        """Add a row."""


def row_of(log_index: int, event: Envelope) -> list[str]:
    """Give an event's cells, in the order of COLUMNS, each harmless to a spreadsheet."""
    values = (
        log_index,
        event.recorded_at.isoformat().replace("+00:00", "Z"),
        *(event.aggregate, event.stream_id, event.version, event.type),
        *(event.actor.person_id, event.actor.organization_id, event.actor.role.value),
        *(event.on_behalf_of, event.command.name, event.correlation_id, event.causation_id),
        *(event.edition, event.event_id, bytes(event.data).decode()),
    )
    return [harmless("" if value is None else str(value)) for value in values]


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class CsvTable:
    """A CSV file with headings (RFC 4180, UTF-8)."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer
        self.add(list(COLUMNS))

    def add(self, cells: list[str]) -> None:
        """Add a row."""
        self.writer.writerow(cells)


@contextmanager
def csv_table(path: Path) -> Iterator[Table]:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        yield CsvTable(csv.writer(file))


class Workbook:
    """A workbook whose every cell is text; it goes on to another sheet where one is full."""

    def __init__(self, book: Any, rows_per_sheet: int) -> None:
        self.book, self.rows_per_sheet = book, rows_per_sheet
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self.sheet = self.book.add_worksheet()
        self.sheet.freeze_panes(1, 0)
        self.row = 0
        self.add(list(COLUMNS))

    def add(self, cells: list[str]) -> None:
        """Add a row; what no cell can hold is cut, and says so."""
        if self.row == self.rows_per_sheet:
            self._begin_sheet()
        for column, text in enumerate(cells):
            kept = text if len(text) <= MAX_CELL else text[: MAX_CELL - len(CUT)] + CUT
            self.sheet.write_string(self.row, column, kept)
        self.row += 1


@contextmanager
def workbook(path: Path, *, rows_per_sheet: int = MAX_ROWS) -> Iterator[Table]:
    """Write a workbook, a row at a time: memory holds one row."""
    import xlsxwriter  # noqa: PLC0415 -- only who wants a workbook waits for it to load

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        yield Workbook(book, rows_per_sheet)
