"""Whether events were recorded when they say: compared with the times at which the log was signed.

The database gives an event its time, and its owner can write another. The signer's clock is not the
database's, and what it signed cannot be dated back. So what is not in a checkpoint was recorded after
it, and what is in one was recorded before, but for what the constants below allow.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from audits import queries
from audits.differences import Difference, Look
from audits.queries import LogTime
from audits.sealing import checkpoints
from audits.sealing.checkpoints import Published
from audits.sealing.waiting import WAITING_SECONDS

PAGE_SIZE: Final = 500
CLOCKS_APART_SECONDS: Final = 30
"""How far the clocks of database and signer may be apart, of which both are kept right."""
WRITING_SECONDS: Final = 120
"""From reading the clock to writing the event: what the journal's guard allows (TG004)."""
TRANSACTION_SECONDS: Final = 600
"""From writing to committing. Each single wait in a transaction has a limit far below it."""
PUBLISHING_SECONDS: Final = 120
"""From the look at what waits to the signature."""
LATE_SECONDS: Final = WRITING_SECONDS + TRANSACTION_SECONDS + WAITING_SECONDS + PUBLISHING_SECONDS
"""An event may have been recorded this long before a checkpoint, or an event, that it is not before.

A sequencer or sealer that stands still excuses nothing, for no checkpoint is published meanwhile and
the log goes on with what waited longest. Whatever takes longer has to be explained by people."""

_CLOCKS_APART: Final = timedelta(seconds=CLOCKS_APART_SECONDS)
_LATE: Final = timedelta(seconds=LATE_SECONDS)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def times_check(look: Look) -> Iterator[Difference]:
    """Walk the log: each event was recorded between the checkpoints that it stands between."""
    look.expect(queries.count_log())
    around, latest = _Around(), _EPOCH
    for page in queries.log_times():
        for each in page:
            around.move_to(each.log_index)
            found = _difference(each, around, latest)
            if found is None:
                latest = max(latest, each.recorded_at)
            else:
                yield found
        look.done(len(page))


class _Around:
    """The last checkpoint before an event, and the first that has it."""

    def __init__(self) -> None:
        self._coming = _published()
        self.before: Published | None = None
        self.after = next(self._coming, None)

    def move_to(self, log_index: int) -> None:
        """Go on to an event further on in the log."""
        while self.after is not None and self.after.size <= log_index:
            self.before, self.after = self.after, next(self._coming, None)


def _published() -> Iterator[Published]:
    number = 0
    while page := checkpoints.page(number, limit=PAGE_SIZE):
        yield from page
        number = page[-1].number + 1


def _difference(each: LogTime, around: _Around, latest: datetime) -> Difference | None:
    """Judge one event; `latest`: when the last of those before it in the log was recorded."""
    after, before = around.after, around.before
    if after is not None and each.recorded_at > after.signed_at + _CLOCKS_APART:
        detail = f"in checkpoint {after.number}, signed at {after.signed_at.isoformat()}"
        return _about(each, "recorded_after_sealed", detail)
    if before is not None and each.recorded_at < before.signed_at - _LATE:
        detail = f"not in checkpoint {before.number}, signed at {before.signed_at.isoformat()}"
        return _about(each, "recorded_long_before_sealed", detail)
    if each.recorded_at < latest - _LATE:
        detail = f"behind an event recorded at {latest.isoformat()}"
        return _about(each, "recorded_long_before_sealed", detail)
    return None


def _about(each: LogTime, kind: str, detail: str) -> Difference:
    return Difference(
        kind=kind,
        subject=f"log index {each.log_index}",
        detail=f"recorded at {each.recorded_at.isoformat()} and {detail}",
    )
