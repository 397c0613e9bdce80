"""A moment is a place in the log: what stands behind it never moves."""

import importlib
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

import msgspec
import pytest
from django.db import connection

from audits import context, guards, store
from audits.kernel import Refused
from audits.models import LogEntry
from audits.past import moments
from audits.past.moments import Moment
from audits.sequencing import Sequencer
from tests.audits.api.toy import DECIDER, FillJar
from tests.audits.histories import do, full_jar, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


def sequenced_jar(*deposits_cents: int) -> UUID:
    jar = full_jar(*deposits_cents)
    Sequencer().run_until_empty()
    return jar


def recorded_ago(*seconds: int) -> list[datetime]:
    """Append events that were recorded so long ago, and give them their places one by one."""
    now = context.database_now()
    times = [now - timedelta(seconds=each) for each in seconds]
    for time in times:
        event = msgspec.structs.replace(sealed(context.new_id(), 1), recorded_at=time)
        store.append([event])
        Sequencer().run_until_empty()
    return times


def test_nothing_had_been_recorded_before_the_first_event() -> None:
    recorded_ago(30)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert moments.moment_at(long_ago) == Moment(log_index=-1)


def test_as_of_a_time_includes_what_was_recorded_at_it_and_nothing_later() -> None:
    first, second, third = recorded_ago(30, 20, 10)
    assert moments.moment_at(first).log_index == 0
    assert moments.moment_at(second - timedelta(microseconds=1)).log_index == 0
    assert moments.moment_at(second).log_index == 1
    assert moments.moment_at(third - timedelta(microseconds=1)).log_index == 1


def test_events_of_one_microsecond_count_together_or_not_at_all() -> None:
    [_, time, _, _] = recorded_ago(30, 20, 20, 10)
    assert moments.moment_at(time) == Moment(log_index=2)
    assert moments.moment_at(time - timedelta(microseconds=1)) == Moment(log_index=0)


def test_it_ends_before_the_first_later_event_whatever_comes_behind_that() -> None:
    """The log is not in the order of time: an answer is a beginning of it, never a selection."""
    _, late, slow = recorded_ago(30, 10, 20)
    assert moments.moment_at(slow).log_index == 0
    assert moments.moment_at(late) == Moment(log_index=2, settled=False)


def test_an_answer_is_settled_once_the_log_holds_a_later_event() -> None:
    [time] = recorded_ago(30)
    assert moments.moment_at(time) == Moment(log_index=0, settled=False)
    recorded_ago(60)  # committed late, recorded before
    assert moments.moment_at(time) == Moment(log_index=1, settled=False)
    recorded_ago(20)
    assert moments.moment_at(time) == Moment(log_index=1)
    recorded_ago(60, 40, 5)
    assert moments.moment_at(time) == Moment(log_index=1)


LONG: Final = 3_000
SEED: Final = 20_261_122


def long_log() -> list[datetime]:
    """Append a long log whose times go to and fro, in batches; tell its times in its order."""
    random = Random(SEED)  # noqa: S311 -- times, not secrets
    now = context.database_now()
    events = [
        msgspec.structs.replace(
            sealed(context.new_id(), 1),
            recorded_at=now + timedelta(milliseconds=place * 20 - 80_000 + random.randrange(9_000)),
        )
        for place in range(LONG)
    ]
    store.append(events)
    assert Sequencer(batch_size=700).run_until_empty() == LONG
    places = LogEntry.objects.order_by("log_index").select_related("event")
    return [place.event.recorded_at for place in places]


def slowly(times: list[datetime], time: datetime) -> int | None:
    """Read the whole log for the last event before the first later one; None: there is none yet."""
    return next((index - 1 for index, each in enumerate(times) if each > time), None)


def test_every_time_is_found_as_by_reading_the_whole_log() -> None:
    times = long_log()
    assert times != sorted(times)
    asked = [each + timedelta(microseconds=off) for each in times[::20] for off in (-1, 0, 1)]
    for time in [*asked, max(times), max(times) - timedelta(microseconds=1)]:
        found = moments.moment_at(time)
        assert (found.log_index if found.settled else None) == slowly(times, time), time


def test_a_time_is_found_by_index_however_long_the_log_is() -> None:
    times = long_log()
    for prepare in ("SELECT", "ANALYZE audits_log, audits_event"):
        with connection.cursor() as cursor:
            cursor.execute(prepare)
            cursor.execute(f"EXPLAIN {moments._FIRST_AFTER}", [times[-1]])  # noqa: SLF001 -- its plan
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "audits_log_latest" in plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan


def test_a_log_from_before_the_column_is_filled_as_if_it_had_always_been_there() -> None:
    recorded_ago(30, 10, 20, 5, 15)
    filled = importlib.import_module("audits.migrations.0011_latest_of_the_log").FILL
    rows = LogEntry.objects.order_by("log_index").values_list("log_index", "latest_at")
    always = list(rows)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audits_log ALTER COLUMN latest_at DROP NOT NULL")
        cursor.execute("ALTER TABLE audits_log DISABLE TRIGGER USER")
        cursor.execute("UPDATE audits_log SET latest_at = NULL")
        cursor.execute("ALTER TABLE audits_log ENABLE ALWAYS TRIGGER audits_log_before_insert")
        cursor.execute("ALTER TABLE audits_log ENABLE ALWAYS TRIGGER audits_log_no_truncate")
        cursor.execute(filled)
    assert list(rows.all()) == always
    assert list(guards.missing()) == []


def test_an_index_is_a_moment_up_to_the_end_of_the_log() -> None:
    recorded_ago(20, 10)
    assert [moments.moment_of(index).log_index for index in (-1, 0, 1)] == [-1, 0, 1]
    for beyond in (-2, 2):
        with pytest.raises(Refused, match="The log ends at 1") as refused:
            moments.moment_of(beyond)
        assert refused.value.code == "log_index_unknown"


def test_a_time_and_an_index_together_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        moments.moment(as_of=context.database_now(), log_index=0)
    assert refused.value.code == "moment_ambiguous"


def test_a_stream_folds_as_it_stood_at_each_index() -> None:
    jar = sequenced_jar(5, 7)
    seen = [
        moments.load_at(DECIDER, jar, Moment(log_index=index)).version for index in range(-1, 3)
    ]
    assert seen == [0, 1, 2, 3]


def test_what_has_no_place_in_the_log_yet_does_not_count() -> None:
    jar = sequenced_jar(5)
    do(FillJar(amount_cents=1), jar)
    now = moments.moment(as_of=None, log_index=None)
    assert moments.load_at(DECIDER, jar, now).version == 2


def test_all_streams_and_the_log_end_at_the_moment() -> None:
    first, second = sequenced_jar(5), sequenced_jar(6, 7)
    at = Moment(log_index=3)
    versions = {each.stream_id: each.version for each in moments.streams_at(DECIDER, at)}
    assert versions == {first: 2, second: 2}
    added = list(moments.between(Moment(log_index=1), at))
    assert [(index, each.stream_id, each.version) for index, each in added] == [
        (2, second, 1),
        (3, second, 2),
    ]
    filled = list(moments.kinds_at(["jar_filled"], at))
    assert [(index, each.stream_id) for index, each in filled] == [(1, first), (3, second)]
