"""What verification finds, and how it tells how far it is."""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the records are not what they must be."""

    kind: str
    """Snake case, such as `leaf_hash_wrong`; all differences of the first kind are reported."""
    subject: str
    """What differs: an event, a stream, a log index, a row."""
    detail: str
    """Expected and found, for people."""


class Progress(Protocol):
    """Hears how far a check is."""

    def begin(self, check: str, total: int) -> None:
        """Hear that a check of this name starts, with `total` things to look at."""

    def advance(self, count: int) -> None:
        """Hear that the check has looked at `count` more."""


class Silence:
    """Progress that nobody watches."""

    def begin(self, check: str, total: int) -> None:
        """Ignore it."""

    def advance(self, count: int) -> None:
        """Ignore it."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a check is given: where to say how many things there are and were looked at."""

    name: str
    progress: Progress

    def expect(self, total: int) -> None:
        """Say how many things there are to look at; call it once, before the first."""
        self.progress.begin(self.name, total)

    def done(self, count: int = 1) -> None:
        """Say that `count` more were looked at."""
        self.progress.advance(count)


Check = Callable[[Look], Iterator[Difference]]
"""Looks at everything, in pages, and yields what differs."""
