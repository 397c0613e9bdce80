"""What the sealer's process does, over and over: grow the tree, publish it, write it into files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

from audits.sealing import fingerprint
from audits.sealing.checkpoints import Published
from audits.sealing.files import TileFiles
from audits.sealing.growing import grow
from audits.sealing.halt import SealingHalted
from audits.sealing.publishing import Publisher
from audits.sealing.record import record_halt
from audits.sealing.signing import SignerAwayError
from audits.sealing.witnesses import Callers, Policy, gather

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 5.0
"""New events are in a checkpoint after this time, and what it takes to make one: 10 s are promised."""
IDLE_SECONDS: Final = 60.0
"""A checkpoint is made even when nothing happens, so that silence means something."""
AGAIN_SECONDS: Final = 1.0
"""Pause after a try in which a part was away or another publisher faster."""


@dataclass(slots=True)
class Cycle:
    """One sealer's work; `step` is called again and again, and soon after it returned more than 0."""

    publisher: Publisher
    policy: Policy
    now_s: Callable[[], int]
    """This machine's clock, seconds since 1970."""
    elapsed_seconds: Callable[[], float]
    """A clock that only goes forward."""
    files: TileFiles | None = None
    """Where the log is written for others to serve; None: nowhere."""
    _callers: Callers = field(default_factory=Callers)
    _sealed: int = 0
    _next_fresh: float = 0.0
    _next_idle: float = 0.0
    _next_files: float = 0.0
    _is_written: bool = False
    """Whether the files say what was published."""

    def step(self) -> int:
        """Add a batch to the tree and publish when it is time; return how many leaves were added.

        What was published is written into the files first: where those say otherwise, nothing more
        is published. Raises SealingHalted, after it was recorded, where nothing may be sealed any more.
        """
        with _recording_halts():
            grown = grow()
            self._sealed += grown
            more = self._write_files()
            now = self.elapsed_seconds()
            if now >= self._next_idle or (self._sealed and now >= self._next_fresh):
                self.publish()
        return grown + more

    def publish(self) -> Published | None:
        """Record changed guards and publish; None when it is to be tried again soon."""
        now = self.elapsed_seconds()
        self._next_fresh = self._next_idle = now + AGAIN_SECONDS
        fingerprint.record_changes()
        try:
            published = self.publisher.publish(now_s=self.now_s())
        except (SignerAwayError, OSError) as error:
            log.error("sealing_delayed", error=str(error))  # noqa: TRY400 -- the trace says no more
            return None
        if published is not None:
            agreed = gather(published, self.policy, self._callers)
            log.info(
                "checkpoint_published",
                number=published.number,
                size=published.size,
                is_witnessed=self.policy.is_met(agreed),
            )
            self._sealed = 0
            self._is_written, self._next_files = False, now
            self._next_fresh, self._next_idle = now + FRESH_SECONDS, now + IDLE_SECONDS
        return published

    def _write_files(self) -> bool:
        """Write what the files lack, some of it at a time; tell whether to go on at once."""
        if self.files is None or self._is_written:
            return False
        now = self.elapsed_seconds()
        if now < self._next_files:
            return False
        try:
            more = self.files.catch_up()
        except OSError as error:
            log.error("files_delayed", error=str(error))  # noqa: TRY400 -- the trace says no more
            self._next_files = now + AGAIN_SECONDS
            return False
        self._is_written = not more
        return more


@contextmanager
def _recording_halts() -> Iterator[None]:
    try:
        yield
    except SealingHalted as halt:
        log.critical("sealing_halted", code=halt.code, detail=str(halt))
        record_halt(halt.code, str(halt))
        raise
