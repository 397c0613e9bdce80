"""What events refer to is written page by page, by one at a time, and compared with the log by `verify`."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest

from audits import verification
from audits.codec import Recorded
from audits.lineage import references, sources
from audits.lineage.references import MARK, Asked
from audits.lineage.sources import Source
from audits.models import ReferenceRow
from audits.past import moments
from audits.past.moments import Moment
from audits.sequencing import Sequencer
from audits.tasks import refer
from tests.audits.api.toy import JarFilled
from tests.audits.histories import full_jar, smashed_jar
from tests.support.database import connect_as
from tests.support.people import identity

pytestmark = pytest.mark.django_db

ELSEWHERE = identity("another stream")


def filled(recorded: Recorded[Any]) -> list[Source]:
    """Rest on another stream, and on its own."""
    return [Source(ELSEWHERE, (JarFilled,)), Source(recorded.stream_id, (JarFilled,))]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "PAGE_SIZE", 3)
    monkeypatch.setattr(sources, "rules", {JarFilled: filled})


@pytest.fixture
def count(jars: None) -> int:  # noqa: ARG001 -- they must be there first
    """Write events and give them places; tell how many the log has."""
    full_jar(*range(1, 6))
    smashed_jar()
    Sequencer().run_until_empty()
    return moments.last_index() + 1


def written() -> list[tuple[UUID, int]]:
    rows = ReferenceRow.objects.exclude(named=MARK).order_by("log_index")
    return list(rows.values_list("named", "log_index"))


def kinds() -> list[str]:
    return [each.kind for each in verification.verify(only=("references",)).differences]


def test_every_page_is_written_once_and_says_how_far_it_goes(count: int) -> None:
    assert references.known_until() == -1
    assert references.catch_up() == 3
    assert references.known_until() == 2
    assert kinds() == []
    assert refer("whatever", else_="too") == count - 3
    assert (refer(), references.known_until()) == (0, count - 1)
    whole = moments.between(Moment(log_index=-1), Moment(log_index=count - 1))
    places = [place for place, recorded in whole if isinstance(recorded.data, JarFilled)]
    assert len(places) == 6
    assert written() == [(ELSEWHERE, place) for place in places]
    assert references.naming([Asked(ELSEWHERE, places[0], places[-2])]) == places[1:-1]
    assert references.naming([]) == []
    assert kinds() == []


@pytest.mark.usefixtures("count")
def test_of_two_at_once_one_does_nothing() -> None:
    with connect_as() as other, other.transaction():
        other.execute(references.LOCK)
        assert references.catch_up() == 0
    assert references.catch_up() == 3


WRONG: Final[dict[str, tuple[Callable[[Any], object], str]]] = {
    "gone": (lambda rows: rows[1].delete(), "reference_missing"),
    "added": (lambda rows: rows.create(named=ELSEWHERE, log_index=0), "reference_added"),
    "beyond the log": (
        lambda rows: rows.create(named=ELSEWHERE, log_index=99),
        "reference_added",
    ),
    "said to be known": (
        lambda rows: rows.create(named=MARK, log_index=moments.last_index() + 1),
        "reference_mark_wrong",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_gone_or_added_is_named(name: str, count: int) -> None:
    change, kind = WRONG[name]
    assert refer() == count
    change(ReferenceRow.objects.order_by("log_index").filter(named=ELSEWHERE))
    assert kinds() == [kind]
