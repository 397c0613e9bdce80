"""Journals of small events, as long as a test wants them, in the log and in the tree."""

from uuid import UUID

from django.db import connection

from audits import context, store
from audits.codec import leaf_hash
from audits.models import FrontierRow, Tile
from audits.sealing.growing import grow_until_idle
from audits.sealing.merkle import Frontier, root_at
from audits.sealing.tiles import WIDTH, node_reader, split
from audits.sequencing import Sequencer
from tests.audits.histories import sealed
from tests.audits.sealing.trees import naive_root


def record(count: int) -> list[UUID]:
    """Append events, each in a stream of its own; return their ids."""
    events = [sealed(context.new_id(), 1) for _ in range(count)]
    for start in range(0, count, 500):
        store.append(events[start : start + 500])
    return [event.event_id for event in events]


def log(count: int) -> list[UUID]:
    """Append events and give them their place in the log; return their ids."""
    ids = record(count)
    Sequencer().run_until_empty()
    return ids


def seal(count: int) -> list[UUID]:
    """Append events, give them their place and add them to the tree; return their ids."""
    ids = log(count)
    grow_until_idle()
    return ids


def leaves_of_log() -> list[bytes]:
    """Hash all events in log order from their bytes, without any code of sealing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT canonical FROM audits_log JOIN audits_event USING (event_id) ORDER BY log_index"
        )
        return [leaf_hash(bytes(content)) for (content,) in cursor.fetchall()]


def frontier() -> Frontier:
    row = FrontierRow.objects.get()
    return Frontier(row.size, split(bytes(row.hashes)))


def stored_tiles() -> dict[tuple[int, int], list[bytes]]:
    return {(row.level, row.position): split(bytes(row.hashes)) for row in Tile.objects.all()}


def require_sound(size: int) -> None:
    """Compare frontier and tiles with a naive tree over the journal's bytes."""
    hashes = leaves_of_log()[:size]
    assert frontier().size == size
    assert frontier().root() == naive_root(hashes) == root_at(size, node_reader(size))
    assert stored_tiles() == {
        (0, number): hashes[number * WIDTH : (number + 1) * WIDTH]
        for number in range(size // WIDTH)
    }
