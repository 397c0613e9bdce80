"""The signer: signs a checkpoint only if its tree continues the one that it signed last.

It knows neither the database nor the journal; it trusts the sealer with nothing but the leaves. What
it signed last is in a file of its own, so that a sealer whose database went back to an older state
gets no signature for it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from audits.sealing import keys
from audits.sealing.disk import sync
from audits.sealing.merkle import EMPTY_ROOT, verify_consistency
from audits.sealing.note import COSIGNATURE, Checkpoint, Note, SigningKey, sign

STATE_FILE: Final = "signed.json"
LOCK_FILE: Final = "lock"
CLOCK_TOLERANCE_S: Final = 5
"""How far the clock may be set back, by those who keep it right, before signing stops."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed last."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    at_s: int = 0
    """Seconds since 1970."""


class SigningRefused(Exception):
    """The signer says no; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code


class SignRequest(msgspec.Struct, frozen=True, kw_only=True, tag="sign"):
    """What the sealer asks to have signed."""

    old_size: int
    """What it takes the signer to have signed last."""
    size: int
    root: bytes
    proof: tuple[bytes, ...]
    """Consistency proof from the old size to the new one."""


class Signer:
    """Signs for one log, with all keys of one directory."""

    def __init__(self, directory: Path, origin: str, now_s: Callable[[], int]) -> None:
        self._directory = directory
        self._origin = origin
        self._now_s = now_s

    def last(self) -> Signed:
        """Tell what was signed last; SigningRefused `memory_damaged` where that cannot be read."""
        try:
            return msgspec.json.decode((self._directory / STATE_FILE).read_bytes(), type=Signed)
        except FileNotFoundError:
            return Signed()
        except msgspec.DecodeError as error:
            raise SigningRefused("memory_damaged", f"{STATE_FILE}: {error}") from error

    def sign(self, request: SignRequest) -> bytes:
        """Sign a checkpoint with every key, plainly and with the time; return the note.

        SigningRefused `signer_moved` when another checkpoint was signed in between, `smaller_size`,
        `other_root`, `growth_not_proved`, `clock_went_back`, `no_signing_key`, `memory_damaged`. What
        is signed is on disk before the signature leaves.
        """
        with self._alone():
            last = self.last()
            _require_growth(last, request)
            at_s = self._now_s()
            if at_s < last.at_s - CLOCK_TOLERANCE_S:
                raise SigningRefused("clock_went_back", f"it was {last.at_s} and is {at_s}")
            signing = keys.load(self._directory, self._origin)
            if not signing:
                raise SigningRefused("no_signing_key", f"no key is in {self._directory}")
            signed = Signed(size=request.size, root=request.root, at_s=max(at_s, last.at_s))
            self._remember(signed)
        text = Checkpoint(self._origin, request.size, request.root).text()
        lines = [
            line
            for key in signing
            for line in (sign(text, key), sign(text, timed(key), signed_at_s=signed.at_s))
        ]
        return bytes(Note(text, tuple(lines)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other signers of the same directory out meanwhile."""
        file = os.open(self._directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _remember(self, signed: Signed) -> None:
        """Replace the state file, in one step, and wait for the disk."""
        path = self._directory / STATE_FILE
        fresh = path.with_suffix(".new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(msgspec.json.encode(signed))
            opened.flush()
            os.fsync(file)
        fresh.replace(path)
        sync(self._directory)


def timed(key: SigningKey) -> SigningKey:
    """Use the same key for signatures with a time: its id, and what it signs, tell them apart."""
    return SigningKey(key.name, key.private, COSIGNATURE)


def _require_growth(last: Signed, request: SignRequest) -> None:
    if request.size < last.size:
        raise SigningRefused("smaller_size", f"size {last.size} was signed, not {request.size}")
    if request.size == last.size and request.root != last.root:
        raise SigningRefused("other_root", f"another root was signed for size {last.size}")
    if request.old_size != last.size:
        raise SigningRefused("signer_moved", f"size {last.size} was signed last")
    if not verify_consistency(last.size, request.size, last.root, request.root, request.proof):
        raise SigningRefused(
            "growth_not_proved", f"size {request.size} does not continue size {last.size}"
        )
