"""A halt and a write at the same moment: what was begun before ends, and nothing slips in behind."""

from collections.abc import Callable
from typing import Any

import pytest

from audits import execution, reading
from audits.domain.halt.commands import HaltKind, SetHalt
from audits.execution import house
from audits.halting import HALTS
from audits.kernel import Halted
from audits.reading import Receipt
from tests.audits.api.toy import DECIDER, FillJar, JarFilled
from tests.audits.histories import context_of, full_jar
from tests.support.client import person_of
from tests.support.people import AUDITOR
from tests.support.racing import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("jars")]
Step = Callable[[], Any]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> tuple[Step, Step, Step]:
    """Give how money is moved, how it is halted, and how much there is."""
    monkeypatch.setattr(house, "halts", house.halts | {JarFilled: HaltKind.MONEY})
    jar = full_jar(100)
    person_of(AUDITOR)
    stop = SetHalt(kind=HaltKind.MONEY, reason="A doubt")
    return (
        lambda: execution.execute(FillJar(amount_cents=1), jar, context_of()),
        lambda: execution.execute(stop, HALTS[HaltKind.MONEY], context_of(AUDITOR)),
        lambda: reading.load(DECIDER, jar).state.held_cents,  # type: ignore[union-attr]
    )


def test_a_halt_waits_for_what_is_being_written(steps: tuple[Step, Step, Step]) -> None:
    fill, stop, held_cents = steps
    outcome = race(fill, stop)
    assert (outcome.waited, held_cents()) == (True, 101)
    assert isinstance(outcome.second, Receipt)
    with pytest.raises(Halted):
        fill()


def test_what_meets_a_halt_in_the_making_waits_and_is_refused(
    steps: tuple[Step, Step, Step],
) -> None:
    fill, stop, held_cents = steps
    outcome = race(stop, fill)
    assert (outcome.waited, held_cents()) == (True, 100)
    assert isinstance(outcome.second, Halted)
    assert (outcome.second.code, outcome.second.extra["halted"]) == ("halted", "money")
    assert "A doubt" in outcome.second.detail
