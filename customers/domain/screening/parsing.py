"""Read a Consolidated Screening List: CSV as the International Trade Administration publishes it.

Pure: bytes in, contents out. Every row is counted; a row that gives no entry is named by line and
reason; what is no such list at all is refused with a code.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Final, NamedTuple

from audits.kernel import Refused
from customers.domain.screening.entries import (
    MAX_DETAIL,
    BadRow,
    BadRowReason,
    Entry,
    ListContents,
    entry_from,
    names_of,
)

REQUIRED_COLUMNS: Final = (
    *("source", "entity_number", "type", "programs", "name", "title", "addresses"),
    *("federal_register_notice", "start_date", "end_date", "standard_order"),
    *("license_requirement", "license_policy", "call_sign", "vessel_type", "gross_tonnage"),
    *("gross_registered_tonnage", "vessel_flag", "vessel_owner", "remarks", "source_list_url"),
    *("alt_names", "citizenships", "dates_of_birth", "nationalities", "places_of_birth"),
    *("source_information_url", "ids"),
)
"""The 28 columns of every edition so far, in any order. Since 2020 `_id` comes on top."""

MAX_BAD_ROWS: Final = 100
"""A list with more rows than this unreadable is broken as a whole."""

_ESCAPED_FROM: Final = "\udc80"
_ESCAPED_UNTIL: Final = "\udcff"
"""What `surrogateescape` makes of bytes that are not UTF-8."""


def parse_list(content: bytes) -> ListContents:
    """Read a list from the bytes of its CSV file, unpacked.

    Raises Refused: `list_header_unknown` (not such a list), `list_empty` (no entry in it),
    `list_too_dirty` (more than MAX_BAD_ROWS unreadable rows).
    """
    records = _records(content)
    header = _header(records)
    entries: list[Entry] = []
    bad_rows: list[BadRow] = []
    for record in records:
        row = record if isinstance(record, BadRow) else _read(record, header)
        if isinstance(row, Entry):
            entries.append(row)
        else:
            bad_rows.append(row)
    if len(bad_rows) > MAX_BAD_ROWS:
        raise Refused("list_too_dirty", f"{len(bad_rows)} rows of the list cannot be read")
    if not entries:
        raise Refused("list_empty", "The list holds no entry")
    return ListContents(
        sha256=hashlib.sha256(content).hexdigest(),
        rows=len(entries) + len(bad_rows),
        entries=tuple(entries),
        names=sum(len(names_of(entry)) for entry in entries),
        bad_rows=tuple(bad_rows),
    )


class _Record(NamedTuple):
    line: int
    """Line on which the record begins, counted from 1."""
    cells: list[str]


def _records(content: bytes) -> Iterator[_Record | BadRow]:
    """Yield each record, or why it could not be cut out; blank lines are no records."""
    text = content.decode("utf-8-sig", errors="surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # a field beyond the csv module's limit: 128 KiB
            yield BadRow(
                line=line, reason=BadRowReason.FIELD_TOO_LONG, detail=str(error)[:MAX_DETAIL]
            )
            continue
        if cells:
            yield _Record(line, cells)


def _header(records: Iterator[_Record | BadRow]) -> list[str]:
    first = next(records, None)
    header = [cell.strip() for cell in first.cells] if isinstance(first, _Record) else []
    missing = [column for column in REQUIRED_COLUMNS if column not in header]
    if missing or len(set(header)) != len(header):
        raise Refused(
            "list_header_unknown",
            "The first row is not the header of a Consolidated Screening List",
            extra={"missing": missing},
        )
    return header


def _read(record: _Record, header: list[str]) -> Entry | BadRow:
    """Make an entry of a record, or say why not."""
    defect = _defect(record.cells, header)
    if defect is None:
        return entry_from(_columns(record.cells, header), record.line)
    reason, detail = defect
    return BadRow(line=record.line, reason=reason, detail=detail[:MAX_DETAIL])


def _columns(cells: list[str], header: list[str]) -> dict[str, str]:
    # PostgreSQL cannot store NUL; as a blank it separates what it separated.
    return {name: cell.replace("\0", " ") for name, cell in zip(header, cells, strict=True)}


def _defect(cells: list[str], header: list[str]) -> tuple[BadRowReason, str] | None:
    """Say what keeps a record from being an entry; None when nothing does."""
    if [cell.strip() for cell in cells] == header:
        return BadRowReason.REPEATED_HEADER, ""
    if len(cells) != len(header):
        detail = f"expected {len(header)} columns, found {len(cells)}"
        return BadRowReason.WRONG_COLUMN_COUNT, detail
    if any(_ESCAPED_FROM <= letter <= _ESCAPED_UNTIL for cell in cells for letter in cell):
        return BadRowReason.NOT_UTF8, ""
    columns = _columns(cells, header)
    if not columns["source"].strip():
        return BadRowReason.NO_SOURCE, columns["name"].strip()
    if not columns["name"].strip():
        return BadRowReason.NO_NAME, columns["source"].strip()
    return None
