"""Reading a list: every row counted, bad rows named, anything else refused by name."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.kernel import Refused
from customers.domain.screening.entries import (
    UNVERSIONED_COLUMNS,
    BadRow,
    BadRowReason,
    ListContents,
    names_of,
)
from customers.domain.screening.parsing import MAX_BAD_ROWS, REQUIRED_COLUMNS, parse_list
from tests.customers.screening_data import LARGEST, LISTS, KnownList, content, largest

HEADER = ("_id", *REQUIRED_COLUMNS)


def row(**columns: str) -> list[str]:
    values = {"_id": "1", "source": "Entity List", "name": "Northern Star Computing"} | columns
    return [values.get(column, "") for column in HEADER]


def written(*rows: list[str], header: tuple[str, ...] = HEADER) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def reasons(contents: ListContents) -> list[tuple[int, BadRowReason]]:
    return [(bad.line, bad.reason) for bad in contents.bad_rows]


@pytest.mark.parametrize("known", LISTS, ids=lambda known: known.path.name)
def test_every_row_and_name_of_a_published_list_is_counted(known: KnownList) -> None:
    contents = parse_list(content(known.path))
    assert (contents.rows, len(contents.entries), contents.names) == known[1:4]
    assert tuple(bad.line for bad in contents.bad_rows) == known.bad_lines


def test_the_bad_rows_of_a_dirty_list_are_named_by_line_and_reason() -> None:
    dirty = written(row(), list(HEADER), row()[:8], row(source=" "), row(name=""), row(_id="2"))
    contents = parse_list(dirty)
    assert contents.rows == 6
    assert [entry.line for entry in contents.entries] == [2, 7]
    assert contents.bad_rows == (
        BadRow(line=3, reason=BadRowReason.REPEATED_HEADER, detail=""),
        BadRow(
            line=4,
            reason=BadRowReason.WRONG_COLUMN_COUNT,
            detail="expected 29 columns, found 8",
        ),
        BadRow(line=5, reason=BadRowReason.NO_SOURCE, detail="Northern Star Computing"),
        BadRow(line=6, reason=BadRowReason.NO_NAME, detail="Entity List"),
    )


def test_a_row_that_is_not_utf8_is_bad_and_the_next_one_is_read() -> None:
    dirty = written(row(name="Société"), row()).replace("Société".encode(), b"Soci\xe9t\xe9")
    contents = parse_list(dirty)
    assert reasons(contents) == [(2, BadRowReason.NOT_UTF8)]
    assert len(contents.entries) == 1


def test_a_field_beyond_all_measure_is_bad_and_the_next_row_is_read() -> None:
    contents = parse_list(written(row(remarks="x" * 200_000), row()))
    assert reasons(contents) == [(2, BadRowReason.FIELD_TOO_LONG)]
    assert len(contents.entries) == 1


def test_a_row_after_a_name_of_two_lines_is_named_by_its_own_line() -> None:
    contents = parse_list(written(row(name="Kaituo\nCo. Ltd"), row()[:3]))
    assert contents.entries[0].name == "Kaituo Co. Ltd"
    assert reasons(contents) == [(4, BadRowReason.WRONG_COLUMN_COUNT)]


def test_blank_lines_are_no_rows() -> None:
    assert parse_list(written(row()) + b"\r\n\r\n").rows == 1


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert parse_list(b"\xef\xbb\xbf" + written(row())).rows == 1


def test_nul_which_the_database_cannot_store_becomes_a_blank() -> None:
    assert parse_list(written(row(name="North\0Star"))).entries[0].name == "North Star"


def test_columns_may_come_in_any_order_and_without_id() -> None:
    older = tuple(reversed(REQUIRED_COLUMNS))
    cells = ["Entity List" if column in {"source", "name"} else "" for column in older]
    (entry,) = parse_list(written(cells, header=older)).entries
    assert entry.entry_id == entry.entry_hash


def test_a_column_of_a_later_edition_is_kept() -> None:
    later = parse_list(written([*row(), "new"], header=(*HEADER, "novelty")))
    assert later.entries[0].raw["novelty"] == "new"


@pytest.mark.parametrize("missing", ["source", "alt_names", "ids"])
def test_a_file_without_a_column_of_the_list_is_refused_and_the_column_named(missing: str) -> None:
    header = tuple(column for column in HEADER if column != missing)
    with pytest.raises(Refused) as refusal:
        parse_list(written(header=header))
    assert refusal.value.code == "list_header_unknown"
    assert refusal.value.extra == {"missing": [missing]}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "list_header_unknown"),
        (b"<html>moved</html>", "list_header_unknown"),
        (written(), "list_empty"),
        (written(row(name="")), "list_empty"),
        (written(row(), header=(*HEADER[:-1], "name")), "list_header_unknown"),
    ],
)
def test_what_is_no_list_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_list(raw)
    assert refusal.value.code == code


def test_a_list_is_refused_from_the_first_bad_row_too_many_on() -> None:
    most = [row(name="")] * MAX_BAD_ROWS
    assert len(parse_list(written(row(), *most)).bad_rows) == MAX_BAD_ROWS
    with pytest.raises(Refused) as refusal:
        parse_list(written(row(), *most, row(name="")))
    assert refusal.value.code == "list_too_dirty"


def outcome(raw: bytes) -> str:
    try:
        contents = parse_list(raw)
    except Refused as refusal:
        return refusal.code
    return "read" if contents.rows == len(contents.entries) + len(contents.bad_rows) else "lost"


@given(st.binary(max_size=2_000))
def test_any_bytes_give_entries_or_a_named_refusal(raw: bytes) -> None:
    assert outcome(raw) in {"list_header_unknown", "list_empty", "list_too_dirty"}


@given(st.binary(max_size=2_000))
def test_any_bytes_after_a_good_row_give_entries_or_a_named_refusal(raw: bytes) -> None:
    assert outcome(written(row()) + raw) in {"read", "list_too_dirty"}


def test_a_name_and_its_aliases_are_names_one_by_one() -> None:
    (entry,) = parse_list(written(row(alt_names=" NSC ; ; Polaris  Data;"))).entries
    assert names_of(entry) == ("Northern Star Computing", "NSC", "Polaris Data")


def hash_of(**columns: str) -> str:
    return parse_list(written(row(**columns))).entries[0].entry_hash


def test_an_entry_keeps_its_version_while_its_party_is_published_unchanged() -> None:
    published = hash_of()
    assert hash_of(_id="2", source_list_url="x", source_information_url="y") == published
    assert hash_of(name="  Northern   Star Computing ") == published


@pytest.mark.parametrize("column", sorted(set(REQUIRED_COLUMNS) - UNVERSIONED_COLUMNS))
def test_every_fact_of_an_entry_counts_for_its_version(column: str) -> None:
    assert hash_of(**{column: "changed"}) != hash_of()


def test_the_largest_list_at_hand_is_read_in_full() -> None:
    assert largest().names == LARGEST.names
    assert all(names_of(entry)[0] for entry in largest().entries)
