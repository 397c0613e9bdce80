"""The sealer's work, over and over: when it publishes, what it does when a part is away or wrong."""

from dataclasses import dataclass

import pytest

from audits.models import CheckpointRow
from audits.sealing import record
from audits.sealing.cycle import FRESH_SECONDS, IDLE_SECONDS, Cycle
from audits.sealing.halt import SealingHalted
from audits.sealing.publishing import Publisher
from audits.sealing.signer import Signed, SignRequest
from audits.sealing.signing import SignerAwayError
from audits.sealing.witnesses import Policy
from tests.audits.sealing.journals import log
from tests.audits.sealing.office import ORIGIN, Office

pytestmark = pytest.mark.django_db
NOBODY = Policy((), 0)


@dataclass
class Day:
    """A cycle whose time passes only when it is told to."""

    office: Office
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.cycle = Cycle(
            self.office.publisher, NOBODY, lambda: self.office.now_s, lambda: self.seconds
        )

    def passes(self, seconds: float) -> int:
        """Let time pass, then let the sealer work; return the size of the last checkpoint."""
        self.seconds += seconds
        self.office.now_s += int(seconds)
        while self.cycle.step():
            pass
        return CheckpointRow.objects.latest("number").size


def count() -> int:
    return CheckpointRow.objects.count()


def test_new_events_are_published_soon_and_not_at_once(office: Office) -> None:
    log(5)
    day = Day(office)
    assert day.passes(0) == 6
    log(5)  # and the fingerprint of the database, recorded by the first publication
    assert day.passes(FRESH_SECONDS - 1) == 6
    assert day.passes(1) == 12
    assert FRESH_SECONDS + IDLE_SECONDS / 60 < 10  # what is promised, with time to do it


def test_an_idle_journal_is_published_every_minute(office: Office) -> None:
    day = Day(office)
    day.passes(0)
    day.passes(IDLE_SECONDS - 1)
    assert count() == 1
    day.passes(1)
    assert count() == 2


class Away:
    """A signer that nobody reaches."""

    def last(self) -> Signed:
        raise SignerAwayError("nobody answers")

    def sign(self, request: SignRequest) -> bytes:
        raise SignerAwayError(str(request))


def test_a_signer_that_is_away_is_waited_for(office: Office) -> None:
    log(5)
    away = Cycle(
        Publisher(ORIGIN, office.store, Away()),
        NOBODY,
        lambda: office.now_s,
        iter(range(100)).__next__,
    )
    assert away.step() == 6
    assert away.step() == 0
    assert count() == 0
    assert Day(office).passes(1) == 6


def test_a_halt_is_recorded_and_stops_the_process(office: Office) -> None:
    day = Day(office)
    log(5)
    day.passes(0)
    office.store_path.unlink()
    day.cycle = Cycle(office.restarted(), NOBODY, lambda: office.now_s, lambda: day.seconds)
    for _ in range(3):
        with pytest.raises(SealingHalted):
            day.passes(60)
    halt = record.current().halt
    assert halt is not None
    assert halt.code == "outside_behind"
    assert count() == 1
