"""Runs of audits are events: one a slot, committed with `done`; either without the other is told."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits import context, reading, runs, store, verification, work
from audits.codec import fingerprint_of
from audits.differences import Difference, Look, Silence
from audits.events import AuditRan
from audits.findings import reports, scheduled
from audits.findings.scheduled import Audit
from audits.models import EventRow, WorkItem
from audits.past.moments import last_index
from audits.runs import RUNS, slot_at, slot_begins, slot_id
from audits.sequencing import Sequencer
from audits.verification.authority import authority_check
from audits.verification.journal import streams_check
from tests.audits.findings.looking import Looking
from tests.audits.histories import context_of, full_jar
from tests.audits.items import OVER, change, claimed, new_item
from tests.support.people import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]
HOUR: Final = timedelta(hours=1)
SLOT: Final = datetime(2026, 3, 1, 7, tzinfo=UTC)


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    """Replace all audits by one of the test's own."""
    monkeypatch.setattr(scheduled, "_audits", {})
    monkeypatch.setattr(work, "_surveys", {})
    looking = Looking()
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=looking))
    return looking


def run_in(slot: datetime) -> None:
    scheduled.schedule(slot + timedelta(minutes=59))
    assert work.run_due() == 1


def run_of(slot: datetime) -> AuditRan:
    [event] = reading.load(RUNS, slot_id("toy", slot)).recorded
    assert isinstance(event.data, AuditRan)
    return event.data


def told() -> list[str]:
    """Name what `verify` says of runs."""
    return [each.kind for each in runs.runs_check(Look(name="audit_runs", progress=Silence()))]


def test_a_run_is_an_event_that_says_what_it_judged(looking: Looking) -> None:
    full_jar(100)
    Sequencer().run_until_empty()
    looking.finds("a jar", "another jar")
    before, last = context.database_now(), last_index()
    run_in(SLOT)
    ran = run_of(SLOT)
    assert before <= ran.looked_at <= context.database_now()
    assert ran == AuditRan(
        audit="toy",
        slot_from=SLOT,
        slot_until=SLOT + HOUR,
        looked_at=ran.looked_at,
        log_index=last,
        found=2,
        saw_all=True,
    )
    row = EventRow.objects.get(type="audit_ran")
    assert row.person_id == context.system_actor("audit_toy").person_id
    item = WorkItem.objects.get(kind="audit_toy")
    assert (item.subject_id, item.status) == (row.stream_id, "done")


def test_a_run_that_finds_nothing_is_a_fact_and_what_was_found_before_counts(
    looking: Looking,
) -> None:
    run_in(SLOT)
    looking.finds("a jar")
    run_in(SLOT + HOUR)
    run_in(SLOT + 2 * HOUR)
    found = [run_of(SLOT + n * HOUR).found for n in range(3)]
    assert found == [0, 1, 1]
    assert EventRow.objects.filter(type="finding_raised").count() == 1


def test_a_run_that_did_not_see_all_says_so(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "FOUND_AT_MOST", 2)
    looking.finds("1", "2", "3")
    run_in(SLOT)
    assert (run_of(SLOT).found, run_of(SLOT).saw_all) == (2, False)
    looking.finds("1")
    run_in(SLOT + HOUR)
    assert run_of(SLOT + HOUR).saw_all


def test_the_event_commits_with_done_or_not_at_all(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that lost its lease while it looked leaves no run behind; who took it over does."""
    others: list[work.Leased] = []
    real = runs.record

    def taken_over(ran: AuditRan) -> bool:
        recorded = real(ran)
        change(item, lease_until=context.database_now() + OVER)
        others.append(claimed(item))
        return recorded

    scheduled.schedule(SLOT)
    [item] = WorkItem.objects.filter(kind="audit_toy").values_list("id", flat=True)
    leased = claimed(item)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "record", taken_over)
        assert not work.run(leased)
    assert len(others) == 1
    assert not EventRow.objects.filter(type="audit_ran").exists()
    looking.finds("a jar")
    change(item, lease_until=context.database_now() + OVER)
    assert work.run(claimed(item))
    assert run_of(SLOT).found == 1


def test_a_slot_has_one_run_however_often_it_is_worked_on(looking: Looking) -> None:
    run_in(SLOT)
    first = run_of(SLOT)
    [item] = WorkItem.objects.filter(kind="audit_toy").values_list("id", flat=True)
    looking.finds("a jar")
    change(item, status="ready", due_at=context.database_now())
    assert work.run_due() == 1
    assert run_of(SLOT) == first
    assert not runs.record(first)


@pytest.mark.usefixtures("looking")
def test_a_second_run_of_a_slot_does_not_fold() -> None:
    run_in(SLOT)
    forged = replace(run_of(SLOT), found=0)
    forge(forged, version=2)
    look = Look(name="streams", progress=Silence())
    assert [each.kind for each in streams_check(look)] == ["stream_does_not_fold"]


def forge(ran: AuditRan, *, version: int = 1) -> UUID:
    """Append a run as whoever may write to the database can."""
    slot = slot_id(ran.audit, ran.slot_from)
    draft = store.Draft(RUNS.aggregate, slot, version, ran)
    cause = store.Cause("AuditRan", fingerprint_of("AuditRan", slot))
    sent = replace(context_of(SYSTEM), command_id=context.new_id(), now=context.database_now())
    [receipt] = store.append(store.seal([draft], sent, cause))
    return receipt.event_id


def test_each_slot_has_a_name_that_says_when_it_begins() -> None:
    assert slot_at(SLOT, HOUR) == SLOT == slot_at(SLOT + HOUR - timedelta.resolution, HOUR)
    assert slot_at(SLOT + HOUR, HOUR) == SLOT + HOUR
    names = {slot_id(audit, SLOT + n * HOUR) for audit in ("cap", "verify") for n in (0, 1)}
    assert len(names) == 4
    assert slot_begins("cap", slot_id("cap", SLOT)) == SLOT
    assert slot_begins("cap", slot_id("cap", runs.EPOCH)) == runs.EPOCH
    assert slot_begins("cap", slot_id("verify", SLOT)) is None
    highest = UUID(int=slot_id("cap", runs.EPOCH).int + (1 << 48))
    assert slot_begins("cap", highest) is None


def test_an_item_of_an_earlier_version_ends_without_a_run(looking: Looking) -> None:
    new_item(kind="audit_toy")
    looking.finds("a jar")
    assert work.run_due() == 1
    assert WorkItem.objects.get(kind="audit_toy").status == "done"
    assert not EventRow.objects.filter(type="audit_ran").exists()
    assert told() == []


@pytest.mark.usefixtures("looking")
def test_work_that_is_done_and_runs_on_the_record_are_compared() -> None:
    run_in(SLOT)
    assert told() == []
    assert list(authority_check(Look(name="authority", progress=Silence()))) == []
    scheduled.schedule(SLOT + HOUR)
    assert told() == []  # what waits has not run
    [item] = WorkItem.objects.filter(status="ready").values_list("id", flat=True)
    change(item, status="done")  # an administrator spares the audit its run
    [difference] = runs.runs_check(Look(name="audit_runs", progress=Silence()))
    assert difference == Difference(
        kind="audit_run_unrecorded",
        subject=f"work item {item}",
        detail="audit_toy of the slot from 2026-03-01T08:00:00+00:00 is done, and no event says so",
    )
    change(item, status="dead")
    assert told() == []


@pytest.mark.usefixtures("looking")
def test_a_run_that_somebody_invented_has_no_work_item() -> None:
    run_in(SLOT)
    later = {"slot_from": SLOT + HOUR, "slot_until": SLOT + 2 * HOUR}
    invented = forge(replace(run_of(SLOT), **later))
    [difference] = runs.runs_check(Look(name="audit_runs", progress=Silence()))
    assert (difference.kind, difference.subject) == (
        *("audit_run_without_work", f"event {invented}"),
    )
    scheduled.schedule(SLOT + HOUR)
    assert told() == ["audit_run_without_work"]  # waiting is not done


def test_verify_asks_for_runs() -> None:
    assert "audit_runs" in verification.checks()


# -- The report ----------------------------------------------------------------------------


def report_of_now() -> reports.QuarterReport:
    Sequencer().run_until_empty()
    now = context.database_now()
    return reports.report(reports.quarter_of(now), now)


@pytest.mark.usefixtures("looking")
def test_the_report_counts_runs_of_events_and_not_of_rows() -> None:
    for n in range(3):
        run_in(SLOT + n * HOUR)
    [line] = report_of_now().runs
    assert (line.audit, line.runs, line.incomplete, line.given_up) == ("toy", 3, 0, 0)
    times = EventRow.objects.filter(type="audit_ran").order_by("recorded_at")
    moments = [row.recorded_at for row in times]
    assert (line.first_at, line.last_at) == (moments[0], moments[-1])
    WorkItem.objects.all().delete()
    assert report_of_now().runs == (line,)


def test_the_report_names_runs_that_saw_not_all_and_audits_that_were_given_up(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "FOUND_AT_MOST", 1)
    run_in(SLOT)
    looking.finds("a jar")
    run_in(SLOT + HOUR)
    bury("audit_toy")
    bury("audit_other")
    bury("another_audit_toy")
    other, toy = report_of_now().runs
    assert (toy.audit, toy.runs, toy.incomplete, toy.given_up) == ("toy", 2, 1, 1)
    assert (other.audit, other.runs, other.given_up) == ("other", 0, 1)
    assert (other.first_at, other.last_at, other.longest_pause_minutes) == (None, None, 0)


def bury(kind: str) -> None:
    """Let work of a kind fail once too often."""
    item = new_item(kind=kind)
    change(item, attempts=work.MAX_ATTEMPTS)
    assert not work.run(claimed(item))
    assert EventRow.objects.filter(type="work_item_died").exists()


def test_the_report_says_how_long_no_run_ended() -> None:
    def ended(*minutes: int) -> list[Any]:
        ran = AuditRan(
            audit="toy",
            slot_from=SLOT,
            slot_until=SLOT + HOUR,
            looked_at=SLOT,
            log_index=0,
            found=0,
            saw_all=True,
        )
        sent, cause = context_of(SYSTEM), store.Cause("AuditRan", "0" * 64)
        draft = store.Draft(RUNS.aggregate, slot_id("toy", SLOT), 1, ran)
        at = (SLOT + timedelta(minutes=minute) for minute in minutes)
        return [store.seal([draft], replace(sent, now=moment), cause)[0] for moment in at]

    assert reports.runs_of("toy", ended(0, 10, 75, 90), 0).longest_pause_minutes == 65
    assert reports.runs_of("toy", ended(90, 0), 0).longest_pause_minutes == 90
    assert reports.runs_of("toy", ended(7), 0).longest_pause_minutes == 0
