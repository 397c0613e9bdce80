"""The store on a real PostgreSQL: append, versions, repeats, receipts, reading."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import transaction

from audits import context, reading, store
from audits.codec import Recorded, Registry, leaf_hash, registry
from audits.events import WorkItemRedriven
from audits.kernel import Context, Decider, Event, State, WrongExpectedVersion
from audits.work.dead import HISTORY
from tests.audits.histories import sealed
from tests.support.database import connect_as, in_threads
from tests.support.people import OFFICER

pytestmark = pytest.mark.django_db


class Counted(State):
    """How many events there were."""

    count: int = 0


DECIDER = Decider(
    aggregate="counter",
    initial=Counted(),
    evolve=lambda state, _event: Counted(count=state.count + 1),
    decisions={},
)


def event(reason: str = "because") -> WorkItemRedriven:
    return WorkItemRedriven(work_item_id=UUID(int=1), kind="test", reason=reason)


def append(
    stream: UUID, *versions: int, command_id: UUID | None = None
) -> list[reading.EventReceipt]:
    command = command_id or context.new_id()
    moment = Context(actor=OFFICER, now=context.database_now(), command_id=command)
    drafts = [store.Draft("counter", stream, version, event(f"v{version}")) for version in versions]
    return store.append(store.seal(drafts, moment, store.Cause("Redrive", "0" * 64)))


def test_appended_events_are_read_back_typed_and_in_order() -> None:
    stream = context.new_id()
    append(stream, 1)
    append(stream, 2, 3)
    loaded = reading.load(DECIDER, stream)
    assert loaded.version == 3
    assert loaded.state == Counted(count=3)
    assert [item.data for item in loaded.recorded] == [event("v1"), event("v2"), event("v3")]
    assert loaded.recorded[0].actor == OFFICER


def test_folding_opens_no_envelope_but_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = context.new_id()
    append(stream, 1, 2, 3)
    opened: list[int] = []

    def decode(self: Registry, name: str, schema_version: int, content: bytes) -> Recorded[Event]:
        recorded = read(self, name, schema_version, content)
        opened.append(recorded.version)
        return recorded

    read = Registry.decode
    monkeypatch.setattr(Registry, "decode", decode)
    loaded = reading.load(DECIDER, stream)
    assert (loaded.state, opened) == (Counted(count=3), [1])
    assert loaded.recorded[-1].version == 3
    assert [item.version for item in loaded.recorded] == [1, 2, 3]
    assert opened == [1, 3, 2]  # each of them once


def test_what_was_loaded_is_looked_at_like_a_list() -> None:
    stream = context.new_id()
    append(stream, 1, 2, 3)
    recorded = reading.load(DECIDER, stream).recorded
    whole = tuple(recorded)
    assert (len(recorded), recorded[1], recorded[-1]) == (3, whole[1], whole[2])
    assert (recorded[1:], recorded[:-1], recorded[5:]) == (whole[1:], whole[:2], ())
    for outside in (3, -4):
        with pytest.raises(IndexError):
            recorded[outside]


def test_the_receipt_names_event_version_and_leaf_hash() -> None:
    stream = context.new_id()
    [receipt] = append(stream, 1)
    row = reading.load(DECIDER, stream).recorded[0]
    assert receipt == reading.EventReceipt(
        event_id=row.event_id,
        stream_id=stream,
        type="work_item_redriven",
        version=1,
        leaf_hash=leaf_hash(registry.encode(row)).hex(),
        recorded_at=row.recorded_at,
    )


@pytest.mark.parametrize("version", [1, 3])
def test_a_taken_or_skipped_version_is_refused(version: int) -> None:
    stream = context.new_id()
    append(stream, 1)
    with pytest.raises(WrongExpectedVersion):
        append(stream, version)


def test_a_command_id_is_used_once() -> None:
    command = context.new_id()
    append(context.new_id(), 1, command_id=command)
    with pytest.raises(store.CommandRepeated):
        append(context.new_id(), 1, command_id=command)


def test_a_stream_is_read_as_of_a_version_or_a_time() -> None:
    stream = context.new_id()
    append(stream, 1)
    append(stream, 2)
    first, second = reading.load(DECIDER, stream).recorded
    assert reading.load(DECIDER, stream, version=1).version == 1
    assert reading.load(DECIDER, stream, as_of=first.recorded_at).version == 1
    assert reading.load(DECIDER, stream, as_of=second.recorded_at).version == 2
    before = first.recorded_at - timedelta(microseconds=1)
    assert reading.load(DECIDER, stream, as_of=before).version == 0


def test_beginning_a_command_again_finds_what_it_recorded() -> None:
    command = context.new_id()
    assert store.begin(command).prior == ()
    receipts = append(context.new_id(), 1, 2)
    receipts = append(context.new_id(), 1, command_id=command)
    assert store.receipts_of(store.begin(command)) == receipts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("lock", "waits"), [("share", True), ("write", True), ("none", False)])
def test_whoever_reads_under_a_lock_keeps_every_writer_out(lock: str, *, waits: bool) -> None:
    stream = context.new_id()
    content = registry.encode(sealed(stream, 1))
    with transaction.atomic(), connect_as() as writer:
        reading.load(HISTORY, stream, lock=lock)
        writer.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable) if waits else nullcontext():
            writer.execute(
                "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%b, %b)",
                [content, leaf_hash(content)],
            )
    assert reading.load(HISTORY, stream).version == int(not waits)


@pytest.mark.django_db(transaction=True)
def test_readers_under_a_shared_lock_do_not_wait_for_each_other() -> None:
    stream = context.new_id()
    with transaction.atomic():
        reading.load(DECIDER, stream, lock="share")
        loaded = in_threads(lambda _: shared(stream), [0], threads=1)
    assert loaded == [0]


def shared(stream: UUID) -> int:
    with transaction.atomic():
        return reading.load(DECIDER, stream, lock="share").version
