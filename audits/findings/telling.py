"""How far a check is, kept with the lease of whoever runs it: for people, and as a sign of life."""

from typing import Final

import msgspec

from audits.heartbeat import Held

EVERY: Final = 1_000
"""Things that are looked at between two words."""


class Checking(msgspec.Struct, frozen=True, kw_only=True):
    """What a work item keeps of an audit that runs checks."""

    check: str
    looked_at: int
    of: int
    """Things that the check looks at."""


class Telling:
    """Progress of checks as something that is told to a lease. Raises LeaseLost once that is lost."""

    def __init__(self, held: Held) -> None:
        self._held: Final = held
        self._now = Checking(check="", looked_at=0, of=0)
        self._told = 0

    def begin(self, check: str, total: int) -> None:
        """Say that a check starts."""
        self._now, self._told = Checking(check=check, looked_at=0, of=total), 0
        self._tell()

    def advance(self, count: int) -> None:
        """Say how far the check is, now and then."""
        looked_at = self._now.looked_at + count
        self._now = msgspec.structs.replace(self._now, looked_at=looked_at)
        if looked_at - self._told >= EVERY:
            self._told = looked_at
            self._tell()

    def _tell(self) -> None:
        self._held.tell(msgspec.json.encode(self._now).decode())
