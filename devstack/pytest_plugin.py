"""Start PostgreSQL and Valkey for a test run, before Django reads its settings.

Loaded by `-p devstack.pytest_plugin`. With pytest-xdist the controller starts the servers and
the workers inherit their addresses. Set DATABASE_URL or REDIS_URL to test against others; the
user of DATABASE_URL must then be a superuser.
"""

import os
import tempfile
from pathlib import Path

import pytest

from devstack.environment import TESTING
from devstack.paths import remove_state
from devstack.provision import provision
from devstack.servers import Postgres, Valkey

_SERVERS: list[Postgres | Valkey] = []
_STATES: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start what the environment does not name yet, and say in it where that is."""
    for name, value in TESTING.items():
        os.environ.setdefault(name, value)
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    state = Path(tempfile.mkdtemp(prefix="tollgate-tests-"))
    _STATES.append(state)
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(state, durable=False).start()
        _SERVERS.append(postgres)
        os.environ["DATABASE_URL"] = postgres.url("tollgate")
        provision(postgres.url())
    else:
        provision(os.environ["DATABASE_URL"])
    if "REDIS_URL" not in os.environ:
        valkey = Valkey(state, durable=False).start()
        _SERVERS.append(valkey)
        os.environ["REDIS_URL"] = valkey.url()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the servers that this run started, and remove what they wrote."""
    while _SERVERS:
        _SERVERS.pop().stop()
    while _STATES:
        remove_state(_STATES.pop())
