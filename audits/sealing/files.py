"""The tree as plain files, which any server of static files can give away: C2SP tlog-tiles.

Below one directory: `checkpoint`, `tile/<level>/<position>` with hashes, `tile/entries/<position>` with
events; what is not full has `.p/<width>` behind it. The sealer writes them, everybody else only reads.

Everything that a checkpoint covers is on disk before it takes the place of the one before. So the
checkpoint in the directory says up to where all is written, and whatever ends the process, the next
try goes on from there. A tile is written once; where other bytes are, sealing halts.
"""

import fcntl
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from audits.codec import leaf_hash
from audits.sealing import checkpoints
from audits.sealing.checkpoints import Published
from audits.sealing.disk import sync
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import root_at
from audits.sealing.note import Checkpoint, NoteError, parse, parse_checkpoint
from audits.sealing.tiles import (
    HEIGHT,
    WIDTH,
    TileMissing,
    name_of,
    node_reader,
    parse_name,
    read_entries,
    read_tile,
)

ENTRIES: Final = "entries"
CHECKPOINT: Final = "checkpoint"
LOCK: Final = ".lock"
"""Kept by whoever writes; the sealer's user alone may open it, so that no reader can stop the writing."""
LOCK_MODE: Final = 0o600
UNFINISHED: Final = ".new"
"""Ends the name of a file that is being written; a crash may leave one, which nobody reads."""
FILE_MODE: Final = 0o640
DIRECTORY_MODE: Final = 0o750
LEAVES_AT_ONCE: Final = 16_384
"""About how far one call of `catch_up` goes, so that a directory that begins late delays nobody."""


class Place(NamedTuple):
    """Where a tile stands; `kind` is `entries` or its level."""

    kind: str
    position: int
    width: int

    @property
    def level(self) -> int:
        """Its level in the tree; entries lie below its lowest hashes."""
        return 0 if self.kind == ENTRIES else int(self.kind)

    def width_in(self, size: int) -> int:
        """Tell how wide the tile is in a tree of `size` leaves: 0 to 256."""
        there = size >> HEIGHT * self.level
        return max(0, min(WIDTH, there - self.position * WIDTH))

    @property
    def path(self) -> str:
        """Its path below the directory."""
        return f"tile/{self.kind}/{name_of(self.position, self.width)}"

    @property
    def full(self) -> Self:
        """The tile that it becomes."""
        return self._replace(width=WIDTH)

    @classmethod
    def parsed(cls, path: str) -> Self:
        """Read a path; ValueError unless it is the one way to write it."""
        _, kind, name = path.split("/", 2)
        found = cls(kind, *parse_name(name))
        if found.path != path or kind not in {ENTRIES, str(abs(found.level))}:
            raise ValueError(path)
        return found


def places(before: int, size: int) -> Iterator[Place]:
    """List the tiles of a tree of `size` leaves that were not full with `before` of them."""
    level = 0
    while size:
        for position in range(before // WIDTH, (size + WIDTH - 1) // WIDTH):
            width = min(WIDTH, size - position * WIDTH)
            yield Place(str(level), position, width)
            if level == 0:
                yield Place(ENTRIES, position, width)
        level, before, size = level + 1, before >> HEIGHT, size >> HEIGHT


def content_of(place: Place, size: int) -> bytes:
    """Read what a tile holds from the tables, where the tree has `size` leaves.

    TileMissing where something lacks, or the events are not those that the tree has.
    """
    hashes = read_tile(place.level, place.position, size)[: place.width]
    if place.kind != ENTRIES:
        return b"".join(hashes)
    entries = read_entries(place.position, place.width)
    if [leaf_hash(each) for each in entries] != hashes:
        raise TileMissing(f"the events of {place.path} are not what its hashes say")
    return in_one_file(entries)


def in_one_file(entries: list[bytes]) -> bytes:
    """Put each entry behind its length, two bytes."""
    return b"".join(struct.pack(">H", len(each)) + each for each in entries)


class TileFiles:
    """The files of one log below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self, path: str) -> bytes | None:
        """Read a file; None: there is none."""
        return _content(self.directory / path)

    def paths(self) -> Iterator[str]:
        """List all files below the directory."""
        for path in self.directory.rglob("*"):
            if not path.is_dir():
                yield path.relative_to(self.directory).as_posix()

    def said(self) -> Checkpoint | None:
        """Read up to where everything is written; SealingHalted `file_damaged`."""
        content = self.read(CHECKPOINT)
        try:
            return None if content is None else parse_checkpoint(parse(content).text)
        except NoteError as error:
            raise SealingHalted("file_damaged", f"{CHECKPOINT}: {error}") from error

    def catch_up(self) -> bool:
        """Write what the newest checkpoint has and the directory lacks; tell whether more is left.

        Raises OSError, and SealingHalted `files_ahead`, `file_differs`, `file_damaged` or
        `tile_missing`; what was written until then stays and is right.
        """
        with self._alone():
            said = self.said()
            newest = checkpoints.last()  # after the files, which are told after the database
            if newest is None:
                if said is not None:
                    raise SealingHalted("files_ahead", f"size {said.size}, and no checkpoint")
                return False
            before = 0 if said is None else said.size
            target = newest
            if newest.size - before > LEAVES_AT_ONCE:
                target = checkpoints.after(before, at_most=LEAVES_AT_ONCE)
            try:
                _require_continued(said, newest)
                self._write(before, target)
            except TileMissing as error:
                raise SealingHalted("tile_missing", str(error)) from error
            return target.number != newest.number

    def _write(self, before: int, target: Published) -> None:
        for place in places(before, target.size):
            self._put(place, content_of(place, target.size))
        note = checkpoints.cosigned_note(target)
        if self.read(CHECKPOINT) != note:
            _replace(self.directory / CHECKPOINT, note)

    def _put(self, place: Place, content: bytes) -> None:
        """Write a tile unless it is there; a full one takes the place of what it grew from."""
        path = self.directory / place.path
        there = _content(path)
        if there is None:
            _replace(path, content)
        elif there != content:
            raise SealingHalted("file_differs", f"{place.path} has other bytes than the log")
        grown_from = path.with_name(f"{path.name}.p")
        if place.width == WIDTH and grown_from.exists():
            shutil.rmtree(grown_from)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other sealers out of the directory meanwhile."""
        _make(self.directory)
        file = os.open(self.directory / LOCK, os.O_RDWR | os.O_CREAT, LOCK_MODE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)


def _require_continued(said: Checkpoint | None, newest: Published) -> None:
    """Refuse to write beside files of another log, or of a longer one."""
    if said is None:
        return
    if said.size > newest.size:
        raise SealingHalted(
            "files_ahead", f"size {said.size}; checkpoint {newest.number} has {newest.size}"
        )
    root = root_at(said.size, node_reader(newest.size))
    if root != said.root:
        raise SealingHalted(
            "file_differs", f"{CHECKPOINT}: size {said.size} has another root than the log"
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step: on disk under another name first, then under its own."""
    _make(path.parent)
    fresh = path.with_name(path.name + UNFINISHED)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(file, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(file)
    fresh.replace(path)
    sync(path.parent)


def _make(directory: Path) -> None:
    """Make a directory and those above it, so that a loss of power leaves them."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        sync(directory.parent)
