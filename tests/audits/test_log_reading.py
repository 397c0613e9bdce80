"""The log is read and folded in its order."""

import time

import pytest
from django.db import connection

from audits import context, reading, statements
from audits.models import EventRow
from audits.sequencing import Sequencer
from tests.audits.api.toy import DECIDER
from tests.audits.histories import full_jar, smashed_jar
from tests.audits.test_store import append
from tests.support.database import connect_as

pytestmark = pytest.mark.django_db(transaction=True)  # a walk sees what is committed
PATIENCE_SECONDS = 120.0


def test_the_log_is_walked_across_pages_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STRETCH", 5)
    monkeypatch.setattr(reading, "CHUNK_SIZE", 2)
    for _ in range(4):
        stream = context.new_id()
        append(stream, 1)
        append(stream, 2, 3, 4)
    Sequencer().run_until_empty()
    entries = list(reading.walk_log())
    assert [entry.log_index for entry in entries] == list(range(16))
    in_order = EventRow.objects.order_by("log_entry__log_index").values_list("event_id", flat=True)
    assert [entry.recorded.event_id for entry in entries] == list(in_order)
    assert all(entry.event == entry.recorded.data for entry in entries)
    assert list(reading.walk_log(13)) == entries[13:]
    assert list(reading.walk_log(16)) == []


def test_the_connection_is_free_while_the_log_is_walked() -> None:
    for _ in range(3):
        append(context.new_id(), 1)
    Sequencer().run_until_empty()
    seen = []
    for entry in reading.walk_log():
        append(context.new_id(), 1)
        seen.append(entry.log_index)
    assert seen == [0, 1, 2]
    Sequencer().run_until_empty()
    assert len(list(reading.walk_log())) == 6


def test_what_enters_the_log_during_a_walk_is_walked_too() -> None:
    append(context.new_id(), 1)
    Sequencer().run_until_empty()
    walk = reading.walk_log()
    first = next(walk)
    append(context.new_id(), 1)
    Sequencer().run_until_empty()
    assert [first.log_index, *(entry.log_index for entry in walk)] == [0, 1]


def test_a_walk_that_is_left_gives_its_connection_back() -> None:
    append(context.new_id(), 1, 2, 3)
    Sequencer().run_until_empty()
    wait_for_no_walk()  # of an earlier test
    walk = reading.walk_log()
    next(walk)
    assert open_walks() == 1
    walk.close()
    wait_for_no_walk()


def wait_for_no_walk() -> None:
    """Wait until the server has noticed that nobody walks any more."""
    end = time.monotonic() + PATIENCE_SECONDS
    while open_walks():
        assert time.monotonic() < end, "the connection is still there"
        time.sleep(0.1)


def test_a_walk_is_not_cut_off_when_its_reader_is_slow() -> None:
    with statements.reader() as cursor:
        assert cursor.execute("SHOW statement_timeout").fetchall() == [("0",)]
    with connection.cursor() as usual:
        usual.execute("SHOW statement_timeout")
        assert usual.fetchall() == [("30s",)]


def test_a_place_without_its_event_stops_the_walk() -> None:
    append(context.new_id(), 1, 2, 3)
    Sequencer().run_until_empty()
    remove_second_versions()
    walk = reading.walk_log()
    assert next(walk).log_index == 0
    with pytest.raises(LookupError, match="place 1 of the log has no event"):
        next(walk)


def remove_second_versions() -> None:
    with connect_as() as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("ALTER TABLE audits_event DISABLE TRIGGER audits_event_immutable")
        superuser.execute("DELETE FROM audits_event WHERE version = 2")
        superuser.execute("ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_immutable")


def open_walks() -> int:
    with connect_as() as superuser:
        [(count,)] = superuser.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'SELECT l.log_index%'"
        ).fetchall()
    return int(count)


@pytest.mark.usefixtures("jars")
def test_the_whole_log_folds_to_what_each_stream_folds_to() -> None:
    jars = [full_jar(*range(1, count)) for count in (2, 5, 9)] + [smashed_jar()]
    Sequencer().run_until_empty()
    folded = reading.fold_log({DECIDER.aggregate: DECIDER})
    assert folded == {jar: reading.load(DECIDER, jar).state for jar in jars}


@pytest.mark.usefixtures("jars")
def test_a_part_of_the_log_folds_to_the_states_of_then() -> None:
    jar = full_jar(5, 7)
    Sequencer().run_until_empty()
    for count in range(4):
        folded = reading.fold_log({DECIDER.aggregate: DECIDER}, limit=count)
        then = reading.load(DECIDER, jar, version=count)
        assert folded == ({jar: then.state} if count else {})


@pytest.mark.usefixtures("jars")
def test_the_log_is_folded_across_stretches_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STRETCH", 5)
    monkeypatch.setattr(reading, "CHUNK_SIZE", 2)
    test_the_whole_log_folds_to_what_each_stream_folds_to()


@pytest.mark.usefixtures("jars")
def test_a_place_without_its_event_is_not_folded_over() -> None:
    full_jar(5, 7)
    Sequencer().run_until_empty()
    remove_second_versions()
    with pytest.raises(LookupError, match="place 1 of the log has no event"):
        reading.fold_log({DECIDER.aggregate: DECIDER})


@pytest.mark.usefixtures("jars")
def test_an_aggregate_that_nobody_folds_ends_the_replay() -> None:
    full_jar(5, 7)
    Sequencer().run_until_empty()
    with pytest.raises(KeyError):
        reading.fold_log({})
