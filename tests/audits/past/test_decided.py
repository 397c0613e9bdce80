"""Every command once, in the order of the log, beside streams as they stood before it."""

from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection

from audits import reading
from audits.models import EventRow, LogEntry
from audits.past import decided
from audits.past.decided import FROM_THE_START
from audits.past.hindsight import desk_of
from audits.past.moments import Moment
from audits.past.streams import UNPLACED, Place, Stream, Streams
from audits.replay import wire_names
from audits.sequencing import Sequencer
from audits.statements import run
from tests.audits.api.toy import DECIDER, FillJar, JarFilled, JarSmashed, Open
from tests.audits.histories import do, full_jar, smashed_jar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]
PAGE: Final = 3
END: Final[Place] = (UNPLACED, 0)
"""Behind everything."""


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands begin and end within pages, and between them."""
    monkeypatch.setattr(decided, "PAGE_SIZE", PAGE)


def jars() -> list[UUID]:
    """Fill jars in turns, so that no stream stands in one piece in the log."""
    found = [full_jar(1), smashed_jar(), full_jar(2, 3)]
    for jar in (found[0], found[2], found[0]):
        do(FillJar(amount_cents=7), jar)
    return found


def indexed() -> None:
    Sequencer().run_until_empty()


def walked(after: int = FROM_THE_START) -> list[tuple[Place, UUID, list[UUID]]]:
    """Tell where each command stands, which it is, and what it recorded."""
    return [
        (each.desk.moment(), each.together[0].command.id, [one.event_id for one in each.together])
        for _, page in decided.decided(after)
        for each in page
    ]


def in_the_journal() -> dict[UUID, list[UUID]]:
    rows = EventRow.objects.order_by("command_id", "ordinal").values_list("command_id", "event_id")
    found: dict[UUID, list[UUID]] = {}
    for command_id, event_id in rows:
        found.setdefault(command_id, []).append(event_id)
    return found


def test_each_command_comes_once_and_whole_in_the_order_of_the_log() -> None:
    jars()
    indexed()
    found = walked()
    assert {command_id: events for _, command_id, events in found} == in_the_journal()
    assert len(found) == len(in_the_journal()) > PAGE
    places = [place for place, *_ in found]
    assert places == sorted(places)


def test_who_goes_on_from_an_index_sees_what_stands_behind_it_and_nothing_twice() -> None:
    jars()
    indexed()
    everything = walked()
    for cut in (0, 1, PAGE, len(everything) - 1):
        after = everything[cut][0][0]
        assert walked(after) == everything[cut + 1 :]


def test_who_asks_up_to_an_index_sees_nothing_behind_it_and_hears_how_far_each_page_goes() -> None:
    jars()
    indexed()
    full_jar(5)
    everything, last = walked(), PAGE + 1
    found = list(decided.decided(until=last))
    assert [reached for reached, _ in found] == [PAGE - 1, last]
    seen = [each.desk.moment() for _, page in found for each in page]
    assert seen == [place for place, *_ in everything if place[0] <= last]


def test_what_the_log_does_not_hold_yet_comes_last() -> None:
    jars()
    indexed()
    later = full_jar(5)
    found = walked()
    assert {command_id: events for _, command_id, events in found} == in_the_journal()
    waiting = [events for (index, _), _, events in found if index == UNPLACED]
    assert [events for *_, events in found[-len(waiting) :]] == waiting
    ids = EventRow.objects.filter(stream_id=later).values_list("event_id", flat=True)
    assert {event for events in waiting for event in events} == set(ids)


def reindexed(event_id: UUID, log_index: int) -> None:
    """Move an event to another place, as a superuser could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audits_log DISABLE TRIGGER USER")
        values: list[Any] = [log_index, event_id]
        cursor.execute("UPDATE audits_log SET log_index = %s WHERE event_id = %s", values)


@pytest.mark.parametrize("log_index", [10_000, 2**62])
def test_what_was_moved_out_of_the_dense_log_is_not_passed_over(log_index: int) -> None:
    jars()
    indexed()
    reindexed(EventRow.objects.order_by("event_id")[4].event_id, log_index)
    assert {command_id: events for _, command_id, events in walked()} == in_the_journal()


def filled(at: Moment | None = None) -> list[decided.Happened]:
    return [each for page in decided.happened([JarFilled, JarSmashed], at) for each in page]


def of_types() -> list[UUID]:
    """List the events of these types as the log has them, those that it does not have last."""
    rows = EventRow.objects.filter(type__in=wire_names([JarFilled, JarSmashed]))
    ids = list(rows.order_by("event_id").values_list("event_id", flat=True))
    places = dict(LogEntry.objects.values_list("event_id", "log_index"))
    return sorted(ids, key=lambda event_id: places.get(event_id, UNPLACED))


def test_events_of_some_types_come_once_in_the_order_of_the_log() -> None:
    jars()
    indexed()
    full_jar(5, 6, 7, 8)
    assert [each.event.event_id for each in filled()] == of_types()
    assert len(of_types()) > 2 * PAGE


def test_events_up_to_a_moment_come_up_to_it_and_none_that_the_log_does_not_hold() -> None:
    jars()
    indexed()
    everything = [each.desk.moment()[0] for each in filled()]
    full_jar(5)
    for last in everything:
        for at in (last - 1, last):
            found = [each.desk.moment()[0] for each in filled(Moment(log_index=at))]
            assert found == [index for index in everything if index <= at]


def test_each_event_of_some_types_has_a_desk_of_its_own() -> None:
    """Inside a command, too: what the command recorded before the event counts."""
    found = jars()
    indexed()
    full_jar(5)
    for event, desk in filled():
        alone = desk_of(event)
        assert (desk.moment(), desk.saw_everything) == (alone.moment(), alone.saw_everything)
        assert desk.context == alone.context
        for jar in (*found, event.stream_id):
            one, other = desk.load(DECIDER, jar), alone.load(DECIDER, jar)
            assert (one.state, one.recorded) == (other.state, other.recorded)


def test_before_each_command_every_stream_stands_as_it_then_stood() -> None:
    """With and without room to keep streams: the answer is that of a desk that reads all anew."""
    found = jars()
    indexed()
    for _, page in decided.decided():
        for each in page:
            alone = desk_of(each.together[0])
            for jar in found:
                one, other = each.desk.load(DECIDER, jar), alone.load(DECIDER, jar)
                assert (one.state, one.version) == (other.state, other.version)
                assert one.recorded == other.recorded
                version = reading.load(DECIDER, jar, version=one.version)
                assert (one.state, one.version) == (version.state, version.version)


def test_only_so_many_events_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [full_jar(1, 2) for _ in range(5)]
    indexed()
    kept = Streams(kept_at_most=7)
    read: list[UUID] = []

    def counting(statement: Any, values: Any) -> Any:
        read.extend([values[0]] if isinstance(values[0], UUID) else values[0])
        return run(statement, values)

    monkeypatch.setattr("audits.past.streams.run", counting)
    kept.fetch(found)
    assert read == found
    read.clear()
    for jar in (*found, *found[-2:]):  # of two and a third there was room; the third is read whole
        loaded = kept.before(DECIDER, jar, END)
        assert isinstance(loaded.state, Open)
        assert (loaded.version, loaded.state.held_cents) == (3, 3)
    assert read == [found[2], found[3], found[4]]
    kept.before(DECIDER, found[0], END)
    assert read[-1] == found[0]  # it had to go


def test_of_two_aggregates_under_one_id_each_is_read_alone() -> None:
    jar = full_jar(1, 2)
    events = tuple(reading.load(DECIDER, jar).recorded)
    mixed = Stream(("jar", "jar", "other"), ((0, 1), (1, 1), (2, 1)), events)
    loaded = mixed.before(DECIDER, jar, END)
    assert (loaded.version, loaded.state.held_cents) == (2, 1)
    assert Stream((), (), ()).before(DECIDER, jar, END).version == 0


def test_a_stream_that_stands_in_the_log_in_another_order_is_read_by_place() -> None:
    jar = full_jar(1, 2)
    events = tuple(reading.load(DECIDER, jar).recorded)
    moved = Stream(("jar",) * 3, ((0, 1), (5, 1), (2, 1)), events)
    loaded = moved.before(DECIDER, jar, (3, 0))
    assert (loaded.version, loaded.state.held_cents) == (2, 2)


def test_a_stream_is_folded_to_an_earlier_place_after_a_later_one() -> None:
    jar = full_jar(1, 2, 4)
    events = tuple(reading.load(DECIDER, jar).recorded)
    plain = Stream(("jar",) * 4, tuple((index, 1) for index in range(4)), events)
    held = [plain.before(DECIDER, jar, (place, 0)).state.held_cents for place in (4, 2, 3, 4)]
    assert held == [7, 1, 3, 7]
