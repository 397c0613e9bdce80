"""Where nothing true can be written, nothing is: no scope, no checkpoint, or a log that was changed."""

import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audits import context
from audits.exporting import parts
from audits.exporting.bundle import Order, export
from audits.exporting.scopes import Scope
from audits.kernel import Refused
from tests.audits.exporting.exported import WHOLE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


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


@pytest.mark.usefixtures("jar")
def test_without_pyarrow_there_is_no_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Refused) as caught:
        export(Order(scope=Scope(kind="all"), forms=frozenset({"parquet"})), tmp_path / "all")
    assert caught.value.code == "parquet_not_installed"
    assert list(tmp_path.iterdir()) == []


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


def test_before_the_first_checkpoint_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="first checkpoint"):
        call_command("audit", "export", str(tmp_path / "all"), "--all")
