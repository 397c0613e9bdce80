"""`manage audit export`: what it writes, the one-file verifier proves."""

import csv
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audits.exporting import tables
from audits.exporting.bundle import Exported, Order, export
from audits.exporting.registry import Total, totals
from audits.exporting.scopes import Scope
from audits.kernel import Refused
from audits.models import EventRow
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.api.toy import FillJar
from tests.audits.exporting.exported import WHOLE, sealed_now, verified
from tests.audits.histories import do, full_jar
from tests.audits.sealing.journals import seal
from tests.audits.sealing.published import publish
from tests.support.client import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


@pytest.fixture
def deposits() -> Iterator[None]:
    totals["deposits"] = Total(name="deposits", type="jar_filled", field="amount_cents")
    yield
    del totals["deposits"]


def events_of(place: Path) -> list[Any]:
    return [json.loads(line) for line in (place / "events.jsonl").read_bytes().splitlines()]


@pytest.mark.usefixtures("jar")
def test_the_whole_log_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = export(WHOLE, tmp_path / "all")
    assert (done.events, done.streams, done.size) == (6, 2, 6)
    code, found = verified(tmp_path / "all", capsys)
    assert (code, found["differences"]) == (0, [])
    stored = EventRow.objects.order_by("log_entry__log_index")
    lines = (tmp_path / "all/events.jsonl").read_bytes().splitlines()
    for index, row in enumerate(stored):
        assert lines[index] == b'{"event":%b,"log_index":%d}' % (bytes(row.canonical), index)


def test_a_deal_is_exported_with_what_it_names(
    jar: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = EventRow.objects.exclude(stream_id=jar).values_list("stream_id", flat=True)[0]
    export(Order(scope=Scope(kind="deal", id=jar)), tmp_path / "first")
    assert {each["event"]["stream_id"] for each in events_of(tmp_path / "first")} == {str(jar)}
    export(Order(scope=Scope(kind="deal", id=second)), tmp_path / "second")
    assert len({each["event"]["stream_id"] for each in events_of(tmp_path / "second")}) == 2
    for name in ("first", "second"):
        code, found = verified(tmp_path / name, capsys)
        assert (code, found["differences"]) == (0, [])


def test_what_concerns_a_thing_is_every_deal_that_names_it(
    jar: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full_jar(7)
    sealed_now()
    done = export(Order(scope=Scope(kind="about", id=jar)), tmp_path / "about")
    assert (done.events, done.streams) == (6, 2)
    assert verified(tmp_path / "about", capsys)[0] == 0


@pytest.mark.usefixtures("jar")
def test_a_period_is_half_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = list(EventRow.objects.order_by("recorded_at").values_list("recorded_at", flat=True))
    scope = Scope(kind="period", recorded_at_from=times[1], recorded_at_until=times[4])
    done = export(Order(scope=scope), tmp_path / "period")
    assert done.events == 3
    code, found = verified(tmp_path / "period", capsys)
    assert code == 0
    assert not any("streams" in text for text in found["proved"])


def test_only_what_is_signed_is_exported(jar: UUID, tmp_path: Path) -> None:
    do(FillJar(amount_cents=3), jar)
    Sequencer().run_until_empty()
    done = export(Order(scope=Scope(kind="deal", id=jar)), tmp_path / "signed")
    assert done.events == 3


def test_the_log_goes_on_from_a_checkpoint_that_the_reader_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jar = full_jar(100)
    Sequencer().run_until_empty()
    grow_until_idle()
    held = tmp_path / "held"
    held.write_bytes(bytes(publish().note))
    seal(300)
    publish()
    scope = Scope(kind="deal", id=jar)
    export(Order(scope=scope, since=(2,)), tmp_path / "deal")
    code, found = verified(tmp_path / "deal", capsys, f"--checkpoint={held}")
    assert code == 0
    assert any("goes on from 2 events" in text for text in found["proved"])
    with pytest.raises(Refused, match="302"):
        export(Order(scope=scope, since=(303,)), tmp_path / "other")


@pytest.mark.usefixtures("jar", "deposits")
def test_control_totals_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(WHOLE, tmp_path / "all")
    manifest = json.loads((tmp_path / "all/manifest.json").read_bytes())
    assert manifest["counts"]["types"] == {"jar_filled": 4, "jar_opened": 2}
    assert [each["sums"] for each in manifest["totals"]] == [{"": "351"}]
    assert verified(tmp_path / "all", capsys)[0] == 0


@pytest.mark.usefixtures("jar")
def test_an_archive_is_the_same_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(WHOLE, tmp_path / "all.zip")
    assert verified(tmp_path / "all.zip", capsys)[0] == 0
    export(WHOLE, tmp_path / "all")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        packed = {info.filename: archive.read(info) for info in archive.infolist()}
    written = {
        path.relative_to(tmp_path / "all").as_posix(): path.read_bytes()
        for path in (tmp_path / "all").rglob("*")
        if path.is_file()
    }
    del packed["manifest.json"], written["manifest.json"]
    assert packed == written


@pytest.mark.usefixtures("jar")
def test_tables_hold_every_event(tmp_path: Path) -> None:
    jar = full_jar()
    do(FillJar(amount_cents=1, note="=HYPERLINK()"), jar)
    sealed_now()
    export(Order(scope=Scope(kind="all"), forms=frozenset({"xlsx"})), tmp_path / "all")
    with (tmp_path / "all/tables/events.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(tables.COLUMNS)
    assert [int(row["log_index"]) for row in rows] == list(range(8))
    assert rows[0]["role"] == "exporter"
    with zipfile.ZipFile(tmp_path / "all/tables/events.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert b">1980-01-01T00:00:00Z<" in archive.read("docProps/core.xml")
    assert sheet.count("<row ") == 9
    assert "<f>" not in sheet
    dictionary = json.loads((tmp_path / "all/columns.json").read_bytes())
    assert set(dictionary["events"]) == {"jar_filled", "jar_opened"}


@pytest.mark.usefixtures("jar")
def test_events_leave_as_cloud_events_too(
    auditor: ApiClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the auditors' feed shows them."""
    export(Order(scope=Scope(kind="all"), forms=frozenset({"cloudevents"})), tmp_path / "all")
    lines = (tmp_path / "all/cloudevents.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == auditor.get("events/").json()["items"]
    assert verified(tmp_path / "all", capsys)[0] == 0


def test_the_auditors_role_suffices(
    jar: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = EventRow.objects.filter(stream_id=jar)[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE tollgate_auditor")
        export(WHOLE, tmp_path / "all")
        export(Order(scope=Scope(kind="about", id=jar), since=(0,)), tmp_path / "about")
        call_command("audit", "proof", str(event.event_id))
        call_command("audit", "consistency", "--from", "6")
        cursor.execute("RESET ROLE")
    assert verified(tmp_path / "all", capsys)[0] == 0


def test_the_command(jar: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "export", str(tmp_path / "deal.zip"), "--deal", str(jar), "--json")
    done = msgspec.json.decode(capsys.readouterr().out, type=Exported)
    assert (done.path, done.events) == (str(tmp_path / "deal.zip"), 3)
    assert done.bytes == (tmp_path / "deal.zip").stat().st_size
    call_command("audit", "export", str(tmp_path / "all"), "--all", "--also", "xlsx")
    assert "6 events of 2 things" in capsys.readouterr().out
    times = ["2020-01-01T00:00:00Z", "2120-01-01T00:00:00Z"]
    call_command("audit", "export", str(tmp_path / "period"), "--period", *times)
    assert verified(tmp_path / "period", capsys)[0] == 0
    call_command("audit", "export", str(tmp_path / "about"), "--about", str(jar), "--since", "0")
    with pytest.raises(CommandError, match="scope_unknown"):
        call_command("audit", "export", str(tmp_path / "none"), "--deal", str(UUID(int=1)))
