"""Ed25519 public keys as text: two spellings in, one out. Pure; no signature is checked here."""

import base64
import binascii
import hashlib
from typing import Annotated, Final

import msgspec

from audits.kernel import Refused

PublicKeyText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9A-Za-z+/=]+$(?!\n)",
        min_length=43,
        max_length=64,
        description="Ed25519 public key, 32 bytes as base64 or as hexadecimal digits.",
    ),
]

PublicKey = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{64}$",
        min_length=64,
        max_length=64,
        description="Ed25519 public key as 64 lower-case hexadecimal digits.",
    ),
]

KeyId = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{16}$",
        min_length=16,
        max_length=16,
        description="First 16 hexadecimal digits of the SHA-256 of the raw public key.",
    ),
]

_KEY_BYTES: Final = 32
_HEX_DIGITS: Final = 64
_FIELD_PRIME: Final = 2**255 - 19
_ORDER_EIGHT: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
"""The y coordinate of a point of order eight; its negative is the other one."""
_SMALL_ORDER: Final = frozenset(
    (y % 2**255 | sign << 255).to_bytes(_KEY_BYTES, "little")
    for y in (
        *(0, 1, _ORDER_EIGHT, _FIELD_PRIME - _ORDER_EIGHT, _FIELD_PRIME - 1),
        *(_FIELD_PRIME, _FIELD_PRIME + 1),  # 0 and 1 again, not reduced
    )
    for sign in (0, 1)
)
"""Every encoding of the points whose order divides eight: signatures under them prove nothing."""


def read_public_key(text: str) -> str:
    """Read 32 bytes from base64 or hexadecimal digits and give them in lower-case hexadecimal.

    Raises Refused for another length, and for the keys of small order, under which one signature
    fits many messages.
    """
    try:
        raw = bytes.fromhex(text) if len(text) == _HEX_DIGITS else _from_base64(text)
    except ValueError as error:
        raise Refused("public_key_malformed", "Neither base64 nor hexadecimal digits") from error
    if len(raw) != _KEY_BYTES:
        raise Refused("public_key_malformed", f"{len(raw)} bytes; an Ed25519 key has {_KEY_BYTES}")
    if raw in _SMALL_ORDER:
        raise Refused("public_key_weak", "A key of small order", citation="RFC 8032, section 5.1.7")
    return raw.hex()


def key_id(public_key: str) -> str:
    """Name a public key, given in hexadecimal digits, by the start of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
