"""Events as tables for people (CSV, a workbook) and for programs (CloudEvents, Parquet).

A cell never becomes a formula: what a spreadsheet would take for a formula begins with an apostrophe here; the events themselves stand
as they are in `events.jsonl`.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, Protocol
from uuid import UUID

import msgspec

from audits.cloud_events import cloud_event
from audits.codec import Recorded, leaf_hash
from audits.kernel import Refused

Envelope = Recorded[msgspec.Raw]

FORMULA_STARTS: Final = (
    *("=", "+", "-", "@", "\t", "\r", "\n"),
    *("\uff1d", "\uff0b", "\uff0d", "\uff20"),  # the first four, full width
)
MAX_CELL: Final = 32_767
"""Characters that a spreadsheet keeps in one cell."""
MAX_ROWS: Final = 1_048_576
"""Rows of one sheet, the headings included."""
ROW_GROUP: Final = 10_000
"""Rows that are written to a Parquet file at a time."""
CUT: Final = " … (whole in events.jsonl)"
MADE_AT: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""What a workbook says of itself: the same events make the same file."""
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
    """Takes events in log order."""

    def take(self, log_index: int, event: Envelope, content: bytes) -> None:
        """Take the next event, and its canonical bytes."""


def values_of(log_index: int, event: Envelope) -> list[Any]:
    """Give what stands in an event's row, in the order of COLUMNS; ids as text."""
    values = (
        *(log_index, event.recorded_at, event.aggregate, event.stream_id, event.version),
        *(event.type, event.actor.person_id, event.actor.organization_id, event.actor.role.value),
        *(event.on_behalf_of, event.command.name, event.correlation_id, event.causation_id),
        *(event.edition, event.event_id, bytes(event.data).decode()),
    )
    return [str(each) if isinstance(each, UUID) else each for each in values]


def row_of(log_index: int, event: Envelope) -> list[str]:
    """Give an event's cells, each harmless to a spreadsheet."""
    return [harmless(_text(value)) for value in values_of(log_index, event)]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class CsvTable:
    """A CSV file with headings (RFC 4180, UTF-8)."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer
        self.writer.writerow(COLUMNS)

    def take(self, log_index: int, event: Envelope, content: bytes) -> None:
        """Add a row."""
        del content
        self.writer.writerow(row_of(log_index, event))


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

    def take(self, log_index: int, event: Envelope, content: bytes) -> None:
        """Add a row for an event."""
        del content
        self.add(row_of(log_index, event))

    def add(self, cells: list[str]) -> None:
        """Add a row; what no cell can hold is cut, and says so."""
        if self.row == self.rows_per_sheet:
            self._begin_sheet()
        for column, text in enumerate(cells):
            kept = text if len(text) <= MAX_CELL else text[: MAX_CELL - len(CUT)] + CUT
            self.sheet.write_string(self.row, column, kept)
        self.row += 1


@contextmanager
def workbook(path: Path, *, rows_per_sheet: int = MAX_ROWS) -> Iterator[Workbook]:
    """Write a workbook, a row at a time: memory holds one row."""
    import xlsxwriter  # noqa: PLC0415 -- only who wants a workbook waits for it to load

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": MADE_AT})
        yield Workbook(book, rows_per_sheet)


class CloudEvents:
    """One CloudEvent a line."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def take(self, log_index: int, event: Envelope, content: bytes) -> None:
        """Add a line."""
        shown = cloud_event(event, leaf_hash(content), log_index)
        self.file.write(msgspec.json.encode(shown) + b"\n")


@contextmanager
def cloud_events(path: Path) -> Iterator[Table]:
    """Write events as CloudEvents 1.0, JSON lines."""
    with path.open("wb") as file:
        yield CloudEvents(file)


class ParquetTable:
    """A Parquet file: numbers and times as such, everything else as text, nothing escaped."""

    def __init__(self, writer: Any, table_of: Callable[[list[dict[str, Any]]], Any]) -> None:
        self.writer, self.table_of = writer, table_of
        self.rows: list[dict[str, Any]] = []

    def take(self, log_index: int, event: Envelope, content: bytes) -> None:
        """Add a row; rows are written some thousands at a time."""
        del content
        self.rows.append(dict(zip(COLUMNS, values_of(log_index, event), strict=True)))
        if len(self.rows) == ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        if self.rows:
            self.writer.write_table(self.table_of(self.rows))
            self.rows = []


@contextmanager
def parquet(path: Path) -> Iterator[Table]:
    """Write a Parquet file; Refused `parquet_not_installed` without the package pyarrow."""
    arrow, writing = pyarrow_modules()
    types = dict.fromkeys(COLUMNS, arrow.string())
    types |= {"log_index": arrow.int64(), "version": arrow.int32()}
    types |= {"recorded_at": arrow.timestamp("us", tz="UTC")}
    schema = arrow.schema(list(types.items()))
    with writing.ParquetWriter(path, schema) as writer:
        table = ParquetTable(writer, partial(arrow.Table.from_pylist, schema=schema))
        yield table
        table.flush()


def pyarrow_modules() -> tuple[Any, Any]:
    """Load what writes Parquet; Refused `parquet_not_installed` where it is not installed."""
    try:
        import pyarrow  # noqa: PLC0415, ICN001 -- an extra that not everybody installs
        from pyarrow import parquet as writing  # noqa: PLC0415 -- as above
    except ModuleNotFoundError as error:
        raise Refused("parquet_not_installed", "Install the package pyarrow first") from error
    return pyarrow, writing
