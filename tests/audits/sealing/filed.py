"""A log in plain files, and what these should hold."""

import struct
from pathlib import Path

from django.db import connection

from audits.models import EventRow
from audits.sealing.checkpoints import cosigned_note, last
from audits.sealing.files import LOCK, TileFiles
from audits.sealing.tiles import tile_root
from tests.audits.sealing.journals import leaves_of_log, seal
from tests.audits.sealing.office import Office


def grow(office: Office, size: int) -> TileFiles:
    """Let the log have `size` events, publish, and write the files."""
    seal(size - EventRow.objects.count())
    office.publish()
    assert not office.files.catch_up()
    return office.files


def entries() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT canonical FROM audits_log JOIN audits_event USING (event_id) ORDER BY log_index"
        )
        return [bytes(content) for (content,) in cursor.fetchall()]


def bundled(events: list[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(event)) + event for event in events)


def content(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != LOCK
    }


def expected(*partial: int) -> dict[str, bytes]:
    """Say what the files of the whole log are, without any code of sealing but the root of a tile."""
    leaves, events = leaves_of_log(), entries()
    full = len(leaves) // 256
    found = {
        f"tile/0/{at:03}": b"".join(leaves[at * 256 : at * 256 + 256]) for at in range(full)
    } | {f"tile/entries/{at:03}": bundled(events[at * 256 : at * 256 + 256]) for at in range(full)}
    for width in partial:
        found[f"tile/0/{full:03}.p/{width}"] = b"".join(leaves[full * 256 :][:width])
        found[f"tile/entries/{full:03}.p/{width}"] = bundled(events[full * 256 :][:width])
    roots = [tile_root(leaves[at * 256 : at * 256 + 256]) for at in range(full)]
    return found | {
        f"tile/1/000.p/{width}": b"".join(roots[:width]) for width in range(1, full + 1)
    }


def note() -> dict[str, bytes]:
    newest = last()
    assert newest is not None
    return {"checkpoint": cosigned_note(newest)}
