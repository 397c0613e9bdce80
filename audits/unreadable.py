"""Stored events that cannot be read: what is raised, and how they are named."""

import hashlib
from typing import Final
from uuid import UUID

import msgspec

UNREADABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading bytes raises: msgspec's errors, which are ValueErrors, and those of upcasters."""


class StoredEventUnreadable(ValueError):
    """Stored bytes are no event as its type is written: damaged, forged, or of a newer version.

    Its text names the event and tells nothing else of what the bytes hold; `code` is stable.
    """

    code: Final = "stored_event_unreadable"

    def __init__(self, content: bytes) -> None:
        super().__init__(f"{_named(content)} of the journal cannot be read")


def _named(content: bytes) -> str:
    """Name the event that bytes are of; by its leaf hash (RFC 6962) where they do not say."""
    try:
        return f"event {msgspec.json.decode(content, type=_Id).event_id}"
    except UNREADABLE:
        leaf = hashlib.sha256(b"\x00" + content)
        return f"the event with leaf hash {leaf.hexdigest()}"


class _Id(msgspec.Struct):
    event_id: UUID
