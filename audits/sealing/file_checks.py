"""What must be true of the log's files: they are what the tables say, all of it and nothing besides."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from audits.differences import Difference, Look
from audits.sealing import checkpoints, configured
from audits.sealing.files import CHECKPOINT, LOCK, UNFINISHED, Place, TileFiles, content_of, places
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import root_at
from audits.sealing.tiles import WIDTH, TileMissing, node_reader, stored_frontier

WITHIN: Final = timedelta(minutes=5)
"""A checkpoint is in the files after this time, or somebody is told that they stand still."""


def files_check(look: Look) -> Iterator[Difference]:
    """Compare every file with the tree; a process that is told of no directory looks at none.

    What the sealer has written since the snapshot was taken is not looked at.
    """
    files = configured.tile_files()
    if files is None:
        look.expect(0)
        return
    size = stored_frontier().size
    try:
        said = files.said()
    except SealingHalted as halt:
        yield Difference(kind=halt.code, subject=CHECKPOINT, detail=str(halt))
        return
    if (
        said is not None
        and said.size <= size
        and said.root != root_at(said.size, node_reader(size))
    ):
        yield _about(CHECKPOINT, "file_differs", f"size {said.size} has another root in the log")
    yield from _lateness(0 if said is None else said.size)
    written = set(places(0, said.size)) if said is not None else set()
    found, strange = _found(files)
    look.expect(len(written | found))
    for path in sorted(strange):
        yield _about(path, "file_unexpected", "the sealer writes no such file")
    for place in sorted(written | found):
        if place.width <= place.width_in(size):
            yield from _differences(files, place, size)
        look.done()


def _lateness(size: int) -> Iterator[Difference]:
    """Ask that files which end at `size` do not stay behind the checkpoints."""
    newest = checkpoints.last()
    if newest is None or newest.size <= size:
        return
    first = checkpoints.after(size, at_most=0)
    if newest.signed_at - first.signed_at > WITHIN:
        detail = f"it ends at {size}; checkpoint {first.number} is of {first.signed_at.isoformat()}"
        yield _about(CHECKPOINT, "files_late", detail)


def _differences(files: TileFiles, place: Place, size: int) -> Iterator[Difference]:
    content = files.read(place.path)
    if content is None and files.read(place.full.path) is not None and place.width < WIDTH:
        return  # the tile became full, perhaps just now
    if content is None:
        yield _about(place.path, "file_missing", "the checkpoint beside it covers it")
        return
    try:
        expected = content_of(place, size)
    except TileMissing as error:
        yield _about(place.path, "file_differs", f"the log lost what it says: {error}")
        return
    if content != expected:
        yield _about(place.path, "file_differs", "it has other bytes than the log")


def _found(files: TileFiles) -> tuple[set[Place], set[str]]:
    """List the tiles in the directory, and the files that are none."""
    found, strange = set(), set()
    for path in files.paths():
        try:
            found.add(Place.parsed(path))
        except ValueError:
            if path not in {CHECKPOINT, LOCK} and not path.endswith(UNFINISHED):
                strange.add(path)
    return found, strange


def _about(path: str, kind: str, detail: str) -> Difference:
    return Difference(kind=kind, subject=f"the file {path}", detail=detail)
