"""The sealing step: events in log order become leaves of the tree, off the append path.

Every leaf is hashed again from the canonical bytes. Tiles and frontier are written in one transaction
under the lock of the frontier's row: two sealers at once are merely slow, and whatever ends this
process leaves either the tree of before or that of after.
"""

from collections.abc import Sequence
from typing import Final

from django.db import transaction

from audits.codec import leaf_hash
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import Frontier
from audits.sealing.tiles import HEIGHT, WIDTH, split, tile_root
from audits.statements import run

BATCH_SIZE: Final = 2_048
"""Leaves added in one transaction at most, besides those that the last tile began with."""

_CREATE: Final = (
    "INSERT INTO audits_frontier (id, size, hashes) VALUES (1, 0, '') ON CONFLICT DO NOTHING"
)
_LOCK: Final = "SELECT size, hashes FROM audits_frontier FOR UPDATE"
_WAITING: Final = (
    "SELECT (SELECT count(*) FROM audits_frontier) > 0 AND NOT EXISTS (SELECT FROM audits_log"
    " WHERE log_index >= (SELECT size FROM audits_frontier))"
)
_EVENTS: Final = (
    "SELECT l.log_index, e.canonical, e.leaf_hash"
    " FROM audits_log l LEFT JOIN audits_event e USING (event_id)"
    " WHERE l.log_index >= %b AND l.log_index < %b ORDER BY l.log_index"
)
_ROOTS: Final = (
    "SELECT root FROM audits_tile WHERE level = %b AND position >= %b AND position < %b"
    " ORDER BY position"
)
_ADD_TILE: Final = "INSERT INTO audits_tile (level, position, hashes, root) VALUES (%b, %b, %b, %b)"
_ADVANCE: Final = "UPDATE audits_frontier SET size = %b, hashes = %b"


def grow(batch_size: int = BATCH_SIZE) -> int:
    """Add one batch of events to the tree; return how many.

    Raises SealingHalted `log_gap`, `log_shorter` or `leaf_mismatch` where the journal is not what it must be, and
    then changes nothing.
    """
    if is_idle():
        return 0
    with transaction.atomic():
        frontier = locked_frontier()
        start = frontier.size - frontier.size % WIDTH  # the tile that is not full begins there
        leaves = checked_leaves(start, frontier.size + batch_size)
        before = frontier.size
        if len(leaves) < before - start:
            raise SealingHalted("log_shorter", f"the tree has {before} leaves, the log has fewer")
        fresh = leaves[before - start :]
        frontier.extend(fresh)
        _add_tiles(before, frontier.size, leaves)
        if fresh:
            run(_ADVANCE, [frontier.size, b"".join(frontier.hashes)])
    return len(fresh)


def grow_until_idle() -> int:
    """Add everything that is in the log; return how many leaves that were."""
    total = 0
    while count := grow():
        total += count
    return total


def is_idle() -> bool:
    """Tell, without a lock, whether the tree has every event of the log."""
    [(is_complete,)] = run(_WAITING, []).fetchall()
    return bool(is_complete)


def locked_frontier() -> Frontier:
    """Read the frontier and keep every other sealer out until the transaction ends."""
    rows = run(_LOCK, []).fetchall()
    if not rows:
        run(_CREATE, [])
        rows = run(_LOCK, []).fetchall()
    [(size, hashes)] = rows
    return Frontier(size, split(hashes))


def checked_leaves(start: int, end: int) -> list[bytes]:
    """Hash the events from log index `start` up to `end` anew; SealingHalted on any difference."""
    leaves: list[bytes] = []
    rows = run(_EVENTS, [start, end]).fetchall()
    for expected, (log_index, canonical, stored) in enumerate(rows, start=start):
        if log_index != expected or canonical is None:
            raise SealingHalted("log_gap", f"log index {expected} has no event")
        computed = leaf_hash(canonical)
        if computed != stored:
            raise SealingHalted(
                "leaf_mismatch",
                f"the event at log index {log_index} hashes to {computed.hex()},"
                f" its row says {stored.hex()}",
            )
        leaves.append(computed)
    return leaves


def _add_tiles(before: int, after: int, leaves: Sequence[bytes]) -> None:
    """Store the tiles that became full; `leaves` begin at the first tile that was not."""
    first = before >> HEIGHT
    for position in range(first, after >> HEIGHT):
        at = (position - first) * WIDTH
        _add_tile(0, position, leaves[at : at + WIDTH])
    level, height = 1, 2 * HEIGHT
    while before >> height != after >> height:
        for position in range(before >> height, after >> height):
            below = run(_ROOTS, [level - 1, position * WIDTH, (position + 1) * WIDTH])
            _add_tile(level, position, [root for (root,) in below.fetchall()])
        level, height = level + 1, height + HEIGHT


def _add_tile(level: int, position: int, hashes: Sequence[bytes]) -> None:
    run(_ADD_TILE, [level, position, b"".join(hashes), tile_root(hashes)])
