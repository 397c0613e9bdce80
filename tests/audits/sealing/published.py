"""Checkpoints as a log publishes them, signed by a key of the tests."""

from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits.models import CheckpointRow, CosignatureRow, FrontierRow
from audits.sealing.merkle import root_at
from audits.sealing.note import COSIGNATURE, Checkpoint, Note, SigningKey, sign
from audits.sealing.tiles import node_reader
from tests.support.people import NOON

LOG: Final = SigningKey("tollgate.test/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS: Final = SigningKey(
    "witness.test", Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)), COSIGNATURE
)


def publish(*witnesses: SigningKey, key: SigningKey = LOG) -> CheckpointRow:
    """Sign what the tree has grown to, and let witnesses cosign it."""
    size = FrontierRow.objects.get().size
    checkpoint = Checkpoint(key.name, size, root_at(size, node_reader(size)))
    number = CheckpointRow.objects.count()
    row = CheckpointRow.objects.create(
        number=number,
        size=size,
        root=checkpoint.root,
        note=bytes(Note(checkpoint.text(), (sign(checkpoint.text(), key),))),
        signed_at=NOON + timedelta(seconds=number),
    )
    for witness in witnesses:
        seen_at_s = int(NOON.timestamp()) + number
        CosignatureRow.objects.create(
            checkpoint=row,
            witness=str(witness.verifier_key),
            line=str(sign(checkpoint.text(), witness, signed_at_s=seen_at_s)),
            signed_at=NOON,
        )
    return row
