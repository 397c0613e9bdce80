"""`./tollgate up`: says where everything is and lets the demonstration's people in, or nobody."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from devstack import cast, paths, up
from devstack.demo.client import Person
from devstack.stack import Shape
from tests.devstack.conftest import PATIENCE_SECONDS, eventually

UP = """
import sys
from pathlib import Path
from devstack import paths, up
paths.state_directory = lambda: Path(sys.argv[1])
up.main(sys.argv[2:])
"""
OUTER = ("DATABASE_", "REDIS_URL", "TOLLGATE_")
Start = Callable[..., str]


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    """Start a stack with these arguments, one after the other, and return what it prints."""
    running: list[subprocess.Popen[str]] = []

    def stop() -> None:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_SECONDS)
        running.clear()

    def begin(*arguments: str) -> str:
        stop()
        variables = {name: v for name, v in os.environ.items() if not name.startswith(OUTER)}
        process = subprocess.Popen(
            [sys.executable, "-c", UP, str(state), *arguments],
            cwd=paths.ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        printed = ""
        assert process.stdout is not None
        for line in process.stdout:
            printed += line
            if line.startswith("Ctrl-C"):
                break
        return printed

    yield begin
    stop()


def address_in(printed: str) -> str:
    found = re.search(r"answers at (http://127\.0\.0\.1:[0-9]+)/", printed)
    assert found, printed
    return found[1]


def passwords_in(printed: str) -> Mapping[str, str]:
    return dict(re.findall(r"^  (\S+) +(\S+) +\w+$", printed, re.MULTILINE))


def waiting_for_the_log(url: str) -> int:
    return int(
        httpx.get(f"{url}/health/progress", timeout=PATIENCE_SECONDS).json()["unsequenced_events"]
    )


def can_log_in(url: str, username: str, password: str) -> bool:
    credentials = {"username": username, "password": password}
    answer = httpx.post(f"{url}/api/v1/sessions", json=credentials, timeout=PATIENCE_SECONDS)
    return answer.status_code == 201


def entry_page(url: str) -> str:
    return httpx.get(f"{url}/", timeout=PATIENCE_SECONDS).text


def test_the_cast_gets_in_with_what_is_printed_and_nobody_without_it(
    start: Start, state: Path
) -> None:
    printed = start()
    url, logins = address_in(printed), passwords_in(printed)
    assert set(logins) == {member.username for member in cast.CAST}
    assert f"{url}/api/v1/docs/" in printed
    assert str(state / "logs") in printed
    assert all(can_log_in(url, name, password) for name, password in logins.items())
    store = cast.store_of(state)
    assert str(store) in printed
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    entry = entry_page(url)
    assert all(name in entry for name in logins)
    assert not any(password in entry for password in logins.values())
    assert "brief-2026" in entry
    assert "entries, fetched" in entry

    up.furnish(url, logins)
    assert eventually(lambda: waiting_for_the_log(url) == 0)
    auditor = Person(url, "auditor", logins["auditor"])
    for kind in ("edition_published", "list_imported"):
        assert len(auditor.read("/events/", type=kind)["items"]) == 1
    auditor.close()

    bare = start("--no-logins")
    assert not passwords_in(bare)
    assert str(store) not in bare
    assert "second-officer" not in entry_page(address_in(bare))


@pytest.mark.parametrize(
    ("variables", "arguments", "enrolls"),
    [
        ({}, [], True),
        ({}, ["--no-logins"], False),
        ({"DATABASE_URL": "postgresql://somebody@elsewhere/db"}, [], False),
        ({"DATABASE_URL": "postgresql://somebody@elsewhere/db"}, ["--logins"], True),
    ],
)
def test_a_database_of_somebody_else_gets_no_demonstration_unless_asked(
    monkeypatch: pytest.MonkeyPatch,
    variables: Mapping[str, str],
    arguments: list[str],
    *,
    enrolls: bool,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert up.parse(arguments).logins is enrolls


def test_the_entry_page_is_given_names_and_no_passwords() -> None:
    shape = cast.naming_logins(Shape(variables={"KEPT": "yes"}))
    assert shape.variables == {
        "KEPT": "yes",
        "TOLLGATE_DEMONSTRATION_LOGINS": ",".join(member.username for member in cast.CAST),
    }
