"""Slots of audits: one that waits is enough, however long a run takes or nobody ran any."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
import structlog

from audits import work
from audits.findings import scheduled
from audits.findings.scheduled import Audit
from audits.models import WorkItem
from tests.audits.items import OVER, change, claimed

pytestmark = pytest.mark.django_db

HOUR: Final = timedelta(hours=1)
NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
KIND: Final = "audit_toy"


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace all audits by one of every hour, and one of every day."""
    monkeypatch.setattr(scheduled, "_audits", {})
    monkeypatch.setattr(work, "_surveys", {})
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=lambda _now: ()))
    scheduled.add_audit(Audit(name="other", every=24 * HOUR, look=lambda _now: ()))


def added(at: datetime) -> list[UUID]:
    """Schedule at a moment, and list the items of the hourly audit that this adds."""
    before = set(WorkItem.objects.values_list("id", flat=True))
    scheduled.schedule(at)
    return list(
        WorkItem.objects.filter(kind=KIND).exclude(id__in=before).values_list("id", flat=True)
    )


def test_a_slot_has_one_item_until_the_next_begins() -> None:
    assert scheduled.schedule(NOON) == 2
    for after in (timedelta(0), HOUR - timedelta(microseconds=1)):
        assert added(NOON + after) == []
    assert work.run_due() == 2
    assert added(NOON + HOUR - timedelta(microseconds=1)) == []
    assert len(added(NOON + HOUR)) == 1


def test_where_nobody_runs_audits_one_of_each_waits_and_no_more() -> None:
    [first] = added(NOON)
    for hours in range(1, 48):
        assert added(NOON + hours * HOUR) == []
    assert sorted(WorkItem.objects.values_list("kind", flat=True)) == ["audit_other", KIND]
    assert claimed(first).id == first
    assert len(added(NOON + 48 * HOUR)) == 1


def test_behind_one_that_runs_longer_than_its_slot_one_waits() -> None:
    [running] = added(NOON)
    leased = claimed(running)
    [behind] = added(NOON + HOUR)
    for hours in (2, 3, 4):
        assert added(NOON + hours * HOUR) == []
    assert work.run(leased) is True
    assert added(NOON + 5 * HOUR) == []
    assert work.run(claimed(behind)) is True
    assert len(added(NOON + 5 * HOUR)) == 1


def test_one_that_broke_off_waits_and_one_that_died_does_not() -> None:
    [item] = added(NOON)
    claimed(item, lease=OVER)
    assert added(NOON + HOUR) == []
    change(item, status="dead", lease_token=None, lease_until=None)
    assert len(added(NOON + HOUR)) == 1


def test_slots_that_are_left_out_are_said() -> None:
    scheduled.schedule(NOON)
    with structlog.testing.capture_logs() as said:
        assert scheduled.schedule(NOON) == 2
        assert scheduled.schedule(NOON + HOUR) == 1
    assert [(each["event"], each["kinds"]) for each in said] == [("audit_slots_merged", [KIND])]
