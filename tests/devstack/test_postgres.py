"""The embedded PostgreSQL: private, durable, and able to start whatever went before."""

import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from devstack.servers import PORT, Postgres
from tests.devstack.conftest import eventually, left_of, processes_of


def ask(url: str, query: LiteralString) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def remember(server: Postgres, answer: int = 42) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept (answer int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [answer])


def recall(server: Postgres) -> object:
    return ask(server.url(), "SELECT answer FROM kept")


@pytest.fixture
def stranger() -> Iterator[int]:
    """Provide the id of a living process that has nothing to do with PostgreSQL."""
    process = subprocess.Popen(["/bin/sleep", "600"])
    yield process.pid
    process.kill()
    process.wait()


def test_it_listens_on_a_private_socket_only(postgres: Postgres) -> None:
    postgres.start()
    assert ask(postgres.url(), "SHOW listen_addresses") == ""
    assert stat.S_IMODE(postgres.home.sockets.stat().st_mode) == 0o700
    assert len(str(postgres.home.sockets / f".s.PGSQL.{PORT}")) < 90


def test_it_is_postgresql_18_in_utc_and_unicode(postgres: Postgres) -> None:
    postgres.start()
    assert str(ask(postgres.url(), "SHOW server_version")).startswith("18")
    assert ask(postgres.url(), "SHOW timezone") == "UTC"
    assert ask(postgres.url(), "SHOW server_encoding") == "UTF8"


@pytest.mark.parametrize(("durable", "setting"), [(True, "on"), (False, "off")])
def test_crash_safety_is_given_up_only_on_demand(
    state: Path, *, durable: bool, setting: str
) -> None:
    server = Postgres(state, durable=durable).start()
    try:
        assert ask(server.url(), "SHOW fsync") == setting
        assert ask(server.url(), "SHOW synchronous_commit") == setting
        assert ask(server.url(), "SHOW full_page_writes") == setting
    finally:
        server.stop()


def test_a_clean_stop_leaves_no_process_and_keeps_the_data(postgres: Postgres, state: Path) -> None:
    remember(postgres.start())
    assert processes_of(state) != []
    postgres.stop()
    assert left_of(state) == []
    assert recall(postgres.start()) == 42


def test_it_starts_after_kill_9_with_what_was_committed(postgres: Postgres) -> None:
    remember(postgres.start())
    postgres.kill()
    assert not postgres.is_running()
    assert recall(postgres.start()) == 42


def test_an_immediate_restart_replays_the_log(postgres: Postgres) -> None:
    remember(postgres.start())
    first = postgres.child.pid
    postgres.restart_immediate()
    assert postgres.child.pid != first
    assert recall(postgres) == 42


def test_lock_files_that_name_a_stranger_do_not_stop_it(postgres: Postgres, stranger: int) -> None:
    remember(postgres.start())
    lock = postgres.home.data / "postmaster.pid"
    socket_lock = postgres.home.sockets / f".s.PGSQL.{PORT}.lock"
    contents = {path: path.read_text().split("\n", 1)[1] for path in (lock, socket_lock)}
    postgres.kill()
    for path, rest in contents.items():
        path.write_text(f"{stranger}\n{rest}")
    assert recall(postgres.start()) == 42


def test_a_half_made_data_directory_is_made_again(postgres: Postgres) -> None:
    for name in ("pgdata", "pgdata.new"):
        half_made = postgres.home.data.with_name(name)
        half_made.mkdir()
        (half_made / "postgresql.conf").touch()
    assert ask(postgres.start().url(), "SELECT 1") == 1


def test_a_server_that_outlived_its_supervisor_is_replaced(postgres: Postgres, state: Path) -> None:
    remember(postgres.start())
    second = Postgres(state)
    try:
        assert recall(second.start()) == 42
        assert eventually(lambda: not postgres.is_running())
    finally:
        second.stop()


def test_starting_what_runs_changes_nothing(postgres: Postgres) -> None:
    first = postgres.start().child.pid
    assert postgres.start().child.pid == first


def test_two_checkouts_run_side_by_side(make_state: Callable[[], Path]) -> None:
    servers = [Postgres(make_state()).start() for _ in range(2)]
    try:
        for number, server in enumerate(servers):
            remember(server, number)
        assert [recall(server) for server in servers] == [0, 1]
    finally:
        for server in servers:
            server.stop()
