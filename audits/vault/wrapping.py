"""The keys from the environment that wrap the keys of natural persons: one, and another beside it.

`TOLLGATE_PERSONAL_KEY` wraps what is minted. While it is replaced, `TOLLGATE_PERSONAL_KEY_OTHER` opens,
too: first the coming key everywhere, then the one that goes (docs/adr/0015).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET: Final = 32
KEY_BYTES: Final = 64
"""Of AES-SIV with two keys of 256 bits."""
_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A key that wraps others."""

    id: str
    """16 hexadecimal digits by which rows and events name it; it tells nothing of the key."""
    cipher: AESSIV

    def wrap(self, key: bytes, subject_id: UUID) -> bytes:
        """Seal a subject's key, for the row of that subject alone."""
        return self.cipher.encrypt(key, [subject_id.bytes])

    def unwrap(self, wrapped: bytes, subject_id: UUID) -> bytes | None:
        """Open a subject's key; None: another key wrapped it, or it was changed."""
        try:
            return self.cipher.decrypt(wrapped, [subject_id.bytes])
        except InvalidTag:
            return None


def current() -> Wrapper:
    """Give the key that wraps what is minted now; ImproperlyConfigured where there is none."""
    return _wrapper(settings.PERSONAL_KEY, "TOLLGATE_PERSONAL_KEY")


def known() -> tuple[Wrapper, ...]:
    """List the keys that open: the current one, and the other while one replaces the other."""
    if not settings.PERSONAL_KEY_OTHER:
        return (current(),)
    return current(), _wrapper(settings.PERSONAL_KEY_OTHER, "TOLLGATE_PERSONAL_KEY_OTHER")


def unwrapped(subject_id: UUID, wrapped: bytes) -> bytes:
    """Open a subject's key; ImproperlyConfigured where no key that is known wrapped it."""
    for wrapper in known():
        key = wrapper.unwrap(wrapped, subject_id)
        if key is not None:
            return key
    raise ImproperlyConfigured(
        f"TOLLGATE_PERSONAL_KEY does not open the key of subject {subject_id}"
    )


@lru_cache(maxsize=4)
def _wrapper(secret: str, name: str) -> Wrapper:
    if len(secret) < SHORTEST_SECRET:
        raise ImproperlyConfigured(f"{name} must be set, to at least {SHORTEST_SECRET} characters")
    return Wrapper(
        id=_derived(secret, b"tollgate personal data id 1", _ID_BYTES).hex(),
        cipher=AESSIV(_derived(secret, b"tollgate personal data 1", KEY_BYTES)),
    )


def _derived(secret: str, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA512(), length, salt=None, info=purpose).derive(secret.encode())
