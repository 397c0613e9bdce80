"""The log as C2SP tlog-tiles gives it away: from the sealer's files, or without them from the tables.

Only what the newest checkpoint covers is given. Where there are files, they alone are read, so that
web says what any other server of the same directory says.
"""

from typing import Final, Protocol

from audits import proofs
from audits.execution import NotFound
from audits.sealing import configured
from audits.sealing.files import (
    CHECKPOINT,
    ENTRIES,
    Place,
    TileFiles,
    content_of,
)
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import HASH_BYTES
from audits.sealing.tiles import WIDTH

LENGTH_BYTES: Final = 2
"""Before each entry."""


class Served(Protocol):
    """Gives checkpoint and tiles; NotFound for what is not covered, Refused `log_changed`."""

    def checkpoint(self) -> bytes:
        """Give the newest checkpoint as a note."""

    def tile(self, place: Place) -> bytes:
        """Give hashes, or entries, each behind its length as two bytes."""


def served() -> Served:
    """Find where this process reads the log."""
    files = configured.tile_files()
    return FromTables() if files is None else FromFiles(files)


class FromTables:
    """Reads the journal itself."""

    def checkpoint(self) -> bytes:
        """Give the newest checkpoint."""
        return proofs.note_of(proofs.newest())

    def tile(self, place: Place) -> bytes:
        """Give as much of a tile as was asked for."""
        size = proofs.newest().size
        if place.width > place.width_in(size):
            raise NotFound(place.path)
        with proofs.whole_tree():
            return content_of(place, size)


class FromFiles:
    """Reads what the sealer has written.

    A tile's files of all widths that a checkpoint ended in are there until it is full; then the full
    one is, and is cut to what was asked for.
    """

    def __init__(self, files: TileFiles) -> None:
        self._files = files

    def checkpoint(self) -> bytes:
        """Give the newest checkpoint."""
        content = self._files.read(CHECKPOINT)
        if content is None:
            raise NotFound("the first checkpoint")
        return content

    def tile(self, place: Place) -> bytes:
        """Give as much of a tile as was asked for."""
        there = place.width_in(self._size())
        if place.width > there:
            raise NotFound(place.path)
        content = self._files.read(place.path)
        if content is not None:
            return content
        whole = self._files.read(place.full.path)  # in this order: the full one is there first
        if whole is not None:
            return cut(place, whole)
        if there in {place.width, WIDTH}:
            raise proofs.log_changed(f"the file {place.path}")
        raise NotFound(place.path)  # perhaps it never was the end of a checkpoint

    def _size(self) -> int:
        try:
            said = self._files.said()
        except SealingHalted as halt:
            raise proofs.log_changed(str(halt)) from halt
        return 0 if said is None else said.size


def cut(place: Place, whole: bytes) -> bytes:
    """Cut the content of a full tile to the width of `place`."""
    if place.kind != ENTRIES:
        return whole[: place.width * HASH_BYTES]
    end = 0
    for _ in range(place.width):
        end += LENGTH_BYTES + int.from_bytes(whole[end : end + LENGTH_BYTES])
    return whole[:end]
