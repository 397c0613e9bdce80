"""What a screening list holds: entries, their names, and the rows that could not be read."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from audits.kernel import Value
from customers.domain.values import Sha256

UNVERSIONED_COLUMNS: Final = frozenset({"_id", "source_list_url", "source_information_url"})
"""Columns that change from one publication to the next while the party stays as listed."""


MAX_DETAIL: Final = 100
"""Characters that a bad row says of itself."""


class BadRowReason(StrEnum):
    """Why a row of a list gave no entry."""

    REPEATED_HEADER = "repeated_header"
    WRONG_COLUMN_COUNT = "wrong_column_count"
    NOT_UTF8 = "not_utf8"
    NO_SOURCE = "no_source"
    NO_NAME = "no_name"
    FIELD_TOO_LONG = "field_too_long"


class BadRow(Value):
    """A row that gave no entry: where it begins and why."""

    line: Annotated[int, msgspec.Meta(ge=1)]
    """Line of the file on which the row begins, counted from 1."""
    reason: BadRowReason
    detail: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]


class Entry(Value):
    """One entry of a list: somebody listed, under one name and any number of aliases."""

    entry_id: str
    """The publisher's `_id`; where there is none, the entry's hash."""
    entry_hash: Sha256
    """The entry's version: changes when, and only when, what is published of the party changes."""
    line: int
    source: str
    kind: str
    """As published: `Individual`, `Entity`, `Vessel`, `Aircraft` or empty."""
    programs: tuple[str, ...]
    name: str
    alt_names: tuple[str, ...]
    raw: dict[str, str]
    """Every column as published."""


class ListContents(Value):
    """A list as read: `rows` = entries + bad rows, nothing skipped silently."""

    sha256: Sha256
    """Fingerprint of the bytes that were read, unpacked."""
    rows: int
    entries: tuple[Entry, ...]
    names: int
    bad_rows: tuple[BadRow, ...]


def names_of(entry: Entry) -> tuple[str, ...]:
    """Name the entry's names one by one, as published: each is matched on its own."""
    return (entry.name, *entry.alt_names)


def split_values(cell: str) -> tuple[str, ...]:
    """Split a multi-value cell at its semicolons; blanks are no values."""
    parts = (" ".join(part.split()) for part in cell.split(";"))
    return tuple(part for part in parts if part)


def entry_from(columns: dict[str, str], line: int) -> Entry:
    """Build the entry of a row whose `source` and `name` are not blank."""
    versioned = {
        column: " ".join(value.split())
        for column, value in columns.items()
        if column not in UNVERSIONED_COLUMNS
    }
    text = json.dumps(versioned, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    entry_hash = hashlib.sha256(text.encode()).hexdigest()
    return Entry(
        entry_id=columns.get("_id", "").strip() or entry_hash,
        entry_hash=entry_hash,
        line=line,
        source=versioned["source"],
        kind=versioned["type"],
        programs=split_values(columns["programs"]),
        name=versioned["name"],
        alt_names=split_values(columns["alt_names"]),
        raw=columns,
    )
