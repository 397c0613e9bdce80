"""The checkpoint store outside the database: what a restored backup cannot take back.

The default is a file on another volume, better another machine's, owned by another user and
append-only (`chattr +a`) where the system can. One JSON line a checkpoint; each names the hash of
everything before it, so that nothing can be cut out of the middle. What is missing at the end shows
against the database's checkpoints, the signer's memory and the witnesses.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn, Protocol

import msgspec

from audits.sealing.disk import sync
from audits.sealing.halt import SealingHalted

MODE: Final = 0o640
TORN: Final = b" was cut off\n"
"""Ends what a crash left of a line, so that it says nothing, even where only its newline lacked."""
LOCK_TRIES: Final = 1_200
LOCK_SECONDS: Final = 0.05
"""Pause between two tries to lock the file, which last a minute: any reader could hold it for ever."""
CHUNK_BYTES: Final = 1_048_576


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The largest tree that was ever published."""

    size: int
    root: bytes


class CheckpointStore(Protocol):
    """Keeps the largest tree, outside the database; it only ever grows."""

    def head(self) -> Head | None:
        """Read the largest tree; None: nothing was ever published."""

    def advance(self, expected: Head | None, new: Head, *, at_s: int) -> bool:
        """Replace `expected` by `new`; False, and no change, where something else is there.

        at_s: when, in seconds since 1970. Returns only when it would survive a loss of power.
        """


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the file."""

    size: int
    root: str
    """Lower-case hex."""
    at_s: int
    previous: str
    """SHA-256 over all bytes of the file before this line, lower-case hex."""


class FileStore:
    """The append-only file. One process may hold several; each remembers how far it has checked.

    What was checked is read again when the file is another one, or somebody else has touched it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._checked_bytes = 0
        self._head: Head | None = None
        self._touched: tuple[int, ...] = ()
        """By which the file was told when this object left it."""

    def head(self) -> Head | None:
        """Read what is new in the file and check it; SealingHalted `outside_damaged`."""
        with suppress(FileNotFoundError), self._open(os.O_RDONLY, fcntl.LOCK_SH) as file:
            self._read(file)
        return self._head

    def advance(self, expected: Head | None, new: Head, *, at_s: int) -> bool:
        """Append a line if the head is as expected; see `CheckpointStore.advance`."""
        if expected is None:
            self._make()
        with self._open(os.O_RDWR | os.O_APPEND, fcntl.LOCK_EX) as file:
            torn = self._read(file)
            if self._head != expected:
                return False
            # What a crash left of a line stays, and is made a line of its own.
            ending = TORN if torn else b""
            everything = self._hash.copy()
            everything.update(torn + ending)
            line = Line(
                size=new.size, root=new.root.hex(), at_s=at_s, previous=everything.hexdigest()
            )
            os.write(file, ending + msgspec.json.encode(line) + b"\n")
            os.fsync(file)
            self._read(file)
        return self._head == new

    def _make(self) -> None:
        """Make the file at its first use, so that a loss of power leaves it."""
        if not self._path.exists():
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, MODE))
            sync(self._path.parent)

    @contextmanager
    def _open(self, flags: int, lock: int) -> Iterator[int]:
        """Open the file under a lock; BlockingIOError where somebody else keeps that."""
        try:
            file = os.open(self._path, flags)
        except FileNotFoundError:
            if self._checked_bytes:
                self._damaged("the file is gone")
            raise
        try:
            _lock(file, lock)
            yield file
        finally:
            os.close(file)

    def _read(self, file: int) -> bytes:
        """Check what follows the bytes that were checked before; return a line without an end."""
        size = os.fstat(file).st_size
        self._require_kept(file)
        content = os.pread(file, size - self._checked_bytes, self._checked_bytes)
        complete, newline, torn = content.rpartition(b"\n")
        for line in (complete + newline).splitlines(keepends=True):
            self._take(line)
        self._touched = _touched(file)
        return torn

    def _require_kept(self, file: int) -> None:
        """Compare what was checked before with what is there, unless nobody has touched it."""
        if self._touched == _touched(file):
            return
        again, missing = hashlib.sha256(), self._checked_bytes
        while part := os.pread(file, min(missing, CHUNK_BYTES), self._checked_bytes - missing):
            again.update(part)
            missing -= len(part)
        if again.digest() != self._hash.digest():
            self._damaged("what was read before is not there any more")

    def _take(self, content: bytes) -> None:
        try:
            line = msgspec.json.decode(content, type=Line)
        except msgspec.DecodeError:
            line = None  # what a crash left; the next line's `previous` covers it
        if line is not None:
            if line.previous != self._hash.hexdigest():
                self._damaged("a line does not follow what stands before it")
            head = Head(size=line.size, root=bytes.fromhex(line.root))
            if self._head is not None and head.size <= self._head.size:
                self._damaged(f"size {head.size} follows size {self._head.size}")
            self._head = head
        self._hash.update(content)
        self._checked_bytes += len(content)

    def _damaged(self, detail: str) -> NoReturn:
        raise SealingHalted("outside_damaged", f"{self._path}: {detail}")


def _touched(file: int) -> tuple[int, ...]:
    """Tell which file it is, and when it was changed last."""
    found = os.fstat(file)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _lock(file: int, lock: int) -> None:
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, lock | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_SECONDS)
        else:
            return
    raise BlockingIOError("somebody else keeps the checkpoint store locked")
