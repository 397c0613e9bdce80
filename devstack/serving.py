"""Where a demonstration that stays up keeps its state, for whoever wants to look behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack import paths
from devstack.exclusive import is_in_use

NAME = "serving"


@contextmanager
def announced(state: Path) -> Iterator[None]:
    """Tell other commands of this checkout meanwhile that a demonstration is served from `state`."""
    note = paths.private_directory(paths.state_directory()) / NAME
    note.write_text(str(state))
    try:
        yield
    finally:
        if note.exists() and note.read_text() == str(state):  # else another one began since
            note.unlink()


def served() -> Path | None:
    """Return the state directory of the demonstration that is served now; None: there is none.

    What a killed one left behind is none: the lock tells, not the note.
    """
    try:
        state = Path((paths.state_directory() / NAME).read_text())
    except FileNotFoundError:
        return None
    return state if is_in_use(state) else None
