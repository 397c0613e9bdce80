"""Ids that follow from what a thing is about, so that there is one of it."""

from typing import Final
from uuid import UUID, uuid5

_LEGAL_HOLDS: Final = UUID("8f1e6a52-7d0b-5b53-9c7e-2a4d8f6b1c03")


def legal_hold_id(target_id: UUID) -> UUID:
    """Name the stream of all legal holds on one customer or deal."""
    return uuid5(_LEGAL_HOLDS, str(target_id))
