"""Signed notes and checkpoints as the C2SP project defines them, so that others' tools can check us.

Sources: C2SP signed-note, tlog-checkpoint and tlog-cosignature. Signatures are Ed25519, plain
(type 0x01, what a log makes) or with a time (type 0x04, what a witness makes).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audits.sealing.merkle import HASH_BYTES

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04

MAX_NOTE_BYTES: Final = 16_384
MAX_SIGNATURES: Final = 32
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
KEY_ID_BYTES: Final = 4
TIME_BYTES: Final = 8

_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE: Final = re.compile(r"— (\S+) ([A-Za-z0-9+/]+=*)")
_VERIFIER_KEY: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_SIZE: Final = re.compile("0|[1-9][0-9]{0,18}")


class NoteError(Exception):
    """A note, key or checkpoint that cannot be relied on; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code


# -- Keys ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name, as a verifier is told of it: `<name>+<8 hex digits>+<base64>`."""

    name: str
    public_bytes: bytes
    algorithm: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The four bytes that say which key of that name made a signature."""
        head = self.name.encode() + b"\n" + bytes([self.algorithm])
        return hashlib.sha256(head + self.public_bytes).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.algorithm]) + self.public_bytes).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


def parse_verifier_key(text: str) -> VerifierKey:
    """Read `<name>+<8 hex digits>+<base64>`; NoteError `key_malformed`."""
    match = _VERIFIER_KEY.fullmatch(text)
    if match is None:
        raise NoteError("key_malformed", "a verifier key reads <name>+<8 hex digits>+<base64>")
    name, key_id, encoded = match.groups()
    content = _base64(encoded, "key_malformed")
    if len(content) != 1 + KEY_BYTES or content[0] not in {ED25519, COSIGNATURE}:
        raise NoteError("key_malformed", "the key is neither Ed25519 nor a witness's")
    key = VerifierKey(name, content[1:], content[0])
    if key.key_id.hex() != key_id:
        raise NoteError("key_malformed", f"the key id is {key.key_id.hex()}, not {key_id}")
    return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name; its text form never shows the secret."""

    name: str
    private: Ed25519PrivateKey
    algorithm: int = ED25519
    verifier_key: VerifierKey = field(init=False)
    """The public half, worked out once: that costs half as much as a signature."""

    def __post_init__(self) -> None:
        """Refuse a name that no note could carry; NoteError `key_malformed`."""
        if not re.fullmatch(r"[^\s+\x00-\x1f]+", self.name):
            raise NoteError("key_malformed", "a key's name has neither spaces nor plus signs")
        public = VerifierKey(
            self.name, self.private.public_key().public_bytes_raw(), self.algorithm
        )
        object.__setattr__(self, "verifier_key", public)

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier_key})"


# -- Notes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, and what follows the key id, not verified."""

    name: str
    key_id: bytes
    content: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.content).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, final newline included, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds, and when it was made if it says so (seconds since 1970, UTC)."""

    key: VerifierKey
    signed_at_s: int | None


def parse(content: bytes) -> Note:
    """Take a note apart, strictly; verifies nothing. NoteError `note_malformed`, `note_too_large`."""
    if len(content) > MAX_NOTE_BYTES:
        raise NoteError("note_too_large", f"a note has at most {MAX_NOTE_BYTES} bytes")
    text, blank, lines = decode_lines(content).rpartition("\n\n")
    if not blank or not text or not lines:
        raise NoteError("note_malformed", "a note is a text, an empty line and signatures")
    return Note(text + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Read signature lines, each with its newline; NoteError `note_malformed`, `note_too_large`."""
    found = lines.removesuffix("\n").split("\n")
    if len(found) > MAX_SIGNATURES:
        raise NoteError("note_too_large", f"a note has at most {MAX_SIGNATURES} signatures")
    return tuple(map(_parse_signature, found))


def decode_lines(content: bytes) -> str:
    """Decode UTF-8 that ends in a newline and holds no other control character."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise NoteError("note_malformed", "a note is UTF-8") from error
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("note_malformed", "a note ends in a newline, its only control character")
    return text


def _parse_signature(line: str) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None or "+" in match[1]:
        raise NoteError("note_malformed", "a signature line reads — <name> <base64>")
    content = _base64(match[2], "note_malformed")
    if len(content) <= KEY_ID_BYTES:
        raise NoteError("note_malformed", "a signature is longer than its key id")
    return Signature(match[1], content[:KEY_ID_BYTES], content[KEY_ID_BYTES:])


def sign(text: str, key: SigningKey, *, signed_at_s: int | None = None) -> Signature:
    """Sign the text of a note; a witness's key also needs the time, in seconds since 1970."""
    message, head = _message(text, key.algorithm, signed_at_s)
    return Signature(key.name, key.verifier_key.key_id, head + key.private.sign(message))


def verify(note: Note, keys: Iterable[VerifierKey]) -> list[Verified]:
    """Verify every signature of a known key; unknown ones are ignored.

    NoteError `signature_wrong` for a wrong one of a known key, `note_unsigned` when no key is known.
    """
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[VerifierKey, Verified] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            verified[key] = _verify(note.text, signature, key)
    if not verified:
        raise NoteError("note_unsigned", "no known key signed this note")
    return list(verified.values())


def _verify(text: str, signature: Signature, key: VerifierKey) -> Verified:
    timed = key.algorithm == COSIGNATURE
    head_bytes = TIME_BYTES if timed else 0
    if len(signature.content) != head_bytes + SIGNATURE_BYTES:
        raise NoteError("signature_wrong", f"the signature of {key.name} has a wrong length")
    at = int.from_bytes(signature.content[:head_bytes]) if timed else None
    message, _head = _message(text, key.algorithm, at)
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public_bytes)
        public.verify(signature.content[head_bytes:], message)
    except (InvalidSignature, ValueError) as error:
        raise NoteError("signature_wrong", f"the signature of {key.name} is wrong") from error
    return Verified(key, at)


def _message(text: str, algorithm: int, signed_at_s: int | None) -> tuple[bytes, bytes]:
    """Say what is signed, and what stands before the signature."""
    if (algorithm == COSIGNATURE) != (signed_at_s is not None):
        raise ValueError("a cosignature has a time, another signature has none")
    if signed_at_s is None:
        return text.encode(), b""
    return (
        f"cosignature/v1\ntime {signed_at_s}\n{text}".encode(),
        signed_at_s.to_bytes(TIME_BYTES),
    )


# -- Checkpoints ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one moment: its name, its size and its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write it as the text of a note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint; NoteError `checkpoint_malformed`.

    Extension lines are refused: we make none, and an auditor should not have to wonder about any.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 -- three lines and what follows the last newline
        raise NoteError("checkpoint_malformed", "a checkpoint is an origin, a size and a root")
    root = _base64(lines[2], "checkpoint_malformed")
    if len(root) != HASH_BYTES:
        raise NoteError("checkpoint_malformed", f"a root has {HASH_BYTES} bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def _base64(text: str, code: str) -> bytes:
    """Decode standard base64 that has exactly one way to be written."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoteError(code, "that is not base64") from error
    if base64.b64encode(content).decode() != text:
        raise NoteError(code, "that is not the one base64 form of its bytes")
    return content
