"""`./tollgate manage` works on the database that a person at this checkout means, and says which."""

import os
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Self

import pytest

from devstack import manage, paths
from devstack.exclusive import StackBusyError, exclusive_use, is_in_use
from devstack.serving import NAME, announced, served

Asked = tuple[list[str], dict[str, str]]


class Servers:
    """Stands for the servers that a command starts for itself; busy while another runs them."""

    def __init__(self, state: Path, _shape: object) -> None:
        self._state = state

    def __enter__(self) -> Self:
        self._held = ExitStack()
        self._held.enter_context(exclusive_use(self._state))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def environment(self, _role: str) -> dict[str, str]:
        return {"OWN": "1"}


@pytest.fixture
def checkout(make_state: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the checkout's state in a directory of the test's own, and name no database."""
    state = make_state()
    monkeypatch.setattr(paths, "state_directory", lambda: state)
    monkeypatch.setattr(manage, "Stack", Servers)
    for name in [*os.environ]:
        if name.startswith(("DATABASE_", "REDIS_URL", "TOLLGATE_")):
            monkeypatch.delenv(name)
    return state


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Record what would be run, with which environment."""
    found: list[Asked] = []

    def run(arguments: list[str], variables: dict[str, str]) -> int:
        found.append((arguments, variables))
        return 0

    monkeypatch.setattr(manage, "run", run)
    return found


def address(ran: list[Asked]) -> str:
    [(arguments, variables)] = ran
    assert arguments == ["verify"]
    return variables["DATABASE_URL"]


def sockets(state: Path) -> str:
    return paths.short_directory(state).name


def test_where_nothing_runs_it_has_servers_of_its_own(
    checkout: Path, ran: list[Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    assert manage.main(["verify"]) == 0
    assert ran == [(["verify"], {"OWN": "1"})]
    assert capsys.readouterr() == ("", f"Database: {checkout}, for this command alone\n")


def test_beside_a_running_stack_it_uses_that(
    checkout: Path, ran: list[Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    with exclusive_use(checkout):
        assert manage.main(["verify"]) == 0
    assert sockets(checkout) in address(ran)
    assert capsys.readouterr() == ("", f"Database: the stack that runs in {checkout}\n")


@pytest.mark.usefixtures("checkout")
def test_a_demonstration_that_stays_up_is_what_it_looks_at(
    state: Path,
    ran: list[Asked],
    make_state: Callable[[], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demonstration = make_state()
    monkeypatch.setenv("TOLLGATE_LOG_ORIGIN", "elsewhere")
    with exclusive_use(demonstration), announced(demonstration):
        assert manage.main(["verify"]) == 0
    assert sockets(demonstration) in address(ran)
    assert sockets(state) not in address(ran)
    assert ran[0][1]["TOLLGATE_LOG_ORIGIN"] == "localhost/tollgate"  # it takes nothing from outside
    told = f"Database: the demonstration that is served from {demonstration}\n"
    assert capsys.readouterr() == ("", told)


def test_what_the_checkout_runs_goes_before_a_demonstration(
    checkout: Path, ran: list[Asked], make_state: Callable[[], Path]
) -> None:
    demonstration = make_state()
    with exclusive_use(demonstration), announced(demonstration), exclusive_use(checkout):
        assert manage.main(["verify"]) == 0
    assert sockets(checkout) in address(ran)


def test_a_database_that_is_named_goes_before_all(
    checkout: Path,
    ran: list[Asked],
    make_state: Callable[[], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@there/named")
    demonstration = make_state()
    with exclusive_use(demonstration), announced(demonstration):
        manage.main(["verify"])
        with exclusive_use(checkout):
            manage.main(["verify"])
    assert ran[0][1] == {"OWN": "1"}
    assert ran[1][1]["DATABASE_URL"] == "postgresql://me:secret@there/named"
    assert capsys.readouterr().err == "Database: DATABASE_URL\n" * 2


@pytest.mark.parametrize("remains", ["a lock that nobody holds", "a note alone"])
def test_what_a_killed_demonstration_left_is_none(
    remains: str, checkout: Path, make_state: Callable[[], Path], ran: list[Asked]
) -> None:
    demonstration = make_state()
    with exclusive_use(demonstration) if "lock" in remains else nullcontext():
        (checkout / NAME).write_text(str(demonstration))
    assert served() is None
    assert manage.main(["verify"]) == 0
    assert ran == [(["verify"], {"OWN": "1"})]


def test_a_demonstration_that_ends_leaves_the_note_of_another(
    checkout: Path, make_state: Callable[[], Path]
) -> None:
    first, second = make_state(), make_state()
    with exclusive_use(second):
        with announced(first):
            (checkout / NAME).write_text(str(second))
        assert served() == second
    with announced(first):
        pass
    assert not (checkout / NAME).exists()


def test_asking_who_runs_a_stack_keeps_nobody_from_it(state: Path) -> None:
    assert not is_in_use(state)
    with exclusive_use(state):
        assert is_in_use(state)
        with pytest.raises(StackBusyError), exclusive_use(state):
            pass
    assert not is_in_use(state)
    with exclusive_use(state):
        pass
