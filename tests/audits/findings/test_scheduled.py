"""Scheduled audits: what is found is a finding, once; what is gone is cleared; money stops."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from audits import context, execution, reading, tasks, verification, work
from audits.differences import Difference, Look
from audits.domain import finding, halt
from audits.domain.finding.commands import (
    AcceptFinding,
    AnswerFinding,
    AssignFinding,
    CloseFinding,
)
from audits.domain.halt.commands import ConfirmLift, HaltKind, ProposeLift, SetHalt
from audits.execution import house
from audits.findings import finding_id, scheduled
from audits.findings.scheduled import Audit
from audits.halting import HALTS
from audits.kernel import Command, Halted, Refused
from audits.models import EventRow, FindingRow, WorkItem
from audits.sequencing import Sequencer
from tests.audits.api.toy import DECIDER, FillJar, JarFilled
from tests.audits.histories import context_of, full_jar
from tests.support.client import person_of
from tests.support.people import AUDITOR, EXPORTER, OFFICER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]
HOUR: Final = timedelta(hours=1)
MONEY: Final = HALTS[HaltKind.MONEY]


class Looking:
    """An audit that finds what a test says."""

    def __init__(self) -> None:
        self.found: list[Difference] = []

    def __call__(self, _now: datetime) -> list[Difference]:
        return self.found

    def finds(self, *subjects: str, detail: str = "expected 1, found 2") -> None:
        """Find these things from now on, and no others."""
        self.found = [
            Difference(kind="amiss", subject=subject, detail=detail) for subject in subjects
        ]


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    """Replace all audits by one of the test's own, which halts money."""
    monkeypatch.setattr(scheduled, "_audits", {})
    monkeypatch.setattr(work, "_surveys", {})
    looking = Looking()
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=looking, halts=HaltKind.MONEY))
    return looking


def run_audit() -> None:
    """Run the audit in a slot of time of its own."""
    run_audit.slot = getattr(run_audit, "slot", 0) + 1  # type: ignore[attr-defined]
    scheduled.schedule(datetime(2026, 1, 1, tzinfo=UTC) + run_audit.slot * HOUR)  # type: ignore[attr-defined]
    assert work.run_due() == 1


def state_of(subject: str) -> Any:
    return reading.load(finding.DECIDER, finding_id("toy", "amiss", subject)).state


def names(subject: str) -> list[str]:
    loaded = reading.load(finding.DECIDER, finding_id("toy", "amiss", subject))
    return [item.type for item in loaded.recorded]


def do(command: Command, target: UUID, actor: Any) -> reading.Receipt:
    person_of(actor)
    return execution.execute(command, target, context_of(actor))


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


# -- Checks of `verify` --------------------------------------------------------------------


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Difference | Exception]]:
    """Replace all audits by one of two checks, which find what a test says."""
    found: dict[str, list[Difference | Exception]] = {"one": [], "other": []}

    def check_of(name: str) -> Callable[[Look], Iterator[Difference]]:
        def check(_look: Look) -> Iterator[Difference]:
            for each in found[name]:
                if isinstance(each, Exception):
                    raise each
                yield each

        return check

    monkeypatch.setattr(verification, "_added", {name: check_of(name) for name in found})
    for name, empty in (("_audits", {}), ("_elsewhere", set())):
        monkeypatch.setattr(scheduled, name, empty)
    monkeypatch.setattr(work, "_surveys", {})
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=scheduled.verified("one", "other")))
    return found


def amiss(subject: str, kind: str = "amiss") -> Difference:
    return Difference(kind=kind, subject=subject, detail="expected 1, found 2")


def test_what_one_check_finds_for_ever_hides_nothing_of_another(
    two: dict[str, list[Difference | Exception]],
) -> None:
    two["other"] = [amiss("a jar")]
    run_audit()
    two["one"] = [amiss("a lid", "cracked"), amiss("a lid"), amiss("another lid")]
    two["other"] = [amiss("a jar"), amiss("another jar")]
    run_audit()
    for subject in ("a jar", "another jar", "a lid", "another lid"):
        assert names(subject) == ["finding_raised"]
    assert FindingRow.objects.filter(kind="cracked").count() == 1


def test_where_there_is_too_much_each_check_has_its_share(
    two: dict[str, list[Difference | Exception]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "FOUND_AT_MOST", 3)
    two["one"] = [amiss(f"lid {number}") for number in range(10)]
    two["other"] = [amiss("a jar")]
    run_audit()
    assert names("a jar") == names("lid 0") == names("lid 1") == ["finding_raised"]
    assert FindingRow.objects.count() == 3


def test_a_check_that_an_unsound_journal_breaks_off_is_told_and_clears_nothing(
    two: dict[str, list[Difference | Exception]],
) -> None:
    two["other"] = [amiss("a jar")]
    run_audit()
    two["one"], two["other"] = [amiss("a lid")], [ValueError("not to be read")]
    run_audit()
    assert names("a jar") == names("a lid") == ["finding_raised"]
    assert FindingRow.objects.filter(kind=verification.BROKEN_OFF, subject="check other").exists()


def test_a_check_that_fails_in_a_sound_journal_is_tried_again(
    two: dict[str, list[Difference | Exception]],
) -> None:
    two["other"] = [ValueError("a fault of ours")]
    run_audit()
    assert not FindingRow.objects.exists()
    [item] = WorkItem.objects.all()
    assert (item.status, item.attempts) == ("ready", 1)


# -- Halts ---------------------------------------------------------------------------------


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], reading.Receipt]:
    """Let what goes into a jar be money that a halt stops."""
    monkeypatch.setattr(house, "halts", house.halts | {JarFilled: HaltKind.MONEY})
    jar = full_jar(100)
    return lambda: execution.execute(FillJar(amount_cents=1), jar, context_of())


def test_a_difference_in_money_halts_money_until_two_persons_lift_it(
    looking: Looking, guarded: Callable[[], reading.Receipt]
) -> None:
    guarded()
    looking.finds("a jar")
    run_audit()
    with pytest.raises(Refused) as caught:
        guarded()
    assert (caught.value.code, caught.value.extra["halted"]) == ("halted", "money")

    do(ProposeLift(reason="Explained"), MONEY, OFFICER)
    with pytest.raises(Refused) as caught:
        do(ConfirmLift(reason="Explained"), MONEY, OFFICER)
    assert caught.value.code == "four_eyes"
    with pytest.raises(Refused):
        guarded()
    do(ConfirmLift(reason="Explained"), MONEY, AUDITOR)
    guarded()
    events = [item.type for item in reading.load(halt.DECIDER, MONEY).recorded]
    assert events == ["halt_set", "halt_lift_proposed", "halt_lifted"]


def test_a_halt_that_two_persons_lifted_is_not_set_again_for_the_same_finding(
    looking: Looking, guarded: Callable[[], reading.Receipt]
) -> None:
    looking.finds("a jar")
    run_audit()
    do(ProposeLift(reason="Explained"), MONEY, OFFICER)
    do(ConfirmLift(reason="Explained"), MONEY, AUDITOR)
    run_audit()
    guarded()
    looking.finds("a jar", "another jar")
    run_audit()
    with pytest.raises(Halted):
        guarded()


def test_what_gets_worse_behind_a_halt_that_was_lifted_halts_again(
    looking: Looking, guarded: Callable[[], reading.Receipt]
) -> None:
    looking.finds("a jar", detail="off by +1")
    run_audit()
    do(ProposeLift(reason="Explained"), MONEY, OFFICER)
    do(ConfirmLift(reason="Explained"), MONEY, AUDITOR)
    guarded()
    looking.finds("a jar", detail="off by +100000")
    run_audit()
    assert state_of("a jar").matter.detail == "off by +100000"
    with pytest.raises(Halted):
        guarded()


def test_a_person_halts_and_a_process_waits(guarded: Callable[[], reading.Receipt]) -> None:
    jar = full_jar(5)
    [item] = work.enqueue([work.NewWork(kind="toy_fill", subject_id=jar, event_id=event_of(jar))])
    work.register(
        "toy_fill",
        lambda leased: reading_and_filling(leased.subject_id),
    )
    do(SetHalt(kind=HaltKind.MONEY, reason="A doubt"), MONEY, AUDITOR)
    leased = work.claim(item)
    assert leased is not None
    assert work.run(leased) is False
    row = WorkItem.objects.get(id=item)
    assert (row.status, row.attempts) == ("ready", 0)  # waiting is no failed attempt
    assert row.last_error.startswith("halted: ")
    assert row.due_at > context.database_now()
    do(ProposeLift(reason="None left"), MONEY, OFFICER)
    do(ConfirmLift(reason="None left"), MONEY, AUDITOR)
    leased = claimed_later(item)
    assert work.run(leased) is True
    assert reading.load(DECIDER, jar).state.held_cents == 6  # type: ignore[union-attr]
    guarded()


def event_of(jar: UUID) -> UUID:
    return EventRow.objects.get(stream_id=jar, version=1).event_id


def reading_and_filling(jar: UUID) -> None:
    execution.execute(FillJar(amount_cents=1), jar, context_of())


def claimed_later(item: UUID) -> work.Leased:
    WorkItem.objects.filter(id=item).update(due_at=context.database_now() - HOUR)
    leased = work.claim(item)
    assert leased is not None
    return leased
