"""The log is read in pages, and each page while the server gathers the next one."""

import pytest
from django.db import connection

from audits import context, reading, statements
from audits.models import EventRow
from audits.sequencing import Sequencer
from tests.audits.test_store import append

pytestmark = pytest.mark.django_db

ONE = "SELECT %b::int"


def test_the_log_is_walked_across_pages_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    monkeypatch.setattr(reading, "PAGES_AHEAD", 3)
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


def test_a_page_that_filled_up_meanwhile_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came into a later page after an earlier one was read must not leave a gap."""
    for _ in range(4):
        append(context.new_id(), 1)
    Sequencer().run_until_empty()
    [first, second, _, fourth] = reading.walk_log()
    real = statements.run_ahead

    def late(batches: object) -> object:
        pages = [list(page) for page in real(batches)]  # type: ignore[arg-type]
        pages[0] = [rows[:1] for rows in pages[0]]
        yield from pages

    monkeypatch.setattr(reading, "run_ahead", late)
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    walked = reading.walk_log()
    assert next(walked).log_index == 0
    monkeypatch.setattr(reading, "run_ahead", real)
    assert [entry.log_index for entry in walked] == [1, 2, 3]
    assert (first.log_index, second.log_index, fourth.log_index) == (0, 1, 3)


def test_statements_run_ahead_give_the_rows_of_each_batch_in_turn() -> None:
    batches = [[(ONE, [first]), (ONE, [first + 1])] for first in (10, 20, 30)]
    assert list(statements.run_ahead(batches)) == [
        [[(10,)], [(11,)]],
        [[(20,)], [(21,)]],
        [[(30,)], [(31,)]],
    ]


def test_the_connection_is_free_again_after_reading_was_left_early() -> None:
    pages = statements.run_ahead([[(ONE, [n])] for n in range(3)])
    assert next(pages) == [[(0,)]]
    pages.close()
    assert statements.run(ONE, [7]).fetchall() == [(7,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 8")
        assert cursor.fetchall() == [(8,)]
