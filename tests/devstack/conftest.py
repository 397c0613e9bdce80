"""State directories and a look at the machine's processes."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devstack import paths
from devstack.account import postgres_home
from devstack.process import Account
from devstack.servers import Postgres, Valkey

PATIENCE_SECONDS = 120.0
"""More than a loaded machine needs: what has not come about by then does not come at all."""


@pytest.fixture
def make_state() -> Iterator[Callable[[], Path]]:
    """Make private state directories that nothing else uses, and remove them and their sockets."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="tollgate-state-")))
        return made[-1]

    yield make
    for state in made:
        paths.remove_state(state)


@pytest.fixture
def state(make_state: Callable[[], Path]) -> Path:
    return make_state()


@pytest.fixture
def postgres(state: Path) -> Iterator[Postgres]:
    """Provide a durable server that is not running yet."""
    server = Postgres(state)
    yield server
    server.stop()


@pytest.fixture
def valkey(state: Path) -> Iterator[Valkey]:
    """Provide a durable server that is not running yet."""
    server = Valkey(state)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ordinary_user() -> Account:
    """Name the account under which a process is not root, whoever runs the tests."""
    if os.geteuid() != 0:
        return "same"
    directory = Path(tempfile.mkdtemp(prefix="tollgate-state-"))
    account = postgres_home(directory).account
    paths.remove_state(directory)
    return account


def left_of(state: Path) -> list[str]:
    """Return the processes of `state` that are there in the end.

    What lost its first process notices that by itself, and on a busy machine not at once.
    """
    eventually(lambda: not processes_of(state))
    return processes_of(state)


def processes_of(state: Path) -> list[str]:
    """Return the command lines of the processes, other than this one, that name `state`."""
    places = {str(state), str(paths.short_directory(state))}
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(place in line for place in places):
            found.append(f"{process.pid} {line}")
    return found


def alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs; one that only waits to be collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], bool], timeout_seconds: float = PATIENCE_SECONDS) -> bool:
    """Tell whether `condition` comes true in time."""
    end = time.monotonic() + timeout_seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
