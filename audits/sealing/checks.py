"""What must be true of the tree and its checkpoints, checked from the bytes of the events."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from django.db import connection

from audits import reading
from audits.differences import Difference, Look
from audits.events import CheckpointKeyAdded, CheckpointKeyRevoked
from audits.sealing import checkpoints
from audits.sealing.checkpoints import Published, both_keys, signed_by
from audits.sealing.growing import BATCH_SIZE, checked_leaves
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import Frontier, root_at
from audits.sealing.note import NoteError, parse, parse_checkpoint, verify
from audits.sealing.record import SEALING, STREAM
from audits.sealing.tiles import (
    HEIGHT,
    WIDTH,
    TileMissing,
    node_reader,
    read_tile,
    stored_frontier,
    tile_root,
)

PAGE_SIZE: Final = 500
_TILES: Final = "SELECT level, count(*), max(position) FROM audits_tile GROUP BY level"


def tree_check(look: Look) -> Iterator[Difference]:
    """Grow the tree anew from the bytes of the events; compare tiles and frontier with it."""
    stored = stored_frontier()
    look.expect(stored.size)
    grown, roots = Frontier(), []
    try:
        for start in range(0, stored.size, BATCH_SIZE):
            leaves = checked_leaves(start, min(start + BATCH_SIZE, stored.size))
            grown.extend(leaves)
            for at in range(0, len(leaves) // WIDTH * WIDTH, WIDTH):
                tile = leaves[at : at + WIDTH]
                yield from _tile_differences(0, (start + at) // WIDTH, stored.size, tile)
                roots.append(tile_root(tile))
            look.done(len(leaves))
    except SealingHalted as halt:
        yield Difference(kind=halt.code, subject="the log", detail=str(halt))
        return
    yield from _higher_differences(roots, stored.size)
    yield from _count_differences(stored.size)
    if grown != stored:
        yield Difference(
            kind="frontier_differs",
            subject="the frontier",
            # In words that stay the same while the log grows, so that it stays one finding.
            detail="it gives another root than the events up to its size",
        )


def _higher_differences(roots: list[bytes], size: int) -> Iterator[Difference]:
    level = 1
    while len(roots) >= WIDTH:
        above = []
        for position in range(len(roots) // WIDTH):
            tile = roots[position * WIDTH : (position + 1) * WIDTH]
            yield from _tile_differences(level, position, size, tile)
            above.append(tile_root(tile))
        roots, level = above, level + 1


def _tile_differences(
    level: int, position: int, size: int, hashes: Sequence[bytes]
) -> Iterator[Difference]:
    try:
        found = read_tile(level, position, size)
    except TileMissing as error:
        found, detail = [], str(error)
    else:
        detail = "its hashes are not those of what it covers"
    if found != hashes:
        yield Difference(kind="tile_differs", subject=f"tile {level}/{position}", detail=detail)


def _count_differences(size: int) -> Iterator[Difference]:
    """Ask that there are no tiles beyond the tree."""
    with connection.cursor() as cursor:
        cursor.execute(_TILES)
        for level, count, last in cursor.fetchall():
            expected = size >> HEIGHT * (level + 1)
            if (count, last) != (expected, expected - 1):
                detail = f"{count} up to {last}, where {expected} belong"
                yield Difference(
                    kind="tiles_differ", subject=f"tiles of level {level}", detail=detail
                )


def checkpoints_check(look: Look) -> Iterator[Difference]:
    """Verify every checkpoint: its signatures, its columns, and its root in the tree of today."""
    last = checkpoints.last()
    look.expect(0 if last is None else last.number + 1)
    revoked, known = _keys()
    node = node_reader(stored_frontier().size)
    root_of = lru_cache(maxsize=1)(lambda size: root_at(size, node))  # idle ones repeat the last
    expected = 0
    while page := checkpoints.page(expected, limit=PAGE_SIZE):
        for each in page:
            if each.number != expected:
                yield _about(each, "checkpoint_gap", f"it stands where {expected} belongs")
            expected = each.number + 1
            yield from _note_differences(each, known, revoked)
            yield from _root_differences(each, root_of)
        look.done(len(page))


def _root_differences(each: Published, root_of: Callable[[int], bytes]) -> Iterator[Difference]:
    try:
        root = root_of(each.size)
    except (TileMissing, ValueError) as error:
        yield _about(each, "checkpoint_ahead", str(error))
        return
    if each.root != root:
        detail = f"it says {each.root.hex()}, the events give {root.hex()}"
        yield _about(each, "checkpoint_differs", detail)


def _keys() -> tuple[dict[str, float], frozenset[str]]:
    """Collect when keys were revoked (seconds since 1970), and all that were ever added."""
    events = reading.load(SEALING, STREAM).recorded
    revoked = {
        each.data.verifier_key: each.recorded_at.timestamp()
        for each in events
        if isinstance(each.data, CheckpointKeyRevoked)
    }
    added = (each.data for each in events if isinstance(each.data, CheckpointKeyAdded))
    return revoked, frozenset(each.verifier_key for each in added)


def _note_differences(
    each: Published, known: frozenset[str], revoked: dict[str, float]
) -> Iterator[Difference]:
    try:
        note = parse(each.note)
        said = parse_checkpoint(note.text)
        verified = verify(note, [both for key in known for both in both_keys(key)])
    except NoteError as error:
        yield _about(each, error.code, str(error))
        return
    times = {one.signed_at_s for one in verified} - {None}
    if (said.size, said.root) != (each.size, each.root):
        yield _about(each, "checkpoint_columns_wrong", "its row is not what its note says")
    if each.signed_at.timestamp() not in times:
        yield _about(each, "checkpoint_columns_wrong", "it was not signed when its row says")
    for key, revoked_at in revoked.items():
        if signed_by(note, key) and each.signed_at.timestamp() > revoked_at:
            yield _about(each, "key_revoked", f"signed after {key} was revoked")


def _about(each: Published, kind: str, detail: str) -> Difference:
    return Difference(
        kind=kind, subject=f"checkpoint {each.number} of size {each.size}", detail=detail
    )
