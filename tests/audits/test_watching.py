"""`manage.py sequence` and `sweep` as operators run them: under their own roles, until told to stop."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from audits import context, grants, store, work
from audits.models import WorkItem
from tests.audits.histories import sealed
from tests.support.database import connect_as

NOWHERE = "unix:///nowhere.sock?db=0"
PATIENCE_SECONDS = 120.0
"""How long a slow machine may take to start Python and Django."""


def sessions_of(role: str) -> int:
    """Count the connections that a role has to the test's database; another's are not ours."""
    with connect_as() as login:
        [(count,)] = login.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = %s",
            [role],
        ).fetchall()
    return int(count)


def append_event() -> UUID:
    [receipt] = store.append([sealed(context.new_id(), 1)])
    return receipt.event_id


def places() -> int:
    """Count what is in the log, besides which code the sequencer runs."""
    with connect_as() as login:
        [(count,)] = login.execute(
            "SELECT count(*) FROM audits_log JOIN audits_event USING (event_id)"
            " WHERE type <> 'code_deployed'"
        ).fetchall()
    return int(count)


def address(role: str) -> str:
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    return f"postgresql://{role}@{host}:{database['PORT']}/{database['NAME']}"


@contextmanager
def running(role: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a management command as a database role until the block ends."""
    process = subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": address(role), "REDIS_URL": NOWHERE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


def stops_cleanly(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, b"Traceback" in errors) == (0, False), errors


@pytest.mark.django_db
def test_sequence_indexes_what_waits_and_says_how_much() -> None:
    append_event()
    append_event()
    for expected in ("2 events indexed\n", "0 events indexed\n"):
        out = io.StringIO()
        call_command("sequence", stdout=out)
        assert out.getvalue() == expected


@pytest.mark.django_db(transaction=True)
def test_the_sequencer_works_as_the_sealer_outlasts_its_connection_and_stops_cleanly() -> None:
    append_event()
    with running(grants.SEALER, "sequence", "--watch", "--interval", "0.05") as process:
        until(lambda: places() == 1)
        append_event()
        until(lambda: places() == 2)
        with connect_as() as login:
            ended = login.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = %s",
                [grants.SEALER],
            ).fetchall()
        assert ended == [(True,)]
        append_event()
        until(lambda: places() == 3)
        stops_cleanly(process)


@pytest.mark.django_db(transaction=True)
def test_a_sequencer_that_is_killed_is_replaced_without_loss() -> None:
    for _ in range(2):
        append_event()
        before = places()
        with running(grants.SEALER, "sequence", "--watch") as process:
            until(lambda: places() > before)  # noqa: B023 -- asked in this turn only
            process.kill()
        until(lambda: sessions_of(grants.SEALER) == 0)  # the server does what it was told last
    append_event()
    call_command("sequence", stdout=io.StringIO())
    with connect_as() as login:
        indexes = login.execute("SELECT log_index FROM audits_log ORDER BY 1").fetchall()
    assert indexes == [(0,), (1,), (2,), (3,)]  # and which code the sequencer runs, once


@pytest.mark.django_db
def test_sweep_runs_what_is_due_and_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[UUID] = []
    monkeypatch.setattr(work, "_handlers", {"test": lambda leased: ran.append(leased.id)})
    cause = append_event()
    items = [
        work.NewWork(kind="test", subject_id=UUID(int=number), event_id=cause)
        for number in range(3)
    ]
    expected = work.enqueue(items)
    out = io.StringIO()
    call_command("sweep", stdout=out)
    assert out.getvalue() == "3 work items run\n"
    assert ran == expected


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_works_as_the_worker_without_a_broker_and_stops_cleanly(
    tmp_path: Path,
) -> None:
    heartbeat = tmp_path / "alive"
    cause = append_event()
    [item] = work.enqueue([work.NewWork(kind="nobody", subject_id=UUID(int=1), event_id=cause)])
    options = ("--watch", "--interval", "0.05", "--heartbeat", str(heartbeat))
    with running(grants.WORKER, "sweep", *options) as process:
        until(lambda: WorkItem.objects.get(id=item).last_error != "")
        assert "nobody" in WorkItem.objects.get(id=item).last_error
        until(heartbeat.exists)
        stops_cleanly(process)
