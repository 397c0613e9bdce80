"""Long audits have a queue of their own; one that was broken off goes on where it was."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from audits import heartbeat, work
from audits.differences import Difference
from audits.findings import finding_id, scheduled
from audits.findings.scheduled import Audit, Walked
from audits.models import FindingRow, WorkItem
from audits.past.decided import FROM_THE_START
from tests.audits.items import OVER, Effects, change, claimed, new_item, row
from tests.audits.test_heartbeat import BEATS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

HOUR: Final = timedelta(hours=1)
PAGES: Final = 4


class Killed(BaseException):
    """What no worker lives to handle."""


class Walking:
    """An audit that finds one thing a page, and may be killed on one."""

    def __init__(self) -> None:
        self.begun: list[tuple[tuple[str, ...], int]] = []
        self.killed_on: int | None = None
        self.item: UUID | None = None

    def __call__(self, found: Sequence[Difference], after: int, _until: int) -> Iterator[Walked]:
        self.begun.append((tuple(each.subject for each in found), after))
        amiss = list(found)
        for page in range(max(after, -1) + 1, PAGES):
            if page == self.killed_on:
                self._wait_until_kept(page - 1)
                raise Killed
            amiss.append(Difference(kind="amiss", subject=f"page {page}", detail="wrong"))
            yield Walked(log_index=page, found=tuple(amiss))

    def _wait_until_kept(self, page: int) -> None:
        def kept() -> bool:
            reached = WorkItem.objects.get(kind="audit_toy").reached
            return reached is not None and reached["walked"]["log_index"] == page

        wait_for(kept)


@pytest.fixture(autouse=True)
def walking(monkeypatch: pytest.MonkeyPatch) -> Walking:
    """Replace all audits by a long one of the test's own."""
    monkeypatch.setattr(scheduled, "_audits", {})
    monkeypatch.setattr(work, "_surveys", {})
    monkeypatch.setattr(work, "_long", set())
    monkeypatch.setattr(heartbeat, "BEATS_A_LEASE", BEATS)
    walking = Walking()
    toy = Audit(name="toy", every=HOUR, look=lambda _now: (), walk=walking, is_long=True)
    scheduled.add_audit(toy)
    return walking


def scheduled_item() -> UUID:
    scheduled.schedule(datetime(2026, 1, 1, tzinfo=UTC))
    return WorkItem.objects.get(kind="audit_toy").id


def findings() -> set[str]:
    return set(FindingRow.objects.values_list("subject", flat=True))


def everything() -> set[str]:
    return {f"page {page}" for page in range(PAGES)}


def test_nothing_waits_for_a_long_audit_and_it_waits_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    effects = Effects()
    monkeypatch.setattr(work, "_handlers", {"test_work": effects})
    audit, other = scheduled_item(), new_item()
    assert work.claim(audit) is None
    assert work.run_due() == 1
    assert effects.ran == [other]
    later = new_item()
    assert work.claim(later, long=True) is None
    assert work.run_due(long=True) == 1
    assert (row(audit).status, row(later).status) == ("done", "ready")


def test_it_raises_what_it_found_and_its_item_says_how_far_it_was() -> None:
    item = scheduled_item()
    assert work.run_due(long=True) == 1
    assert findings() == everything()
    assert row(item).status == "done"


def test_killed_it_goes_on_where_it_was_and_finds_the_same(walking: Walking) -> None:
    item, walking.killed_on = scheduled_item(), 2
    with pytest.raises(Killed):
        work.run_due(long=True)
    assert (row(item).status, findings()) == ("leased", set())
    assert work.run_due(long=True) == 0
    change(item, lease_until=row(item).created_at + OVER)
    walking.killed_on = None
    assert work.run_due(long=True) == 1
    assert walking.begun == [((), FROM_THE_START), (("page 0", "page 1"), 1)]
    assert (findings(), row(item).attempts) == (everything(), 2)


def test_with_other_code_it_begins_anew(walking: Walking, monkeypatch: pytest.MonkeyPatch) -> None:
    item, walking.killed_on = scheduled_item(), 2
    with pytest.raises(Killed):
        work.run_due(long=True)
    change(item, lease_until=row(item).created_at + OVER)
    walking.killed_on = None
    monkeypatch.setattr(scheduled, "package_sha256", lambda: "0" * 64)
    assert work.run_due(long=True) == 1
    assert walking.begun == [((), FROM_THE_START)] * 2
    assert findings() == everything()


def test_what_it_found_before_and_is_gone_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduled_item()
    work.run_due(long=True)
    monkeypatch.setattr("tests.audits.findings.test_long_audits.PAGES", PAGES - 1)
    scheduled.schedule(datetime(2026, 1, 2, tzinfo=UTC))
    assert work.run_due(long=True) == 1
    gone = FindingRow.objects.get(id=finding_id("toy", "amiss", "page 3"))
    assert gone.status == "cleared"


def test_after_so_many_findings_it_stops(walking: Walking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled, "FOUND_AT_MOST", 2)
    scheduled_item()
    walking.killed_on = 3
    assert work.run_due(long=True) == 1
    assert findings() == {"page 0", "page 1"}


def test_work_is_late_where_no_long_audit_is_in_anybodys_hands() -> None:
    first, second = scheduled_item(), new_item(kind="audit_toy")
    for item in (first, second):
        change(item, due_at=row(item).created_at - HOUR)
    assert work.oldest_due_seconds() >= HOUR.total_seconds()
    leased = work.claim(long=True)
    assert leased is not None
    assert work.oldest_due_seconds() == 0
    change(leased.id, lease_until=row(leased.id).created_at + OVER)
    assert work.oldest_due_seconds() >= HOUR.total_seconds()
    other = new_item()
    change(leased.id, lease_until=row(other).created_at + HOUR)
    assert 0 < work.oldest_due_seconds() < HOUR.total_seconds()
    assert claimed(other).id == other


def test_which_audits_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    long = {audit.name for audit in scheduled.audits().values() if audit.is_long}
    assert long == {"verify", "recompute", "serial_gaps"}
    assert {audit.name for audit in scheduled.audits().values() if audit.walk} == {"recompute"}
    assert not {audit.name for audit in scheduled.audits().values() if audit.halts} & long
