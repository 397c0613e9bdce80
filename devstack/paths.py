"""Where one checkout keeps its running state, so that two of them never meet."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS.
LONGEST_SOCKET_PATH = 90
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")


class UnsafeDirectoryError(RuntimeError):
    """A directory meant to be private belongs to, or is open to, somebody else."""


def state_directory(root: Path = ROOT) -> Path:
    """Return the directory for the state of the checkout at `root`: `root/.tollgate`."""
    return root / ".tollgate"


def private_directory(path: Path, owner: int | None = None) -> Path:
    """Make `path` a directory that only user `owner` (default: this one) may enter; return it.

    One that somebody else prepared is refused: who owns the directory decides who may connect.
    """
    wanted = os.geteuid() if owner is None else owner
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), wanted}:
        raise UnsafeDirectoryError(f"{path} is not a directory of user {wanted}")
    path.chmod(0o700)
    if found.st_uid != wanted:
        os.chown(path, wanted, -1)
    return path


def short_directory(state: Path) -> Path:
    """Return a path, keyed by the user and `state`, that is short enough to hold sockets."""
    key = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:12]
    name = f"tollgate-{os.geteuid()}-{key}"
    preferred = Path(tempfile.gettempdir()) / name
    if len(str(preferred)) + LONGEST_SOCKET_NAME < LONGEST_SOCKET_PATH:
        return preferred
    return Path("/tmp") / name  # noqa: S108 -- private_directory() checks who owns it


def directory_of_nobody(state: Path) -> Path:
    """Return where PostgreSQL keeps everything when it must run as `nobody`."""
    place = short_directory(state)
    return place.with_name(f"{place.name}-nobody")


def remove_state(state: Path) -> None:
    """Remove a state directory, its sockets and whatever else the servers wrote for it."""
    for directory in (short_directory(state), directory_of_nobody(state), state):
        shutil.rmtree(directory, ignore_errors=True)
