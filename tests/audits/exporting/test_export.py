"""`manage audit export`: what it writes, the one-file verifier proves; a crash costs one part."""

import csv
import errno
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock
from uuid import UUID

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audits import context
from audits.exporting import bundle, parts, tables
from audits.exporting.bundle import Exported, Order, export
from audits.exporting.registry import Total, totals
from audits.exporting.scopes import Scope
from audits.kernel import Refused
from audits.models import EventRow
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.api.toy import FillJar
from tests.audits.histories import do, full_jar
from tests.audits.sealing.journals import seal
from tests.audits.sealing.published import LOG, publish
from tests.support.client import ApiClient
from verifier.verify_bundle import main

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]

WHOLE: Final = Order(scope=Scope(kind="all"))


def sealed_now() -> int:
    """Index, seal and sign everything; return the size of the log."""
    Sequencer().run_until_empty()
    grow_until_idle()
    return int(publish().size)


@pytest.fixture
def jar(jars: None) -> UUID:  # noqa: ARG001 -- jars can be opened then
    """Two jars of two deals; the second names the first."""
    first = full_jar(100, 200)
    second = full_jar(50)
    do(FillJar(amount_cents=1, note=f"moved from {first}"), second)
    sealed_now()
    return first


@pytest.fixture
def deposits() -> Iterator[None]:
    totals["deposits"] = Total(name="deposits", type="jar_filled", field="amount_cents")
    yield
    del totals["deposits"]


def verified(place: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([str(place), "--key", str(LOG.verifier_key), "--json", *options])
    return code, json.loads(capsys.readouterr().out)


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


@pytest.mark.usefixtures("jar")
def test_nothing_is_no_bundle(tmp_path: Path) -> None:
    now = context.database_now() + timedelta(days=1)
    period = Scope(kind="period", recorded_at_from=now, recorded_at_until=now)
    for scope, code in (
        (Scope(kind="deal", id=UUID(int=1)), "scope_unknown"),
        (Scope(kind="about", id=UUID(int=1)), "scope_unknown"),
        (period, "scope_empty"),
    ):
        with pytest.raises(Refused) as caught:
            export(Order(scope=scope), tmp_path / "none")
        assert caught.value.code == code
        assert not (tmp_path / "none").exists()


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


@pytest.mark.usefixtures("jar")
def test_without_pyarrow_there_is_no_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Refused) as caught:
        export(Order(scope=Scope(kind="all"), forms=frozenset({"parquet"})), tmp_path / "all")
    assert caught.value.code == "parquet_not_installed"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_EVENTS", 2)


class Crash(Exception):
    """The machine stops."""


@pytest.mark.usefixtures("jar", "small_parts")
@pytest.mark.parametrize("at", range(1, 6))
def test_a_crash_costs_one_part(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []
    write_whole = parts.write_whole

    def until(path: Path, content: bytes) -> None:
        if len(written) == at:
            raise Crash
        write_whole(path, content)
        written.append(path.name)

    monkeypatch.setattr(parts, "write_whole", until)
    with pytest.raises(Crash):
        export(WHOLE, tmp_path / "all")
    assert not (tmp_path / "all").exists()
    size = 6
    seal(3)
    publish()
    at = -1
    before = list(written)
    assert export(WHOLE, tmp_path / "all").size == size
    kept = {name for name in before if name.endswith(".events")}
    assert not kept & set(written[len(before) :])
    assert verified(tmp_path / "all", capsys)[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


@pytest.mark.usefixtures("jar")
def test_a_crash_at_the_end_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bundle, "_finish", lambda *_: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            export(WHOLE, tmp_path / "all")
    with pytest.raises(Refused) as caught:
        export(Order(scope=Scope(kind="all"), forms=frozenset({"xlsx"})), tmp_path / "all")
    assert caught.value.code == "export_other"
    export(WHOLE, tmp_path / "all")
    assert verified(tmp_path / "all", capsys)[0] == 0
    with pytest.raises(Refused) as caught:
        export(WHOLE, tmp_path / "all")
    assert caught.value.code == "export_exists"


@pytest.mark.usefixtures("jar")
def test_two_do_not_export_to_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(_bundle: Path, place: Path) -> None:
        with pytest.raises(Refused) as caught:
            export(WHOLE, place)
        assert caught.value.code == "export_running"
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(bundle, "_finish", meanwhile)
        with pytest.raises(Crash):
            export(WHOLE, tmp_path / "all")
    assert export(WHOLE, tmp_path / "all").events == 6


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


@pytest.mark.usefixtures("jar")
def test_a_place_that_cannot_be_written_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (str(tmp_path / "file" / "all"), "/", ""):
        with pytest.raises(CommandError, match=r"^place_unusable: "):
            call_command("audit", "export", place, "--all")


@pytest.mark.usefixtures("jar")
def test_a_full_disk_is_named_and_once_it_has_room_the_export_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "all"
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as patch:
        patch.setattr(bundle, "_write_contents", Mock(side_effect=full))
        with pytest.raises(CommandError, match=r"^place_unusable: .*No space left"):
            call_command("audit", "export", str(place), "--all")
    assert not place.exists()
    call_command("audit", "export", str(place), "--all")
    capsys.readouterr()
    assert verified(place, capsys)[0] == 0


def test_events_that_are_gone_are_missed(jar: UUID, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audits_log DISABLE TRIGGER ALL")  # as a superuser can
        cursor.execute("DELETE FROM audits_log WHERE log_index = 4")
    with pytest.raises(parts.LogChanged, match="1 of 6"):
        export(WHOLE, tmp_path / "all")
    for name, scope in (("all.zip", ["--all"]), ("deal.zip", ["--deal", str(jar)])):
        with pytest.raises(CommandError, match="log_changed"):
            call_command("audit", "export", str(tmp_path / name), *scope)
        assert not (tmp_path / name).exists()


@pytest.mark.usefixtures("jar")
@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b'{"a":"\xff"}', b"[]"])
def test_what_is_no_event_any_more_is_not_exported(content: bytes, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audits_event DISABLE TRIGGER ALL")  # as a superuser can
        cursor.execute("UPDATE audits_event SET canonical = %s WHERE version = 2", [content])
    with pytest.raises(CommandError, match=r"^log_changed: log index \d is no event: "):
        call_command("audit", "export", str(tmp_path / "all"), "--all")
    assert not (tmp_path / "all").exists()


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


def test_before_the_first_checkpoint_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="first checkpoint"):
        call_command("audit", "export", str(tmp_path / "all"), "--all")
