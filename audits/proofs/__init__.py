"""Proofs of the log: of one event in a checkpoint, and of one checkpoint going on from another.

Hashes are lower-case hex in what people read of single events and Base64 in proofs, as C2SP has it.
A proof reads two tiles a level at most, so its cost grows with the logarithm of the log to base 256.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec

from audits.execution import NotFound
from audits.kernel import Refused
from audits.models import CheckpointRow, EventRow
from audits.sealing import configured, merkle, tiles

T = TypeVar("T")
Hash = Annotated[
    str, msgspec.Meta(description="32 bytes in Base64.", pattern="^[A-Za-z0-9+/]{43}=$")
]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""How many events a log has."""
NOTE: Final = "The checkpoint as a signed note (C2SP tlog-checkpoint), with its cosignatures."


class CheckpointShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the log signed of itself at one moment."""

    number: int
    size: int
    """Its first `size` events are covered."""
    root: Hash
    signed_at: str
    cosigned_by: tuple[str, ...]
    """Names of the witnesses that cosigned it so far."""
    is_witnessed: bool
    """Whether as many of them did as the policy of this log asks for."""
    note: Annotated[str, msgspec.Meta(description=NOTE)]


class InclusionProof(msgspec.Struct, frozen=True, kw_only=True):
    """That an event is in the log: fold `hashes` onto the leaf hash, upwards (RFC 9162 2.1.3)."""

    event_id: UUID
    log_index: int
    leaf_hash: str
    """SHA-256(0x00 || canonical bytes), lower-case hex."""
    size: int
    """Of the checkpoint that it leads to."""
    hashes: tuple[Hash, ...]
    note: Annotated[str, msgspec.Meta(description=NOTE)]


class ConsistencyProof(msgspec.Struct, frozen=True, kw_only=True):
    """That the log of the later checkpoint begins with that of the earlier (RFC 9162 2.1.4)."""

    from_size: int
    to_size: int
    hashes: tuple[Hash, ...]
    from_note: Annotated[str, msgspec.Meta(description=NOTE)]
    to_note: Annotated[str, msgspec.Meta(description=NOTE)]


def newest() -> CheckpointRow:
    """Find the last checkpoint; NotFound before the first."""
    return _require(CheckpointRow.objects.order_by("-number").first(), "the first checkpoint")


def of_size(size: int) -> CheckpointRow:
    """Find the last checkpoint of that size; NotFound where none was signed."""
    found = CheckpointRow.objects.filter(size=size).order_by("-number").first()
    return _require(found, f"checkpoint of size {size}")


def note_of(checkpoint: CheckpointRow) -> bytes:
    """Give the note of a checkpoint with the signatures of the witnesses."""
    lines = sorted(checkpoint.cosignatures.all(), key=lambda row: row.witness)
    return bytes(checkpoint.note) + "".join(row.line for row in lines).encode()


def shown(checkpoint: CheckpointRow) -> CheckpointShown:
    """Show a checkpoint."""
    keys = sorted(row.witness for row in checkpoint.cosignatures.all())
    return CheckpointShown(
        number=checkpoint.number,
        size=checkpoint.size,
        root=encoded(bytes(checkpoint.root)),
        signed_at=checkpoint.signed_at.isoformat().replace("+00:00", "Z"),
        cosigned_by=tuple(key.partition("+")[0] for key in keys),
        is_witnessed=configured.policy().is_met(keys),
        note=note_of(checkpoint).decode(),
    )


def inclusion(event_id: UUID, *, size: int | None = None) -> InclusionProof:
    """Prove that an event is in the log of a checkpoint: of that size, or the newest.

    Raises NotFound, and Refused `event_not_sealed` where the checkpoint does not cover the event,
    `log_changed` where hashes that were sealed are gone.
    """
    event = EventRow.objects.select_related("log_entry").filter(pk=event_id).first()
    row = _require(event, str(event_id))
    checkpoint = newest() if size is None else of_size(size)
    entry = getattr(row, "log_entry", None)
    if entry is None or entry.log_index >= checkpoint.size:
        raise Refused(
            "event_not_sealed",
            f"The checkpoint of size {checkpoint.size} does not cover the event: take a later one",
            extra={"size": checkpoint.size},
        )
    with whole_tree():
        path = merkle.inclusion_proof(
            entry.log_index, checkpoint.size, tiles.node_reader(checkpoint.size)
        )
    return InclusionProof(
        event_id=row.event_id,
        log_index=entry.log_index,
        leaf_hash=bytes(row.leaf_hash).hex(),
        size=checkpoint.size,
        hashes=tuple(map(encoded, path)),
        note=note_of(checkpoint).decode(),
    )


def consistency(from_size: int, to_size: int | None = None) -> ConsistencyProof:
    """Prove that a later checkpoint (the newest by default) goes on from an earlier one.

    Raises NotFound where there is no such checkpoint, and Refused `checkpoints_reversed` and
    `log_changed`.
    """
    earlier = of_size(from_size)
    later = newest() if to_size is None else of_size(to_size)
    if earlier.size > later.size:
        raise Refused("checkpoints_reversed", "A log only grows: name the smaller checkpoint first")
    with whole_tree():
        path = merkle.consistency_proof(earlier.size, later.size, tiles.node_reader(later.size))
    return ConsistencyProof(
        from_size=earlier.size,
        to_size=later.size,
        hashes=tuple(map(encoded, path)),
        from_note=note_of(earlier).decode(),
        to_note=note_of(later).decode(),
    )


@contextmanager
def whole_tree() -> Iterator[None]:
    """Refuse, as `log_changed`, to prove anything from a tree that lacks what was sealed."""
    try:
        yield
    except tiles.TileMissing as error:
        raise log_changed(str(error)) from error


def log_changed(what: str) -> Refused:
    """Make the refusal of whoever finds that something sealed is gone."""
    return Refused("log_changed", f"Something that was sealed is gone: {what}. Run `verify`")


def encoded(content: bytes) -> str:
    """Write a hash as notes and proofs have it."""
    return base64.b64encode(content).decode()


def _require(found: T | None, what: str) -> T:
    if found is None:
        raise NotFound(what)
    return found
