"""From command to receipt: once, whoever repeats it; refusals are records; all or nothing."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection

from audits import context, execution, reading, work
from audits.codec import Recorded, body_of, fingerprint, leaf_hash, registry
from audits.events import BODY_BYTES_AT_MOST, CommandRefused, RefusedCommandKept
from audits.execution import CommandIdReused, Desk, NotFound, Procedure, Subscription, house
from audits.execution import refusals as recording
from audits.kernel import (
    Actor,
    Command,
    Facts,
    NotPermitted,
    Refused,
    Role,
    WrongExpectedVersion,
)
from audits.models import EventRow, WorkItem
from tests.audits.api.toy import (
    DECIDER,
    FillJar,
    JarFilled,
    Open,
    OpenJar,
    SmashJar,
)
from tests.audits.histories import context_of, do, full_jar, smashed_jar
from tests.support.database import in_threads
from tests.support.people import AUDITOR, BANK, EXPORTER, INTRUDER, NOON, SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]

FILL = FillJar(amount_cents=100)
TOO_MUCH = FillJar(amount_cents=1_001)


def held_cents(jar: UUID) -> int:
    state = reading.load(DECIDER, jar).state
    assert isinstance(state, Open)
    return state.held_cents


def refusals() -> int:
    return EventRow.objects.filter(type="command_refused").count()


def run(
    command: Command, jar: UUID, *, actor: Actor = EXPORTER, command_id: UUID | None = None
) -> reading.Receipt:
    return execution.execute(command, jar, context_of(actor, command_id=command_id))


def carry_out(monkeypatch: pytest.MonkeyPatch, procedure: Procedure) -> None:
    """Let jars be filled by another procedure."""
    filling: dict[type[Command], Procedure] = {FillJar: procedure}
    monkeypatch.setattr(house, "procedures", house.procedures | filling)


# -- Acceptance ----------------------------------------------------------------------------


def test_the_receipt_proves_what_was_recorded() -> None:
    jar = full_jar(100)
    command = context.new_id()
    receipt = do(FILL, jar, command_id=command)
    event = reading.load(DECIDER, jar).recorded[-1]
    assert receipt == reading.Receipt(
        command_id=command,
        stream_id=jar,
        version=3,
        events=(
            reading.EventReceipt(
                event_id=event.event_id,
                stream_id=jar,
                type="jar_filled",
                version=3,
                leaf_hash=leaf_hash(registry.encode(event)).hex(),
                recorded_at=event.recorded_at,
            ),
        ),
    )
    assert event.command.name == "FillJar"
    assert (event.actor, event.data) == (EXPORTER, JarFilled(amount_cents=100))


def test_the_time_is_the_databases_whatever_the_caller_says() -> None:
    before = context.database_now()
    jar = full_jar()
    recorded_at = reading.load(DECIDER, jar).recorded[0].recorded_at
    assert before <= recorded_at <= context.database_now()
    assert recorded_at != NOON


def test_a_stream_keeps_to_the_deal_that_began_it() -> None:
    deal = context.new_id()
    jar = context.new_id()
    opening = msgspec.structs.replace(context_of(), correlation_id=deal)
    execution.execute(OpenJar(label="rent"), jar, opening)
    do(FILL, jar)
    other = full_jar()
    assert [each.correlation_id for each in reading.load(DECIDER, jar).recorded] == [deal, deal]
    assert reading.load(DECIDER, other).recorded[0].correlation_id == other


def test_what_took_effect_before_changes_nothing() -> None:
    jar = smashed_jar()
    assert do(SmashJar(), jar).events == ()
    assert reading.load(DECIDER, jar).version == 3


# -- Repeats -------------------------------------------------------------------------------


def test_a_repeat_gets_the_identical_receipt_whatever_happened_since() -> None:
    jar = full_jar()
    command = context.new_id()
    first = do(FILL, jar, command_id=command)
    do(SmashJar(), jar)
    assert do(FILL, jar, command_id=command) == first
    assert reading.load(DECIDER, jar).version == 3


@pytest.mark.parametrize(
    ("command", "same_jar"),
    [(FillJar(amount_cents=101), True), (FillJar(amount_cents=100, note=""), True), (FILL, False)],
    ids=["other amount", "other note", "other target"],
)
def test_the_same_id_for_something_else_is_refused(command: Command, *, same_jar: bool) -> None:
    jar, other = full_jar(), full_jar()
    command_id = context.new_id()
    do(FILL, jar, command_id=command_id)
    with pytest.raises(CommandIdReused):
        do(command, jar if same_jar else other, command_id=command_id)
    assert (held_cents(jar), held_cents(other)) == (100, 0)
    assert refusals() == 0


def test_the_id_of_a_refused_command_cannot_be_used_for_something_else() -> None:
    jar = full_jar()
    command_id = context.new_id()
    with pytest.raises(Refused):
        do(TOO_MUCH, jar, command_id=command_id)
    with pytest.raises(CommandIdReused):
        do(FILL, jar, command_id=command_id)
    assert held_cents(jar) == 0


# -- Refusals ------------------------------------------------------------------------------


def refusal_of(command: Command, jar: UUID, **more: Any) -> dict[str, Any]:
    with pytest.raises((Refused, NotPermitted)) as raised:
        run(command, jar, **more)
    return {"kind": type(raised.value)} | vars(raised.value)


def test_a_refusal_is_recorded_once_and_told_again_in_the_same_words() -> None:
    jar = full_jar()
    command_id = context.new_id()
    first = refusal_of(TOO_MUCH, jar, command_id=command_id)
    assert first == {
        "kind": Refused,
        "code": "jar_overflows",
        "detail": "Too much at once",
        "citation": None,
        "extra": {"room": 1_000},
    }
    do(SmashJar(), jar)  # now the rules would refuse it for another reason
    assert refusal_of(TOO_MUCH, jar, command_id=command_id) == first
    assert refusals() == 1
    [recorded] = reading.load(execution.REFUSALS, command_id).recorded
    assert recorded.actor == EXPORTER
    assert recorded.command.name == "FillJar"
    assert recorded.data == CommandRefused(
        target_id=jar,
        status=409,
        code="jar_overflows",
        detail="Too much at once",
        extra_json='{"room": 1000}',
    )


def test_a_citation_is_recorded_with_its_refusal() -> None:
    jar = smashed_jar()
    command_id = context.new_id()
    for _ in range(2):
        assert refusal_of(FILL, jar, command_id=command_id)["citation"] == "Toy 1.2"
    assert refusals() == 1


def test_a_lack_of_permission_is_recorded_and_told_again() -> None:
    jar = full_jar()
    command_id = context.new_id()
    first = refusal_of(FILL, jar, actor=AUDITOR, command_id=command_id)
    assert (first["kind"], first["code"]) == (NotPermitted, "role_not_permitted")
    assert refusal_of(FILL, jar, actor=AUDITOR, command_id=command_id) == first
    [recorded] = reading.load(execution.REFUSALS, command_id).recorded
    assert (recorded.data.status, recorded.actor) == (403, AUDITOR)
    assert held_cents(jar) == 0


def test_a_refused_process_leaves_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    procedure = Procedure(decider=DECIDER, roles=frozenset({Role.SYSTEM}))
    carry_out(monkeypatch, procedure)
    jar = full_jar()
    assert refusal_of(TOO_MUCH, jar, actor=SYSTEM)["code"] == "jar_overflows"
    assert refusals() == 0


def test_a_bug_is_no_refusal() -> None:
    jar = full_jar()
    with pytest.raises(ZeroDivisionError):
        do(FillJar(amount_cents=1, note="bug"), jar)
    assert refusals() == 0


@pytest.mark.django_db(transaction=True)
def test_a_repeat_that_was_answered_in_between_is_answered_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jar = full_jar()
    lose_races(monkeypatch)
    command_id = context.new_id()
    remember = recording.remember
    between: list[reading.Receipt] = []

    def repeat_first(*arguments: Any) -> bool:
        """Let a repeat run, and win its race, before the refusal is recorded."""
        monkeypatch.setattr(house, "projectors", {})
        between.extend(in_threads(lambda _: do(FILL, jar, command_id=command_id), [0], threads=1))
        return remember(*arguments)

    monkeypatch.setattr(recording, "remember", repeat_first)
    assert do(FILL, jar, command_id=command_id) == between[0]
    assert refusals() == 0


def lose_races(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a constraint refuse every jar, as if somebody else had been faster."""

    def raced(*_arguments: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN RAISE unique_violation USING CONSTRAINT = 'jar_raced'; END $$"
            )

    monkeypatch.setattr(house, "projectors", {"jar": raced})
    refusal = Refused("jar_taken", "Somebody else was faster")
    monkeypatch.setattr(house, "constraints", {"jar_raced": refusal})


# -- What was refused is kept --------------------------------------------------------------


def kept(command_id: UUID) -> RefusedCommandKept:
    stream = context.follow_up_id(command_id, execution.KEPT.aggregate)
    [recorded] = reading.load(execution.KEPT, stream).recorded
    assert recorded.command == msgspec.structs.replace(refusal_event(command_id).command, ordinal=1)
    event: RefusedCommandKept = recorded.data
    return event


def refusal_event(command_id: UUID) -> Recorded[CommandRefused]:
    [recorded] = reading.load(execution.REFUSALS, command_id).recorded
    return recorded


def test_what_a_refused_command_asked_is_kept_beside_its_refusal() -> None:
    jar, command_id = full_jar(), context.new_id()
    refusal_of(TOO_MUCH, jar, command_id=command_id)
    event = kept(command_id)
    assert event == RefusedCommandKept(body_json='{"amount_cents":1001,"note":null}', raced=False)
    again = msgspec.json.decode(event.body_json or "", type=FillJar)
    assert fingerprint(again, jar) == refusal_event(command_id).command.fingerprint


@pytest.mark.parametrize("over", [0, 1])
def test_what_is_too_long_is_not_kept(over: int) -> None:
    jar, command_id = full_jar(), context.new_id()
    around = msgspec.json.encode(body_of(FillJar(amount_cents=1_001, note="")).decode())
    note = "x" * (BODY_BYTES_AT_MOST - len(around) + over)
    refusal_of(FillJar(amount_cents=1_001, note=note), jar, command_id=command_id)
    assert (kept(command_id).body_json is None) is bool(over)


def test_what_a_constraint_refused_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    jar, command_id = full_jar(), context.new_id()
    lose_races(monkeypatch)
    assert refusal_of(FILL, jar, command_id=command_id)["code"] == "jar_taken"
    assert kept(command_id).raced


def test_a_refusal_is_recorded_under_the_locks_of_its_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So whatever it saw stands before it in the log, and what it did not see behind it."""
    jar, command_id, seen = full_jar(), context.new_id(), []

    def gather(desk: Desk, command: Any, loaded: reading.Loaded[Any]) -> Facts:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            seen.extend(cursor.fetchone())
        return execution.plain_facts(desk, command, loaded)

    exporters = frozenset({Role.EXPORTER})
    carry_out(monkeypatch, Procedure(decider=DECIDER, roles=exporters, gather=gather))
    refusal_of(TOO_MUCH, jar, command_id=command_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text FROM audits_event WHERE command_id = %s", [command_id])
        assert {xid for (xid,) in cursor.fetchall()} == set(seen)


# -- Targets and versions ------------------------------------------------------------------


def test_a_thing_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        do(FILL, context.new_id())
    assert refusals() == 0


def test_a_thing_of_somebody_else_is_not_found_either() -> None:
    jar = full_jar()
    with pytest.raises(NotFound):
        run(FILL, jar, actor=INTRUDER)
    assert held_cents(jar) == 0
    assert run(FILL, jar, actor=BANK).version == 2


@pytest.mark.parametrize("expected_version", [0, 1, 3])
def test_a_wrong_expected_version_changes_nothing(expected_version: int) -> None:
    jar = full_jar(100)
    with pytest.raises(WrongExpectedVersion) as mismatch:
        execution.execute(FILL, jar, context_of(), expected_version=expected_version)
    assert (mismatch.value.expected, mismatch.value.found) == (expected_version, 2)
    assert (held_cents(jar), refusals()) == (100, 0)


def test_the_right_expected_version_is_accepted() -> None:
    jar = full_jar(100)
    receipt = execution.execute(FILL, jar, context_of(), expected_version=2)
    assert receipt.version == 3
    new = context.new_id()
    assert execution.execute(OpenJar(label="x"), new, context_of(), expected_version=0).version == 1


# -- All or nothing ------------------------------------------------------------------------


@pytest.fixture
def subscribed(monkeypatch: pytest.MonkeyPatch) -> None:
    later = Subscription(
        kind="remind", due=lambda recorded: recorded.recorded_at + timedelta(hours=1)
    )
    subscriptions = (Subscription(kind="count"), later)
    monkeypatch.setattr(house, "subscriptions", {JarFilled: subscriptions})


@pytest.mark.usefixtures("subscribed")
def test_an_event_makes_its_work_in_the_same_transaction() -> None:
    jar = full_jar()
    assert not WorkItem.objects.exists()
    receipt = do(FILL, jar)
    now_item, later_item = WorkItem.objects.order_by("due_at")
    for item in (now_item, later_item):
        assert (item.subject_id, item.event_id) == (jar, receipt.events[0].event_id)
        assert item.status == "ready"
    assert (now_item.kind, later_item.kind) == ("count", "remind")
    assert work.due_ids() == [now_item.id]
    recorded_at = reading.load(DECIDER, jar).recorded[-1].recorded_at
    assert later_item.due_at == recorded_at + timedelta(hours=1)


@pytest.mark.usefixtures("subscribed")
def test_a_repeat_makes_no_more_work() -> None:
    jar = full_jar()
    command_id = context.new_id()
    for _ in range(3):
        do(FILL, jar, command_id=command_id)
    assert WorkItem.objects.count() == 2


@pytest.mark.usefixtures("subscribed")
@pytest.mark.django_db(transaction=True)
def test_what_fails_last_leaves_neither_events_nor_work(monkeypatch: pytest.MonkeyPatch) -> None:
    jar = full_jar()
    seen: list[int] = []

    def fails(_desk: Desk, loaded: reading.Loaded[Any], _fresh: list[Any]) -> None:
        seen.append(loaded.version)
        raise ZeroDivisionError

    monkeypatch.setattr(house, "projectors", {"jar": fails})
    with pytest.raises(ZeroDivisionError):
        do(FILL, jar)
    with monkeypatch.context() as patch:
        patch.setattr(house, "projectors", {})
        patch.setattr(work, "enqueue", lambda _items: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            do(FILL, jar)
    assert seen == [2]
    assert (held_cents(jar), WorkItem.objects.count()) == (0, 0)


def test_streams_that_move_together_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = full_jar(), full_jar()

    def also(desk: Desk, command: Any, _loaded: reading.Loaded[Any], _events: list[Any]) -> None:
        desk.decide(DECIDER, second, command)

    procedure = Procedure(decider=DECIDER, roles=frozenset({Role.EXPORTER}), also=also)
    carry_out(monkeypatch, procedure)
    command_id = context.new_id()
    receipt = do(FILL, first, command_id=command_id)
    assert [event.stream_id for event in receipt.events] == [first, second]
    assert receipt.version == 2
    assert do(FILL, first, command_id=command_id) == receipt
    assert (held_cents(first), held_cents(second)) == (100, 100)
    do(SmashJar(), second)
    with pytest.raises(Refused):
        do(FILL, first)
    assert held_cents(first) == 100


# -- Many at once --------------------------------------------------------------------------

KEYS = 500
RETRIES = 10


@pytest.fixture
def real_jars() -> list[UUID]:
    """Make a few jars that all keys share, so that streams are fought over, too."""
    return [full_jar() for _ in range(4)]


@pytest.mark.django_db(transaction=True)
def test_500_keys_with_10_concurrent_retries_have_500_effects(real_jars: list[UUID]) -> None:
    start = threading.Barrier(RETRIES)

    def retry(_number: int) -> list[reading.Receipt]:
        """Send every key once, at the same time as all the others do."""
        start.wait()
        return [
            run(
                FILL,
                real_jars[key % 4],
                command_id=context.command_id_of(UUID(int=1), f"key {key}"),
            )
            for key in range(KEYS)
        ]

    answers = in_threads(retry, range(RETRIES), threads=RETRIES)
    for key in range(KEYS):
        assert len({msgspec.json.encode(answer[key]) for answer in answers}) == 1
    assert sum(map(held_cents, real_jars)) == KEYS * 100
    commands = Counter(EventRow.objects.filter(type="jar_filled").values_list("command_id"))
    assert (len(commands), set(commands.values())) == (KEYS, {1})
    assert refusals() == 0


@pytest.mark.django_db(transaction=True)
def test_concurrent_repeats_of_a_refused_command_are_refused_alike_and_recorded_once() -> None:
    jar = full_jar()
    command_id = context.new_id()
    told = in_threads(
        lambda _: str(refusal_of(TOO_MUCH, jar, command_id=command_id)), range(10), threads=10
    )
    assert len(set(told)) == 1
    assert refusals() == 1


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_stream_wait_for_each_other_and_all_succeed() -> None:
    jar = full_jar()
    receipts = in_threads(lambda _: do(FILL, jar), range(32), threads=16)
    assert sorted(receipt.version for receipt in receipts) == list(range(2, 34))
    assert held_cents(jar) == 3_200


@pytest.mark.django_db(transaction=True)
def test_of_many_who_expect_the_same_version_one_succeeds() -> None:
    jar = full_jar()

    def fill(_number: int) -> int:
        try:
            execution.execute(FILL, jar, context_of(), expected_version=1)
        except WrongExpectedVersion:
            return 0
        return 1

    assert sum(in_threads(fill, range(16), threads=16)) == 1
    assert held_cents(jar) == 100
