"""Keys that sign checkpoints: files that only the signer may read, and their record in the journal.

A key is one file, `<key id>.pem`. All keys in the directory sign: adding one begins the overlap of a
rotation, and retiring the old one ends it.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audits.events import (
    CheckpointKeyAdded,
    CheckpointKeyRetired,
    CheckpointKeyRevoked,
    ReceiptKeyAdded,
)
from audits.kernel import Event, Refused
from audits.sealing.disk import sync
from audits.sealing.note import SigningKey, VerifierKey
from audits.sealing.record import Sealing, current, record

PRIVATE: Final = 0o077
"""What nobody but the owner of a key may do with it."""


class UnsafeKeyError(Exception):
    """A key, or the directory of keys, that others could read or replace, or that is no key."""


def load(directory: Path, origin: str) -> list[SigningKey]:
    """Read all keys, in the order of their ids; UnsafeKeyError when others may read one, or one is none."""
    if not directory.is_dir():
        return []
    _require_private(directory)
    return [_load_file(path, origin) for path in sorted(directory.glob("*.pem"))]


def _load_file(path: Path, origin: str) -> SigningKey:
    _require_private(path)
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnsafeKeyError(f"{path} cannot be read as a key: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise UnsafeKeyError(f"{path} is not an Ed25519 key")
    return SigningKey(origin, private)


def _require_private(path: Path) -> None:
    found = path.stat()
    if stat.S_IMODE(found.st_mode) & PRIVATE or found.st_uid != os.geteuid():
        raise UnsafeKeyError(f"{path} must belong to the signer's user and be closed to others")


def _path_of(directory: Path, key: VerifierKey) -> Path:
    return directory / f"{key.key_id.hex()}.pem"


def add(directory: Path, origin: str) -> VerifierKey:
    """Make a key beside those that are there, record it, and begin to sign with it.

    The record comes first: a signature of a key that the journal does not know would halt sealing.
    """
    key = SigningKey(origin, Ed25519PrivateKey.generate())
    verifier_key = key.verifier_key
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(directory)
    record(lambda _: CheckpointKeyAdded(verifier_key=str(verifier_key)), process="operator")
    content = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = _path_of(directory, verifier_key)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(file)
    sync(directory)
    return verifier_key


def create(directory: Path, origin: str) -> VerifierKey:
    """Make the first key; Refused `signing_key_exists` where there is one."""
    if load(directory, origin):
        raise Refused("signing_key_exists", "There is a key already: rotate it instead.")
    return add(directory, origin)


def retire(directory: Path, key: VerifierKey) -> None:
    """End the use of a key; Refused `signing_key_not_current`, `signing_key_last`."""

    def decide(state: Sealing) -> Event:
        _require_current(state, key)
        if len(state.current_keys) == 1:
            raise Refused("signing_key_last", "It is the only key: add another one first.")
        return CheckpointKeyRetired(verifier_key=str(key))

    _remove_if_decided(directory, key, decide)


def revoke(directory: Path, key: VerifierKey, *, reason: str) -> None:
    """Say that a key is not to be trusted any more; Refused `signing_key_unknown`, `reason_missing`."""

    def decide(state: Sealing) -> Event | None:
        if not reason.strip():
            raise Refused("reason_missing", "A revocation needs a reason.")
        if str(key) in state.revoked_keys:
            return None
        if str(key) not in state.current_keys | state.retired_keys:
            raise Refused("signing_key_unknown", f"The journal knows no key {key}.")
        return CheckpointKeyRevoked(verifier_key=str(key), reason=reason)

    _remove_if_decided(directory, key, decide)


def _remove_if_decided(
    directory: Path, key: VerifierKey, decide: Callable[[Sealing], Event | None]
) -> None:
    """Remove the key's file, then record why: in between nothing is signed with it any more."""
    decide(current())
    _path_of(directory, key).unlink(missing_ok=True)
    record(decide, process="operator")


def announce_receipt_key(key: VerifierKey) -> bool:
    """Record which key signs receipts; tell whether it was new."""
    name = str(key)
    return record(
        lambda state: None if name in state.receipt_keys else ReceiptKeyAdded(verifier_key=name),
        process="operator",
    )


def _require_current(state: Sealing, key: VerifierKey) -> None:
    if str(key) not in state.current_keys:
        raise Refused("signing_key_not_current", f"{key} signs no checkpoints.")
