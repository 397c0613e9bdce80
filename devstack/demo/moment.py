"""The demonstration's clock and mint of ids: the people of the story live on this machine."""

from datetime import UTC, datetime
from uuid import UUID, uuid4  # noqa: TID251 -- a client outside the service


def now() -> datetime:
    """Tell the time, UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- a client outside the service


def new_id() -> UUID:
    """Mint an id that no other run has used."""
    return uuid4()
