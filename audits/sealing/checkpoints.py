"""Checkpoints as they are kept in the database: added at the end, and read."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from audits.sealing.note import COSIGNATURE, ED25519, Note, VerifierKey, parse_verifier_key
from audits.statements import run

_LAST: Final = (
    "SELECT number, size, root, note, signed_at FROM audits_checkpoint ORDER BY number DESC LIMIT 1"
)
_FROM: Final = (
    "SELECT number, size, root, note, signed_at FROM audits_checkpoint"
    " WHERE number >= %b ORDER BY number LIMIT %b"
)
_AFTER: Final = (
    "SELECT number, size, root, note, signed_at FROM audits_checkpoint"
    " WHERE size > %b AND size <= %b ORDER BY number DESC LIMIT 1"
)
_NEXT: Final = (
    "SELECT number, size, root, note, signed_at FROM audits_checkpoint"
    " WHERE size > %b ORDER BY size, number LIMIT 1"
)
_ADD: Final = "INSERT INTO audits_checkpoint (number, size, root, note, signed_at) VALUES (%b, %b, %b, %b, %b)"
_ADD_COSIGNATURE: Final = (
    "INSERT INTO audits_cosignature (checkpoint_id, witness, line, signed_at)"
    " VALUES (%b, %b, %b, %b) ON CONFLICT DO NOTHING"
)
_COSIGNATURES: Final = (
    "SELECT line FROM audits_cosignature WHERE checkpoint_id = %b ORDER BY witness"
)


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint as it was published, without what witnesses added later."""

    number: int
    size: int
    root: bytes
    note: bytes
    signed_at: datetime


def last() -> Published | None:
    """Read the last checkpoint; None before the first."""
    rows = run(_LAST, []).fetchall()
    return _published(rows[0]) if rows else None


def page(from_number: int, *, limit: int) -> list[Published]:
    """Read up to `limit` checkpoints from `from_number` on, in order."""
    return [_published(row) for row in run(_FROM, [from_number, limit]).fetchall()]


def after(size: int, *, at_most: int) -> Published:
    """Read the last checkpoint of more than `size` leaves, but at most `at_most` more if there is one.

    There must be one of more than `size`.
    """
    rows = run(_AFTER, [size, size + at_most]).fetchall() or run(_NEXT, [size]).fetchall()
    return _published(rows[0])


def _published(row: tuple[int, int, bytes, bytes, datetime]) -> Published:
    number, size, root, note, signed_at = row
    return Published(
        number=number, size=size, root=root, note=note, signed_at=signed_at.astimezone(UTC)
    )


def add(published: Published) -> None:
    """Add a checkpoint after the last; the database refuses what does not follow it."""
    each = published
    run(_ADD, [each.number, each.size, each.root, each.note, each.signed_at])


def add_cosignature(number: int, witness: str, line: str, signed_at: datetime) -> None:
    """Keep a witness's signature line; the first one stays."""
    run(_ADD_COSIGNATURE, [number, witness, line, signed_at])


def cosigned_note(published: Published) -> bytes:
    """Give the note of a checkpoint with the signatures that witnesses have added."""
    lines = [line for (line,) in run(_COSIGNATURES, [published.number]).fetchall()]
    return published.note + "".join(lines).encode()


def moment(seconds: int) -> datetime:
    """Turn seconds since 1970 into a UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def both_keys(verifier_key: str) -> tuple[VerifierKey, VerifierKey]:
    """Give the two forms in which a log's key signs: plainly, and with the time."""
    key = parse_verifier_key(verifier_key)
    return (
        VerifierKey(key.name, key.public_bytes, ED25519),
        VerifierKey(key.name, key.public_bytes, COSIGNATURE),
    )


def signed_by(note: Note, verifier_key: str) -> bool:
    """Tell whether a line of the note claims to be of this key, be it right or wrong."""
    claimed = {(line.name, line.key_id) for line in note.signatures}
    return any((key.name, key.key_id) in claimed for key in both_keys(verifier_key))
