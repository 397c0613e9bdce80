"""The tree as it is stored: full tiles in their table, what is not full yet from the journal.

Format: C2SP tlog-tiles. Tile (level, position) holds 256 hashes, which are the nodes of the tree at
height 8 * level from `256 * position` on. Only full tiles are stored; they never change.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from audits.sealing.merkle import HASH_BYTES, Frontier, NodeReader, node_hash
from audits.statements import run

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
"""Hashes in a full tile."""
TILES_KEPT: Final = 64
"""Tiles that one reader remembers: a proof visits two a level at most."""

_TILE: Final = "SELECT hashes FROM audits_tile WHERE level = %b AND position = %b"
_ROOTS: Final = (
    "SELECT root FROM audits_tile WHERE level = %b AND position >= %b AND position < %b"
    " ORDER BY position"
)
_LEAVES: Final = (
    "SELECT e.leaf_hash FROM audits_log l JOIN audits_event e USING (event_id)"
    " WHERE l.log_index >= %b AND l.log_index < %b ORDER BY l.log_index"
)
_ENTRIES: Final = (
    "SELECT e.canonical FROM audits_log l JOIN audits_event e USING (event_id)"
    " WHERE l.log_index >= %b AND l.log_index < %b ORDER BY l.log_index"
)
_FRONTIER: Final = "SELECT size, hashes FROM audits_frontier"

Pyramid = tuple[Sequence[bytes], ...]
"""The hashes of a tile, and above them what they combine to, height by height."""


class TileMissing(Exception):
    """The tables do not hold all that a tree of this size needs."""


def name_of(position: int, width: int) -> str:
    """Write a tile's position and width: `x001/x234/067`, and `.p/12` behind it if it is not full."""
    groups = [f"{position % 1000:03}"]
    while position := position // 1000:
        groups.insert(0, f"x{position % 1000:03}")
    return "/".join(groups) + ("" if width == WIDTH else f".p/{width}")


def parse_name(name: str) -> tuple[int, int]:
    """Read a tile's position and width; ValueError unless it is the one way to write them."""
    groups, _, partial = name.partition(".p/")
    position = int(groups.replace("x", "").replace("/", ""))
    width = int(partial) if partial else WIDTH
    if name_of(position, width) != name or not 0 < width <= WIDTH:
        raise ValueError(name)
    return position, width


def split(hashes: bytes) -> list[bytes]:
    """Cut a run of hashes into single ones."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def pyramid(hashes: Sequence[bytes]) -> Pyramid:
    """Combine neighbors as far as complete pairs go; the top of a full tile is its root."""
    rows = [hashes]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return tuple(rows)


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """Compute the root of a full tile; ValueError for any other number of hashes."""
    if len(hashes) != WIDTH:
        raise ValueError(f"a full tile has {WIDTH} hashes, not {len(hashes)}")
    return pyramid(hashes)[HEIGHT][0]


def read_tile(level: int, position: int, size: int) -> list[bytes]:
    """Read the hashes that a tile has in the tree of `size` leaves: 256 of them, or fewer.

    TileMissing where the tables lack some of them, ValueError where such a tree has no such tile.
    """
    there = size >> HEIGHT * level if level >= 0 else 0
    count = min(WIDTH, there - position * WIDTH)
    if position < 0 or count <= 0:
        raise ValueError(f"a tree of {size} leaves has no tile {level}/{position}")
    found = _full(level, position) if count == WIDTH else _partial(level, position, count)
    if len(found) != count:
        raise TileMissing(f"tile {level}/{position} has {len(found)} of {count} hashes")
    return found


def read_entries(position: int, width: int) -> list[bytes]:
    """Read the canonical bytes of the first `width` events of a tile; TileMissing."""
    start = position * WIDTH
    rows = run(_ENTRIES, [start, start + width]).fetchall()
    if len(rows) != width:
        raise TileMissing(f"{width - len(rows)} of {width} events from {start} on")
    return [canonical for (canonical,) in rows]


def _full(level: int, position: int) -> list[bytes]:
    rows = run(_TILE, [level, position]).fetchall()
    return split(rows[0][0]) if rows else []


def _partial(level: int, position: int, count: int) -> list[bytes]:
    start = position * WIDTH
    if level == 0:
        rows = run(_LEAVES, [start, start + count])
    else:
        rows = run(_ROOTS, [level - 1, start, start + count])
    return [value for (value,) in rows.fetchall()]


def stored_frontier() -> Frontier:
    """Read how far the tree has grown, without a lock."""
    rows = run(_FRONTIER, []).fetchall()
    return Frontier(rows[0][0], split(rows[0][1])) if rows else Frontier()


def node_reader(size: int) -> NodeReader:
    """Read nodes of the tree of `size` leaves as the current transaction sees them.

    The reader remembers the last tiles; make one for each question. It raises like `read_tile`.
    """

    @lru_cache(maxsize=TILES_KEPT)
    def rows_of(level: int, position: int) -> Pyramid:
        return pyramid(read_tile(level, position, size))

    def node(height: int, index: int) -> bytes:
        if height < 0 or index < 0 or (index + 1) << height > size:
            raise ValueError(f"a tree of {size} leaves has no complete node {height}/{index}")
        level, above = divmod(height, HEIGHT)
        position, place = divmod(index, WIDTH >> above)
        return rows_of(level, position)[above][place]

    return node
