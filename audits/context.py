"""The only clock and the only mint of identities.

The clock is the database's: every process agrees on it, and the journal refuses any other.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import uuid_utils.compat
from django.db import connection

from audits.kernel import Actor, Role

COMMANDS: Final = UUID("6f0ac1d4-2d5b-5c56-9b38-0e6ab7d5a2f1")
"""Namespace of command ids that are derived from somebody's idempotency key."""


def new_id() -> UUID:
    """Mint a time-ordered identity (UUID version 7)."""
    return uuid_utils.compat.uuid7()


def command_id_of(person_id: UUID, idempotency_key: str) -> UUID:
    """Derive the command id of a person's idempotency key: the same key, the same command."""
    return uuid5(COMMANDS, f"{person_id}:{idempotency_key}")


def follow_up_id(cause: UUID, name: str) -> UUID:
    """Derive the command id of what a process does because of `cause`."""
    return uuid5(cause, name)


def database_now() -> datetime:
    """Read the database's clock, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    return utc(row[0])


def machine_now_s() -> int:
    """Read this machine's clock, in seconds since 1970, UTC: for those who have no database."""
    return int(time.time())


def utc(moment: datetime) -> datetime:
    """Bring an aware datetime to UTC."""
    return moment.astimezone(UTC)


@dataclass(slots=True)
class SteadyClock:
    """Database time carried forward by this process's monotonic clock, for bulk writers."""

    _origin: datetime
    _started_seconds: float

    @classmethod
    def synchronized(cls, now: datetime) -> "SteadyClock":
        """Start from `now`, just read from the database."""
        return cls(now, time.monotonic())

    def now(self) -> datetime:
        """Tell database time, UTC; drifts by what the two clocks differ since the start."""
        return self._origin + timedelta(seconds=time.monotonic() - self._started_seconds)


SYSTEM_ORGANIZATION: Final = uuid5(COMMANDS, "organization:tollgate")
"""The organization for which the service's own processes act."""


def system_actor(process: str) -> Actor:
    """Name a process of the service as an actor; it can never be taken for a natural person."""
    return Actor(
        person_id=uuid5(SYSTEM_ORGANIZATION, process),
        organization_id=SYSTEM_ORGANIZATION,
        role=Role.SYSTEM,
        agency=None,
    )
