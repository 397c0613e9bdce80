"""Scheduled audits: what is found is a finding, once; what is gone is cleared."""

from collections.abc import Callable
from uuid import UUID

import pytest

from audits import context, reading, tasks
from audits.domain.finding.commands import AcceptFinding, AnswerFinding, AssignFinding, CloseFinding
from audits.domain.halt.commands import ConfirmLift, ProposeLift
from audits.findings import finding_id, scheduled
from audits.kernel import Halted, Refused
from audits.models import EventRow, FindingRow, WorkItem
from audits.sequencing import Sequencer
from tests.audits.findings.looking import Looking, do, names, run_audit, state_of
from tests.audits.findings.test_halts import MONEY
from tests.audits.histories import full_jar
from tests.support.client import person_of
from tests.support.people import AUDITOR, EXPORTER, OFFICER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


def test_every_audit_has_one_item_a_slot() -> None:
    now = context.database_now()
    count = scheduled.schedule(now)
    assert count == len(scheduled.audits()) >= 1
    before = WorkItem.objects.count()
    assert scheduled.schedule(now) == count
    assert WorkItem.objects.count() == before


def test_beat_schedules_the_audits() -> None:
    assert tasks.schedule_audits("whatever", else_="too") == len(scheduled.audits())
    kinds = set(WorkItem.objects.values_list("kind", flat=True))
    assert kinds == {audit.kind for audit in scheduled.audits().values()}


def test_what_is_found_is_a_finding_with_the_events_that_it_names(looking: Looking) -> None:
    jar = full_jar(100)
    second = EventRow.objects.get(stream_id=jar, version=2).event_id
    looking.finds(f"jar {jar}", f"event {second}")
    run_audit()
    for subject in (f"jar {jar}", f"event {second}"):
        matter = state_of(subject).matter
        assert (matter.audit, matter.kind, matter.detail) == (
            *("toy", "amiss", "expected 1, found 2"),
        )
        assert matter.evidence == (second,)  # a stream is shown by its last event
    row = FindingRow.objects.get(id=finding_id("toy", "amiss", f"jar {jar}"))
    assert (row.status, row.halts, row.assignee_id) == ("raised", "money", None)


def test_what_names_no_event_is_shown_by_the_log_up_to_its_end(looking: Looking) -> None:
    jar = full_jar(100)
    Sequencer().run_until_empty()
    looking.finds("a number that is in no event")
    run_audit()
    last = EventRow.objects.get(stream_id=jar, version=2).event_id
    assert state_of("a number that is in no event").matter.evidence == (last,)
    run_audit()
    assert names("a number that is in no event") == ["finding_raised"]


def test_the_same_is_not_raised_twice_and_cleared_when_it_is_gone(looking: Looking) -> None:
    looking.finds("a jar", "another jar")
    run_audit()
    run_audit()
    assert names("a jar") == ["finding_raised"]
    looking.finds("another jar")
    run_audit()
    assert names("a jar") == ["finding_raised", "finding_cleared"]
    assert names("another jar") == ["finding_raised"]
    looking.finds("a jar", "another jar")
    run_audit()
    assert names("a jar")[2:] == ["finding_raised"]


def test_a_finding_goes_from_raised_to_closed(looking: Looking) -> None:
    looking.finds("a jar")
    run_audit()
    target = finding_id("toy", "amiss", "a jar")
    unknown = AssignFinding(assignee_id=EXPORTER.person_id)
    person_of(EXPORTER)
    with pytest.raises(Refused, match="Only officers and auditors"):
        do(unknown, target, OFFICER)
    do_assign = AssignFinding(assignee_id=AUDITOR.person_id)
    person_of(AUDITOR)
    do(do_assign, target, OFFICER)
    do(AnswerFinding(answer="A test"), target, AUDITOR)
    with pytest.raises(Refused) as caught:
        do(CloseFinding(reason="Fine"), target, AUDITOR)
    assert caught.value.code == "four_eyes"
    do(CloseFinding(reason="Fine"), target, OFFICER)
    looking.finds()
    run_audit()
    assert names("a jar")[-2:] == ["finding_closed", "finding_cleared"]


def looked_into(target: UUID) -> None:
    """Have somebody answer a finding."""
    person_of(AUDITOR)
    do(AssignFinding(assignee_id=AUDITOR.person_id), target, OFFICER)
    do(AnswerFinding(answer="A test"), target, AUDITOR)


def test_what_was_closed_and_is_still_there_is_raised_again_by_the_next_run(
    looking: Looking, guarded: Callable[[], reading.Receipt]
) -> None:
    looking.finds("a jar")
    run_audit()
    target = finding_id("toy", "amiss", "a jar")
    looked_into(target)
    do(CloseFinding(reason="Put right, they say"), target, OFFICER)
    do(ProposeLift(reason="Put right"), MONEY, OFFICER)
    do(ConfirmLift(reason="Put right"), MONEY, AUDITOR)
    guarded()
    run_audit()
    assert names("a jar")[-2:] == ["finding_closed", "finding_raised"]
    with pytest.raises(Halted):
        guarded()
    run_audit()
    assert names("a jar")[-2:] == ["finding_closed", "finding_raised"]  # and told once


def test_what_was_accepted_is_raised_again_only_in_other_words(looking: Looking) -> None:
    looking.finds("a jar", "another jar")
    run_audit()
    target = finding_id("toy", "amiss", "a jar")
    looked_into(target)
    do(AcceptFinding(reason="It cannot be undone"), target, OFFICER)
    run_audit()
    assert names("a jar")[-1] == "finding_accepted"
    looking.finds("a jar", "another jar", detail="expected 1, found 3")
    run_audit()
    assert names("a jar")[-2:] == ["finding_accepted", "finding_raised"]
    looked_into(target)
    do(AcceptFinding(reason="Nor can this"), target, OFFICER)
    looking.finds("another jar", detail="expected 1, found 3")
    run_audit()
    assert names("a jar")[-2:] == ["finding_accepted", "finding_cleared"]


def test_text_that_no_event_holds_is_put_into_words(looking: Looking) -> None:
    looking.finds("a \x00jar\ud800" + "x" * 400)
    run_audit()
    [row] = FindingRow.objects.all()
    assert row.subject.startswith("a \ufffdjar?x")
    assert len(row.subject) == 300


def test_a_run_that_finds_too_much_clears_nothing(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "FOUND_AT_MOST", 2)
    looking.finds("gone")
    run_audit()
    looking.finds("1", "2", "3")
    run_audit()
    assert names("gone") == ["finding_raised"]
    assert names("3") == []
    looking.finds("1")
    run_audit()
    assert names("gone") == ["finding_raised", "finding_cleared"]
