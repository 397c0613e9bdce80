"""An audit that runs checks says how far it is: a sign of life, and how it learns that it lost its lease."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest

from audits import heartbeat, verification, work
from audits.differences import Difference, Look
from audits.findings import scheduled
from audits.findings.telling import EVERY, Telling
from audits.models import FindingRow, WorkItem
from tests.audits.test_heartbeat import BEATS, wait_for
from tests.support.database import connect_as

NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
AMISS: Final = Difference(kind="amiss", subject="a jar", detail="wrong")


class Lease:
    """A lease that keeps everything that it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, reached: str) -> None:
        """Keep it."""
        self.told.append(reached)


def test_it_says_where_it_begins_and_how_far_it_is_now_and_then() -> None:
    lease = Lease()
    telling = Telling(lease)  # type: ignore[arg-type]  # all that it uses
    telling.begin("bytes", 3 * EVERY)
    for count in (EVERY - 1, 1, EVERY - 1, EVERY + 1):
        telling.advance(count)
    telling.begin("streams", 2)
    telling.advance(2)
    assert lease.told == [
        '{"check":"bytes","looked_at":0,"of":3000}',
        '{"check":"bytes","looked_at":1000,"of":3000}',
        '{"check":"bytes","looked_at":3000,"of":3000}',
        '{"check":"streams","looked_at":0,"of":2}',
    ]


@pytest.fixture
def _verify(
    monkeypatch: pytest.MonkeyPatch,
    db: None,  # noqa: ARG001 -- its work item is a row
) -> None:
    """Leave `verify` alone of all audits; its checks are a test's own."""
    verify = scheduled.audits()["verify"]
    monkeypatch.setattr(heartbeat, "BEATS_A_LEASE", BEATS)
    for module, name, empty in (
        *((scheduled, "_audits", {}), (scheduled, "_elsewhere", set()), (work, "_surveys", {})),
        *((verification, "CHECKS", {}), (verification, "_added", {})),
    ):
        monkeypatch.setattr(module, name, empty)
    scheduled.add_audit(verify)
    scheduled.schedule(NOON)


def item() -> WorkItem:
    return WorkItem.objects.get(kind="audit_verify")


def reached() -> object:
    """Look beside the snapshot that checks see."""
    with connect_as() as beside:
        found = beside.execute("SELECT reached FROM audits_work_item").fetchone()
    return found and found[0]


def take_over() -> None:
    with connect_as() as beside:
        beside.execute("UPDATE audits_work_item SET lease_token = gen_random_uuid()")


@pytest.mark.usefixtures("_verify")
@pytest.mark.django_db(transaction=True)
def test_the_work_item_of_verify_says_which_check_runs_and_how_far() -> None:
    said = {"check": "toy", "looked_at": EVERY, "of": 2 * EVERY}

    def check(look: Look) -> Iterator[Difference]:
        look.expect(2 * EVERY)
        look.done(EVERY)
        wait_for(lambda: reached() == said)
        yield AMISS

    verification.add_check("toy", check)
    assert work.run_due(long=True) == 1
    assert item().status == "done"
    assert FindingRow.objects.get().subject == AMISS.subject


@pytest.mark.usefixtures("_verify")
@pytest.mark.django_db(transaction=True)
def test_verify_that_lost_its_lease_ends_even_where_something_is_amiss() -> None:
    went_on: list[str] = []

    def check(look: Look) -> Iterator[Difference]:
        yield AMISS
        take_over()
        wait_for(lambda: look.done(EVERY))  # until it raises

    def following(look: Look) -> Iterator[Difference]:
        went_on.append(look.name)
        yield AMISS

    verification.add_check("toy", check)
    verification.add_check("following", following)
    assert work.run_due(long=True) == 1
    assert (went_on, FindingRow.objects.count(), item().status) == ([], 0, "leased")
