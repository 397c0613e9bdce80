"""Findings about money halt it until two persons lift that; whoever meets a halt waits."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import pytest

from audits import context, execution, reading, work
from audits.domain import halt
from audits.domain.halt.commands import ConfirmLift, HaltKind, ProposeLift, SetHalt
from audits.halting import HALTS
from audits.kernel import Halted, Refused
from audits.models import EventRow, WorkItem
from tests.audits.api.toy import DECIDER, FillJar
from tests.audits.findings.looking import HOUR, Looking, do, run_audit, state_of
from tests.audits.histories import context_of, full_jar
from tests.support.people import AUDITOR, OFFICER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]
MONEY: Final = HALTS[HaltKind.MONEY]


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
