"""One stack at a time in a state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class StackBusyError(RuntimeError):
    """Another process already runs the stack of this state directory."""


@contextmanager
def exclusive_use(state: Path) -> Iterator[None]:
    """Hold the lock of `state`; the kernel lets go of it however this process ends."""
    with (state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackBusyError(f"Process {holder(lock)} already runs a stack here") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_in_use(state: Path) -> bool:
    """Tell whether a process runs the stack of `state`."""
    try:
        with (state / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def holder(lock: IO[str]) -> str:
    """Return what the process that holds `lock` wrote into it: its id."""
    lock.seek(0)
    return lock.read() or "unknown"
