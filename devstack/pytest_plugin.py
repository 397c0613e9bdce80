"""Start PostgreSQL and Valkey for a test run, before Django reads its settings.

Loaded by `-p devstack.pytest_plugin`. With pytest-xdist the controller starts the servers and
the workers inherit their addresses; each has a database of its own on both. Set DATABASE_URL or
REDIS_URL to test against others; the user of DATABASE_URL must then be a superuser.
"""

import atexit
import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.environment import TESTING
from devstack.paths import remove_state
from devstack.provision import DATABASE, provision
from devstack.servers import Postgres, Valkey


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start what the environment does not name yet, and say in it where that is."""
    for name, value in TESTING.items():
        os.environ.setdefault(name, value)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        number = int(worker.removeprefix("gw"))
        os.environ["REDIS_URL"] = on_database(os.environ["REDIS_URL"], number)
        return
    with ExitStack() as exits:
        start_servers(exits)
        # Not at the end of the run, which a run that fails to begin never reaches.
        atexit.register(exits.pop_all().close)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make what a test printed or logged sendable: pytest-xdist has no place for lone surrogates."""
    report = yield
    report.sections = [
        (title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections
    ]
    return report


def start_servers(exits: ExitStack) -> None:
    """Start the servers that are missing, and leave in `exits` how to be rid of them."""
    state = Path(tempfile.mkdtemp(prefix="tollgate-tests-"))
    exits.callback(remove_state, state)
    if "DATABASE_URL" in os.environ:
        provision(os.environ["DATABASE_URL"])
    else:
        postgres = Postgres(state, durable=False)
        exits.callback(postgres.stop)
        provision(postgres.start().url())
        os.environ["DATABASE_URL"] = postgres.url(DATABASE)
    if "REDIS_URL" not in os.environ:
        valkey = Valkey(state, durable=False)
        exits.callback(valkey.stop)
        os.environ["REDIS_URL"] = valkey.start().url()


def on_database(url: str, number: int) -> str:
    """Name another database of the same Redis-compatible server; it has sixteen."""
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlsplit(url)._replace(path=f"/{number}").geturl()
