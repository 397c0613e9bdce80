"""Exports that end early: a crash costs one part, and who is in the way is told why."""

import errno
import os
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command

from audits.exporting import bundle, parts
from audits.exporting.bundle import Order, export
from audits.exporting.scopes import Scope
from audits.kernel import Refused
from tests.audits.exporting.exported import WHOLE, verified
from tests.audits.sealing.journals import seal
from tests.audits.sealing.published import publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


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
