"""The sequencer: a batch in order, a floor below every event without a place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import context, sequencing, store
from audits.sequencing import Sequencer, Waiting, ordered
from tests.audits.histories import sealed
from tests.audits.placing import Writer, check_log, rows
from tests.support.database import connect_as


@st.composite
def committed(draw: st.DrawFn) -> list[Waiting]:
    """Events in the order of their commits; transactions got their ids in any other order."""
    made: list[Waiting] = []
    versions = dict.fromkeys(range(3), 0)
    xids = draw(st.permutations(range(10, 30)))
    for place in range(draw(st.integers(0, 12))):
        stream = draw(st.integers(0, 2))
        versions[stream] += 1
        cause = draw(st.none() | st.sampled_from(made)) if made else None
        made.append(
            Waiting(
                event_id=UUID(int=1_000 + place),
                stream_id=UUID(int=stream),
                version=versions[stream],
                causation_id=cause.event_id if cause else None,
                xid=xids[place],
                ordinal=draw(st.integers(0, 2)),
            )
        )
    return made


def keys(item: Waiting) -> set[UUID | tuple[UUID, int]]:
    return {item.event_id, (item.stream_id, item.version)}


def needs(item: Waiting) -> set[UUID | tuple[UUID, int]]:
    cause: set[UUID | tuple[UUID, int]] = {item.causation_id} if item.causation_id else set()
    return cause | ({(item.stream_id, item.version - 1)} if item.version > 1 else set())


@settings(deadline=None, max_examples=400)
@given(committed(), st.integers(0, 12), st.integers(1, 12))
def test_a_batch_is_ordered_and_leaves_only_what_must_wait(
    events: list[Waiting], indexed_before: int, batch_size: int
) -> None:
    indexed = set().union(*map(keys, events[:indexed_before]))
    waiting = sorted(events[indexed_before:], key=lambda item: (item.xid, item.ordinal))
    batch = waiting[:batch_size]
    placed = ordered(batch, indexed)
    by_id = {item.event_id: item for item in batch}
    assert len(placed) == len(set(placed))
    for event_id in placed:
        assert needs(by_id[event_id]) <= indexed
        indexed |= keys(by_id[event_id])
    for item in batch:
        assert item.event_id in placed or not needs(item) <= indexed


@contextmanager
def four_writers() -> Iterator[list[Writer]]:
    made = [Writer() for _ in range(4)]
    yield made
    for writer in made:
        writer.login.close()


@pytest.fixture
def writers() -> Iterator[list[Writer]]:
    with four_writers() as made:
        yield made


# -- The floor -----------------------------------------------------------------------------

# A server's transaction ids are those of all its databases: tests beside these hold theirs open.
OF_THIS_DATABASE: Final = """
    SELECT coalesce(min(backend_xid::text::bigint),
                    pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL
"""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sequencer wait for nobody else's transactions but those of this test."""
    monkeypatch.setattr(sequencing, "_SNAPSHOT", OF_THIS_DATABASE)


ACTIONS: Final = st.lists(
    st.tuples(
        st.sampled_from(["take_id", "append", "append", "caused", "commit", "roll_back", "run"]),
        st.integers(0, 3),
    ),
    max_size=30,
)


@pytest.mark.django_db(transaction=True)
@settings(deadline=None, max_examples=40)
@given(actions=ACTIONS, batch_size=st.integers(1, 4))
def test_the_floor_never_rises_above_an_event_without_a_place(
    actions: list[tuple[str, int]], batch_size: int
) -> None:
    sequencer = Sequencer(batch_size=batch_size)
    known: list[UUID] = []
    with four_writers() as writers:
        for action, number in actions:
            if action == "run":
                sequencer.run_once()
            else:
                act(writers[number], action, known)
            assert below(sequencer.floor) == 0
        for writer in writers:
            writer.commit()
    sequencer.run_until_empty()
    assert below(sequencer.floor) == 0
    check_log()


def act(writer: Writer, action: str, known: list[UUID]) -> None:
    """Let a writer do one thing; `known` are the committed events that may be a cause."""
    match action:
        case "take_id":
            writer.take_id()
        case "append":
            writer.append()
        case "caused":
            writer.append(known[-1] if known else None)
        case "commit":
            known += writer.commit()
        case _:
            writer.roll_back()


def below(floor: int) -> int:
    """Count committed events below the floor that have no place."""
    [(count,)] = rows(
        "SELECT count(*) FROM audits_event e WHERE xid < %s::text::xid8"
        " AND NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)",
        str(floor),
    )
    return int(count)


@pytest.mark.usefixtures("alone")
@pytest.mark.django_db(transaction=True)
def test_the_floor_stays_below_a_transaction_that_is_still_open(writers: list[Writer]) -> None:
    slow, quick = writers[:2]
    late = slow.append()
    quick.append()
    quick.commit()
    sequencer = Sequencer()
    assert sequencer.run_until_empty() == 1
    [(xid,)] = slow.login.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()
    assert 0 < sequencer.floor <= xid
    slow.commit()
    assert sequencer.run_until_empty() == 1
    assert rows("SELECT log_index FROM audits_log WHERE event_id = %s", late) == [(1,)]
    assert sequencer.floor > xid


@pytest.mark.django_db(transaction=True)
def test_the_floor_stays_below_an_event_whose_cause_is_beyond_the_batch(
    writers: list[Writer],
) -> None:
    early, between, late = writers[:3]
    early.take_id()
    between.append()
    between.commit()
    cause = late.append()
    late.commit()
    early.append(cause)
    early.commit()
    sequencer = Sequencer(batch_size=2)
    assert sequencer.run_once() == 1  # the one between; the first waits for the last
    assert below(sequencer.floor) == 0
    assert sequencer.run_until_empty() == 2
    assert check_log() == 3


@pytest.mark.django_db(transaction=True)
def test_a_full_batch_that_waits_for_later_transactions_does_not_stop_the_rest(
    writers: list[Writer],
) -> None:
    early, late = writers[:2]
    early.take_id()
    cause = late.append()
    late.commit()
    for _ in range(5):
        early.append(cause)
    early.commit()
    sequencer = Sequencer(batch_size=2)
    assert sequencer.run_until_empty() == 6
    assert check_log() == 6


@pytest.mark.django_db(transaction=True)
def test_nothing_is_indexed_before_it_is_committed(writers: list[Writer]) -> None:
    writers[0].append()
    assert Sequencer().run_until_empty() == 0
    writers[0].roll_back()
    assert Sequencer().run_until_empty() == 0
    assert check_log() == 0


# -- Plans ---------------------------------------------------------------------------------


def plan_of(statement: str, *values: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.usefixtures("alone")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("analyzed", [False, True])
def test_with_a_floor_the_sequencer_reads_what_is_new_and_not_the_whole_journal(
    *, analyzed: bool
) -> None:
    stream = context.new_id()
    events = [sealed(stream, version) for version in range(1, 3_001)]
    store.append(events)
    sequencer = Sequencer()
    assert sequencer.run_until_empty() == 3_000
    if analyzed:
        with connect_as() as login:
            login.execute("ANALYZE audits_event")
            login.execute("ANALYZE audits_log")
    waiting = plan_of(sequencing._WAITING, str(sequencer.floor), 2_000)  # noqa: SLF001 -- its plan
    assert "audits_event_xid" in waiting
    assert "Seq Scan on audits_event" not in waiting
    ids = [event.event_id for event in events[:3]]
    indexed = plan_of(sequencing._INDEXED, ids, [stream] * 3, [1, 2, 3])  # noqa: SLF001 -- its plan
    assert "Seq Scan" not in indexed
