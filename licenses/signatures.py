"""Reads and verifies what laboratories sign: an edge, so that the domain stays free of both.

The laboratory signs the canonical form (RFC 8785) of its report with Ed25519 (RFC 8032). What is
handed in may be spaced and ordered differently; its canonical form is what counts and is kept.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from licenses.domain.lab_test.report import LabReport

_SIGNATURE_HEX_DIGITS: Final = 128


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """A report as read; `report` is None for what is not one."""

    report: LabReport | None
    canonical: bytes
    """The bytes that the signature must cover; where `report` is None, what was handed in."""

    @property
    def sha256(self) -> str:
        """Fingerprint the canonical bytes: 64 lower-case hexadecimal digits."""
        return hashlib.sha256(self.canonical).hexdigest()

    def is_signed(self, signature: str, public_key: str | None) -> bool:
        """Tell whether `signature` (base64 or hexadecimal) over the report fits `public_key`.

        `public_key` in hexadecimal digits; None, or a signature in neither spelling: it does not.
        """
        raw = _signature_bytes(signature)
        if self.report is None or public_key is None or raw is None:
            return False
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        try:
            key.verify(raw, self.canonical)
        except InvalidSignature:
            return False
        return True


def open_report(text: str) -> OpenedReport:
    """Read a report from JSON text, or from the base64 of that text. Never raises."""
    sent = text.encode("utf-8", "surrogatepass")
    content = sent if text.lstrip().startswith("{") else _from_base64(text)
    if content is None:
        return OpenedReport(report=None, canonical=sent)
    try:
        document = json.loads(
            content,
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
        canonical = rfc8785.dumps(document)
        report = msgspec.convert(document, LabReport)
        kept = canonical_report(report)
    except (ValueError, OverflowError, RecursionError, rfc8785.CanonicalizationError):
        return OpenedReport(report=None, canonical=sent)
    if kept != canonical:
        # Another spelling of the same time or id: the kept report would not be what was signed.
        return OpenedReport(report=None, canonical=sent)
    return OpenedReport(report=report, canonical=canonical)


def canonical_report(report: LabReport) -> bytes:
    """Write the bytes that a laboratory signs; the time in UTC, as every event keeps it."""
    in_utc = msgspec.structs.replace(report, tested_at=report.tested_at.astimezone(UTC))
    return rfc8785.dumps(msgspec.to_builtins(in_utc))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that comes twice: readers would disagree about what was signed."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name comes twice")
    return members


def _no_float(text: str) -> None:
    raise ValueError(f"not an integer: {text}")


def _signature_bytes(signature: str) -> bytes | None:
    if len(signature) == _SIGNATURE_HEX_DIGITS:
        try:
            return bytes.fromhex(signature)
        except ValueError:
            return None
    return _from_base64(signature)


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
