"""Tables of events: nothing is lost, nothing becomes a formula, every column is described."""

import csv
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import jsonschema
import msgspec
import pytest
from pyarrow import parquet

from audits import codec, context
from audits.exporting import tables
from audits.exporting.bundle import FORMS, Order, export
from audits.exporting.scopes import Scope
from tests.audits.api.toy import FillJar
from tests.audits.exporting.exported import sealed_now
from tests.audits.histories import do, full_jar, sealed

STARTS: Final = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"),
]


def hostile(start: str) -> tuple[tables.Envelope, bytes]:
    """Make an event that says what a spreadsheet would run, wherever an event has a text."""
    content = codec.canonical(sealed(context.new_id(), 1))
    event = msgspec.json.decode(content, type=tables.Envelope)
    command = msgspec.structs.replace(event.command, name=start)
    texts = dict.fromkeys(("aggregate", "type", "edition"), start)
    data = msgspec.Raw(start.encode())
    return msgspec.structs.replace(event, command=command, data=data, **texts), content


@pytest.mark.django_db
@pytest.mark.parametrize("start", STARTS)
def test_no_cell_becomes_a_formula(start: str, tmp_path: Path) -> None:
    event, content = hostile(start)
    with tables.csv_table(tmp_path / "events.csv") as table:
        table.take(0, event, content)
    with (tmp_path / "events.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    for column in ("aggregate", "type", "command", "edition", "data"):
        assert row[column] == f"'{start}", column
    assert not any(cell.startswith(tables.FORMULA_STARTS) for cell in row.values())
    with tables.workbook(tmp_path / "events.xlsx") as book:
        book.take(0, event, content)
    with zipfile.ZipFile(tmp_path / "events.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count(">'") == 5
    assert "<f>" not in sheet


def test_what_is_harmless_stays_as_it_is() -> None:
    for text in ("1=1", "", "{}", "a-b", "'=1"):
        assert tables.harmless(text) == text


def test_a_full_sheet_is_followed_by_another(tmp_path: Path) -> None:
    with tables.workbook(tmp_path / "book.xlsx", rows_per_sheet=3) as book:
        for number in range(5):
            book.add([str(number), "x" * (tables.MAX_CELL + 1)])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        sheets = [
            archive.read(name).decode() for name in archive.namelist() if "sheets/sheet" in name
        ]
    assert [sheet.count("<row ") for sheet in sheets] == [3, 3, 2]
    assert all(tables.CUT in sheet for sheet in sheets)
    assert all("x" * tables.MAX_CELL not in sheet for sheet in sheets)


@pytest.fixture
def exported(jars: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- jars can be opened then
    """Export in every form, a few rows at a time."""
    monkeypatch.setattr(tables, "ROW_GROUP", 4)
    do(FillJar(amount_cents=1, note='=HYPERLINK("x"),\n"quoted"; émigré'), full_jar(100, 200))
    full_jar(50)
    sealed_now()
    export(Order(scope=Scope(kind="all"), forms=frozenset(FORMS)), tmp_path / "all")
    return tmp_path / "all"


def rows_of(bundle: Path) -> list[dict[str, Any]]:
    """Take the rows that tables should have from the events of a bundle, by other code."""
    found = []
    for line in (bundle / "events.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        event = entry["event"]
        row = {name: event.get(name) for name in tables.COLUMNS}
        row |= {name: event["actor"][name] for name in ("person_id", "organization_id", "role")}
        row |= {"log_index": entry["log_index"], "command": event["command"]["name"]}
        found.append(row)
    return found


@pytest.mark.django_db
def test_a_parquet_file_says_all_that_the_events_say(exported: Path) -> None:
    rows = parquet.read_table(exported / "tables/events.parquet").to_pylist()
    for row in rows:
        row["recorded_at"] = row["recorded_at"].isoformat().replace("+00:00", "Z")
        row["data"] = json.loads(row["data"])
    assert rows == rows_of(exported)
    assert len(rows) == 6


@pytest.mark.django_db
def test_a_csv_file_says_all_that_the_events_say(exported: Path) -> None:
    with (exported / "tables/events.csv").open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        row |= {name: int(row[name]) for name in ("log_index", "version")}
        row |= {name: value or None for name, value in row.items() if value == ""}
        row["data"] = json.loads(row["data"])
    assert rows == rows_of(exported)


@pytest.mark.django_db
def test_every_column_and_every_member_is_described(exported: Path) -> None:
    dictionary = json.loads((exported / "columns.json").read_bytes())
    assert dictionary["columns"] == tables.COLUMNS
    assert all(tables.COLUMNS.values())
    rows = rows_of(exported)
    assert set(dictionary["events"]) == {row["type"] for row in rows}
    for row in rows:
        fits_dictionary(row["data"], dictionary["events"][row["type"]], dictionary)


def fits_dictionary(data: dict[str, Any], schema: dict[str, Any], dictionary: Any) -> None:
    """See that a column dictionary describes all that an event says, and as it says it."""
    jsonschema.validate(data, {**schema, "components": dictionary["components"]})
    described = dictionary["components"][schema["$ref"].removeprefix("#/components/")]
    assert set(data) <= set(described["properties"])
