"""PostgreSQL refuses to be root; everybody can run it all the same."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from devstack import account, paths
from devstack.process import Account, launcher
from devstack.servers import Postgres
from tests.devstack.conftest import left_of

OTHER_USER = 54321
START_AND_STOP = """
import os, sys
from pathlib import Path
import psycopg
from devstack.servers import Postgres, Valkey
state = Path(sys.argv[1])
with_postgres, with_valkey = Postgres(state).start(), Valkey(state).start()
with psycopg.connect(with_postgres.url()) as connection:
    connection.execute("SELECT 1")
print(os.geteuid(), with_postgres.home.account)
with_postgres.stop()
with_valkey.stop()
"""


def accounts_of_this_user() -> list[Account]:
    """Return every account under which this user could run PostgreSQL on this machine."""
    allowed = []
    for candidate in account.candidates():
        trial = [*launcher(candidate, signal.SIGKILL), "/bin/sh", "-c", "true"]
        if subprocess.run(trial, check=False, cwd="/").returncode == 0:
            allowed.append(candidate)
    return allowed


@pytest.mark.parametrize("chosen", accounts_of_this_user())
def test_it_runs_under_every_account_and_never_as_root(
    chosen: Account, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "candidates", lambda: (chosen,))
    server = Postgres(state)
    try:
        for _ in range(2):  # the second time with what the first has left
            server.start()
            with psycopg.connect(server.url()) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            server.kill()
    finally:
        server.stop()
    assert server.home.account == chosen
    assert left_of(state) == []


def test_where_the_kernel_forbids_namespaces_the_next_candidate_serves(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in most containers; `forbidden` is an account whose launcher fails, like unshare there."""
    last = account.candidates()[-1]
    monkeypatch.setattr(account, "candidates", lambda: ("forbidden", last))

    def refuse(who: str, number: signal.Signals) -> list[str]:
        return ["/bin/false"] if who == "forbidden" else launcher(last, number)

    monkeypatch.setattr(account, "launcher", refuse)
    assert account.postgres_home(state).account == last


@pytest.mark.parametrize(
    ("user", "tried"),
    [
        (0, ("namespace", "nobody")),
        (pwd.getpwnam("nobody").pw_uid, ("same",)),
        (OTHER_USER, ("namespace",)),
    ],
)
def test_root_and_users_without_a_name_get_one(
    user: int, tried: tuple[Account, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert account.candidates() == tried


def test_no_account_at_all_is_said_plainly(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "candidates", tuple)
    with pytest.raises(account.ServerNotFoundError, match="does not run on this machine"):
        account.postgres_home(state)


def test_an_ordinary_user_runs_both_servers(
    ordinary_user: Account, make_state: Callable[[], Path]
) -> None:
    state = make_state()
    command = [sys.executable, "-c", START_AND_STOP, str(state)]
    finished = subprocess.run(
        [*launcher(ordinary_user, signal.SIGTERM), *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=paths.ROOT,
    )
    assert finished.returncode == 0, finished.stderr
    user, used = finished.stdout.split()
    assert user != "0"
    assert used == "same"
    assert left_of(state) == []


def test_a_directory_that_somebody_else_prepared_is_refused(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)
    with pytest.raises(paths.UnsafeDirectoryError, match="not a directory of user 54321"):
        paths.private_directory(state)


def test_a_link_in_place_of_a_private_directory_is_refused(state: Path) -> None:
    link = state / "link"
    link.symlink_to(state)
    with pytest.raises(paths.UnsafeDirectoryError):
        paths.private_directory(link)


def test_a_private_directory_is_closed_to_others_even_if_it_was_open(state: Path) -> None:
    state.chmod(0o777)
    assert paths.private_directory(state).stat().st_mode & 0o777 == 0o700


def test_socket_paths_stay_short_however_long_the_checkouts(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 200) / ("y" * 200)
    longest = len(str(paths.short_directory(deep))) + paths.LONGEST_SOCKET_NAME
    assert longest < paths.LONGEST_SOCKET_PATH


def test_socket_paths_stay_short_however_long_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/" + "t" * 100)
    assert paths.short_directory(tmp_path).parent == Path("/tmp")  # noqa: S108 -- not written to


def test_checkouts_have_socket_directories_of_their_own(tmp_path: Path) -> None:
    assert paths.short_directory(tmp_path / "a") != paths.short_directory(tmp_path / "b")
