"""Sealing as the settings say: which log, which store outside, which signer."""

import base64
import binascii
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audits.context import machine_now_s
from audits.sealing import deployment
from audits.sealing.files import TileFiles
from audits.sealing.note import KEY_BYTES, NoteError, SigningKey
from audits.sealing.outside import CheckpointStore, FileStore
from audits.sealing.publishing import Publisher
from audits.sealing.signer import Signer
from audits.sealing.signing import SignerClient, SignerServer
from audits.sealing.witnesses import Policy, parse_witness


def origin() -> str:
    """Name this log: the first line of its checkpoints and the name of its keys."""
    return str(settings.TOLLGATE_LOG_ORIGIN)


def publisher() -> Publisher:
    """Make the publisher; ImproperlyConfigured without a store or a signer."""
    signer = SignerClient(_path("TOLLGATE_SIGNER_SOCKET"), deployment.record_signer)
    return Publisher(origin(), store(), signer)


def store() -> CheckpointStore:
    """Make the store outside: a file, or objects under lock where the address begins with s3://."""
    address = settings.TOLLGATE_CHECKPOINT_STORE
    if not address.startswith("s3://"):
        return FileStore(_path("TOLLGATE_CHECKPOINT_STORE"))
    try:
        from audits.sealing.object_lock import ObjectStore  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise ImproperlyConfigured(
            "TOLLGATE_CHECKPOINT_STORE: s3:// needs boto3, the extra `s3`"
        ) from error
    return ObjectStore(address, retention_days=settings.TOLLGATE_CHECKPOINT_RETENTION_DAYS)


def tile_files() -> TileFiles | None:
    """Find the directory of the log's files; None where there is none."""
    directory = settings.TOLLGATE_TILE_DIRECTORY
    return TileFiles(Path(directory)) if directory else None


def policy() -> Policy:
    """Say which witnesses there are, and how many must agree; ImproperlyConfigured."""
    try:
        named = tuple(parse_witness(text) for text in settings.TOLLGATE_WITNESSES)
    except NoteError as error:
        raise ImproperlyConfigured(f"TOLLGATE_WITNESSES: {error}") from error
    if len(named) < settings.TOLLGATE_WITNESS_QUORUM:
        raise ImproperlyConfigured("TOLLGATE_WITNESS_QUORUM asks for more than there are witnesses")
    return Policy(named, settings.TOLLGATE_WITNESS_QUORUM)


def signer_directory() -> Path:
    """Say where the signer keeps its keys and what it signed last."""
    return _path("TOLLGATE_SIGNER_DIRECTORY")


def signer_server() -> SignerServer:
    """Make the signer's side of the socket."""
    return SignerServer(
        Signer(signer_directory(), origin(), machine_now_s),
        _path("TOLLGATE_SIGNER_SOCKET"),
        deployment.running(),
    )


def receipt_key() -> SigningKey:
    """Read the key of receipts from the settings; its name is the log's with `/receipts`."""
    return _receipt_key(f"{origin()}/receipts", settings.TOLLGATE_RECEIPT_KEY)


@lru_cache(maxsize=1)
def _receipt_key(name: str, encoded: str) -> SigningKey:
    try:
        seed = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != KEY_BYTES:
        raise ImproperlyConfigured("TOLLGATE_RECEIPT_KEY must be 32 bytes in base64")
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(seed))


def _path(name: str) -> Path:
    value = getattr(settings, name)
    if not value:
        raise ImproperlyConfigured(f"{name} must be set")
    return Path(value)
