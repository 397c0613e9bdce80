"""The embedded Redis-compatible server."""

import stat
from pathlib import Path

import pytest
import redis

from devstack.servers import Valkey
from tests.devstack.conftest import eventually, left_of, processes_of


def client(server: Valkey) -> "redis.Redis":
    return redis.Redis.from_url(server.url(), decode_responses=True)


def remember(server: Valkey) -> None:
    with client(server) as connection:
        connection.set("kept", "42")
        connection.waitaof(1, 0, 5_000)


def recall(server: Valkey) -> object:
    with client(server) as connection:
        return connection.get("kept")


def test_it_listens_on_a_private_socket_only(valkey: Valkey) -> None:
    with client(valkey.start()) as connection:
        assert connection.config_get("port") == {"port": "0"}
    assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
    assert len(str(valkey.socket)) < 90


def test_it_starts_after_kill_9_with_what_had_reached_the_file(valkey: Valkey) -> None:
    remember(valkey.start())
    valkey.kill()
    assert not valkey.is_running()
    assert recall(valkey.start()) == "42"


def test_a_clean_stop_leaves_no_process(valkey: Valkey, state: Path) -> None:
    remember(valkey.start())
    assert processes_of(state) != []
    valkey.stop()
    assert left_of(state) == []
    assert recall(valkey.start()) == "42"


def test_a_server_that_outlived_its_supervisor_is_replaced(valkey: Valkey, state: Path) -> None:
    remember(valkey.start())
    second = Valkey(state)
    try:
        assert recall(second.start()) == "42"
        assert eventually(lambda: not valkey.is_running())
    finally:
        second.stop()


@pytest.mark.parametrize(("durable", "kept"), [(True, "42"), (False, None)])
def test_only_a_durable_one_keeps_its_contents(
    state: Path, *, durable: bool, kept: str | None
) -> None:
    server = Valkey(state, durable=durable)
    try:
        with client(server.start()) as connection:
            connection.set("kept", "42")
        server.stop()
        assert recall(server.start()) == kept
    finally:
        server.stop()
