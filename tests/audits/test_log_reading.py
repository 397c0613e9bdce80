"""The log is read in pages, in its order."""

import pytest

from audits import context, reading
from audits.models import EventRow
from audits.sequencing import Sequencer
from tests.audits.api.toy import DECIDER
from tests.audits.histories import full_jar, smashed_jar
from tests.audits.test_store import append

pytestmark = pytest.mark.django_db


def test_the_log_is_walked_across_pages_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    for _ in range(4):
        stream = context.new_id()
        append(stream, 1)
        append(stream, 2, 3, 4)
    Sequencer().run_until_empty()
    entries = list(reading.walk_log())
    assert [entry.log_index for entry in entries] == list(range(16))
    in_order = EventRow.objects.order_by("log_entry__log_index").values_list("event_id", flat=True)
    assert [entry.recorded.event_id for entry in entries] == list(in_order)
    assert all(reading.decode(entry.canonical) == entry.recorded for entry in entries)
    assert list(reading.walk_log(13)) == entries[13:]
    assert reading.read_log(5, limit=3) == entries[5:8]
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
def test_pages_of_the_log_are_folded_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    test_the_whole_log_folds_to_what_each_stream_folds_to()
