"""The events of a bundle and what proves each, written part by part, so that a crash costs one part.

A part appears whole or not at all: it is written beside its place, synced, and renamed.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from audits.codec import canonical
from audits.proofs import encoded
from audits.sealing import merkle, tiles
from audits.statements import run

PART_EVENTS: Final = 5_000
_PAGE: Final = 1_000
_EVENTS: Final = (
    "SELECT l.log_index, e.canonical, e.leaf_hash"
    " FROM audits_log l JOIN audits_event e USING (event_id)"
    " WHERE l.log_index = ANY(%b) ORDER BY l.log_index"
)


class LogChanged(Exception):
    """An event that the log had is not there any more, or none any more."""


def write(place: Path, indexes: Sequence[int], *, size: int, whole: bool) -> Iterator[int]:
    """Write the parts that are not there yet; yield how many events each part holds.

    whole: beside the events stand all leaf hashes, otherwise a proof for each event in the tree of
    `size` leaves.
    """
    place.mkdir(parents=True, exist_ok=True)
    node = tiles.node_reader(size)
    for number, start in enumerate(range(0, len(indexes), PART_EVENTS)):
        part = indexes[start : start + PART_EVENTS]
        events, beside = _paths(place, number)
        if not events.exists():
            lines, hashes = _read(part)
            if whole:
                write_whole(beside, b"".join(hashes))
            else:
                proofs = (_proof(index, size, node) for index in part)
                write_whole(beside, b"".join(proofs))
            write_whole(events, b"".join(lines))
        yield len(part)


def joined(place: Path) -> Iterator[tuple[Path, Path]]:
    """List the parts in their order: events, and what stands beside them."""
    number = 0
    while (paths := _paths(place, number))[0].exists():
        yield paths
        number += 1


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole, even if the machine stops."""
    beside = path.with_name(f"{path.name}.tmp")
    beside.write_bytes(content)
    sync(beside)
    beside.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the bytes of a file, or the names in a directory, on the disk before going on."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _paths(place: Path, number: int) -> tuple[Path, Path]:
    return place / f"{number:06}.events", place / f"{number:06}.beside"


def _read(part: Sequence[int]) -> tuple[list[bytes], list[bytes]]:
    lines: list[bytes] = []
    hashes: list[bytes] = []
    for start in range(0, len(part), _PAGE):
        rows = run(_EVENTS, [list(part[start : start + _PAGE])]).fetchall()
        lines += (b'{"event":%b,"log_index":%d}\n' % (row[1], row[0]) for row in rows)
        hashes += (row[2] for row in rows)
    if len(lines) != len(part):
        raise LogChanged(f"{len(part) - len(lines)} of {len(part)} events are gone")
    return lines, hashes


def _proof(index: int, size: int, node: merkle.NodeReader) -> bytes:
    path = [encoded(each) for each in merkle.inclusion_proof(index, size, node)]
    return canonical({"hashes": path, "log_index": index}) + b"\n"
