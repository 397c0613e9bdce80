"""All or nothing: events and work together, whoever else carries out commands meanwhile."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from audits import context, execution, reading, work
from audits.execution import Desk, Procedure, Subscription, house
from audits.kernel import Refused, Role, WrongExpectedVersion
from audits.models import EventRow, WorkItem
from tests.audits.api.toy import DECIDER, JarFilled, SmashJar
from tests.audits.filling import FILL, TOO_MUCH, carry_out, held_cents, refusal_of, refusals, run
from tests.audits.histories import context_of, do, full_jar
from tests.audits.items import due_ids
from tests.support.database import in_threads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


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
    assert due_ids() == [now_item.id]
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
