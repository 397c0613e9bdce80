"""Times of events against times of checkpoints: what was dated back, or ahead, is found."""

import json
from datetime import datetime, timedelta
from typing import Final

import pytest
from django.db import connection
from msgspec import to_builtins

from audits import context, verification
from audits.codec import canonical, leaf_hash
from audits.differences import Look, Silence
from audits.sealing import checkpoints, times, waiting
from audits.sealing.growing import grow_until_idle
from audits.sealing.halt import SealingHalted
from audits.sequencing import Sequencer
from tests.audits.histories import TIMES_OF_THE_LOG
from tests.audits.sealing.journals import log, record, seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import as_superuser, forget_after, rebuild

pytestmark = pytest.mark.django_db

NOW: Final = timedelta(0)
HOUR: Final = timedelta(hours=1)
LATE: Final = timedelta(seconds=times.LATE_SECONDS)
APART: Final = timedelta(seconds=times.CLOCKS_APART_SECONDS)
INSTANT: Final = timedelta(microseconds=1)


def kind() -> str | None:
    return verification.verify(only=("versions", "log", "tree", "checkpoints", "times")).kind


@pytest.fixture
def today(office: Office) -> Office:
    """Bring the office to the database's time, with a checkpoint of the first events."""
    office.now_s = int(context.database_now().timestamp())
    seal(3)
    office.publish()
    return office


def signed_at() -> datetime:
    published = checkpoints.last()
    assert published is not None
    return published.signed_at


def date(moment: datetime, *, count: int = 1) -> None:
    """Write another time into the last events, as who owns the database: everything else fits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, canonical FROM audits_event ORDER BY xid DESC, event_id DESC LIMIT %s",
            [count],
        )
        found = cursor.fetchall()
    for event_id, content in found:
        changed = canonical(json.loads(bytes(content)) | {"recorded_at": to_builtins(moment)})
        as_superuser(
            f"UPDATE audits_event SET canonical = '\\x{changed.hex()}',"  # noqa: S608 -- of this test
            f" leaf_hash = '\\x{leaf_hash(changed).hex()}', recorded_at = '{moment.isoformat()}'"
            f" WHERE event_id = '{event_id}'",
            TIMES_OF_THE_LOG,
        )


@pytest.mark.usefixtures("today")
def test_what_was_recorded_when_it_says_is_sound(today: Office) -> None:
    for _ in range(3):
        seal(2)
        today.publish()
        today.publish()  # nothing new
    log(2)  # in no checkpoint yet
    assert kind() is None


def test_without_a_checkpoint_there_is_only_the_order() -> None:
    assert kind() is None
    log(3)
    assert kind() is None


@pytest.mark.parametrize(("early", "expected"), [(NOW, None), (INSTANT, "recorded_after_sealed")])
def test_what_is_in_a_checkpoint_was_recorded_before_it(
    today: Office, early: timedelta, expected: str | None
) -> None:
    log(1)
    date(checkpoints.moment(today.now_s + 10) + APART + early)
    grow_until_idle()
    today.publish()
    assert kind() == expected


@pytest.mark.parametrize(
    ("late", "expected"), [(NOW, None), (INSTANT, "recorded_long_before_sealed")]
)
def test_what_is_not_in_a_checkpoint_was_recorded_after_it(
    today: Office, late: timedelta, expected: str | None
) -> None:
    log(1)
    date(signed_at() - LATE - late)
    assert kind() == expected
    grow_until_idle()
    today.publish()
    assert kind() == expected


@pytest.mark.parametrize(
    ("late", "expected"), [(NOW, None), (INSTANT, "recorded_long_before_sealed")]
)
def test_the_log_does_not_go_back_in_time(late: timedelta, expected: str | None) -> None:
    log(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT recorded_at FROM audits_event")
        [(before,)] = cursor.fetchall()
    log(1)
    date(before - LATE - late)
    log(1)
    assert kind() == expected


def test_the_log_does_not_go_back_in_small_steps() -> None:
    before = context.database_now()
    for thirds in (0, 2, 4):
        log(1)
        date(before - thirds * LATE / 3)
    assert kind() == "recorded_long_before_sealed"


def test_every_page_of_checkpoints_is_read(today: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "PAGE_SIZE", 1)
    for _ in range(2):
        seal(1)
        today.publish()
    log(1)
    date(signed_at() - LATE - INSTANT)
    assert kind() == "recorded_long_before_sealed"


def test_one_false_time_does_not_make_others_false(today: Office) -> None:
    log(1)
    date(signed_at() + 10 * HOUR)
    seal(5)
    today.publish()
    found = list(times.times_check(Look(name="times", progress=Silence())))
    assert [each.kind for each in found] == ["recorded_after_sealed"]
    assert "in checkpoint 1" in found[0].detail


# -- Attacks -------------------------------------------------------------------------------


def test_a_clock_of_the_database_that_was_set_back_is_found(today: Office) -> None:
    """Whoever wants to have acted an hour ago: the clock back, some commands, the clock right."""
    log(4)
    date(signed_at() - HOUR, count=4)
    seal(2)
    today.publish()
    report = verification.verify(only=("times",))
    assert report.kind == "recorded_long_before_sealed"
    assert len(report.differences) == 4
    assert "not in checkpoint 0" in report.differences[0].detail


def test_an_event_slipped_in_while_nothing_happened_is_found(office: Office) -> None:
    """For two hours there were checkpoints and no events: none can have been recorded in them."""
    now = context.database_now()
    log(3)
    date(now - 2 * HOUR, count=4)
    grow_until_idle()
    office.now_s = int((now - 2 * HOUR).timestamp())
    for _ in range(12):
        office.publish()
        office.now_s += 590
    assert kind() is None
    log(1)
    date(now - HOUR)  # later than all that is in the log
    grow_until_idle()
    office.publish()
    assert kind() == "recorded_long_before_sealed"


def test_a_back_dated_event_is_found_though_all_is_hashed_again(today: Office) -> None:
    """The event is new and its time old; tiles and frontier are built over it, and it is signed."""
    log(1)
    date(signed_at() - HOUR)
    rebuild()
    today.publish()
    assert kind() == "recorded_long_before_sealed"


# -- What is late and innocent -------------------------------------------------------------


@pytest.mark.parametrize("is_indexed", [False, True], ids=["not in the log", "not in the tree"])
def test_no_checkpoint_is_published_while_an_event_waits(
    today: Office, *, is_indexed: bool
) -> None:
    limit = timedelta(seconds=waiting.WAITING_SECONDS)
    now = context.database_now()
    (log if is_indexed else record)(1)
    date(now - limit + timedelta(seconds=45))
    today.publish()
    date(now - limit)
    today.now_s += 10
    assert today.publisher.publish(now_s=today.now_s) is None
    assert today.restarted().publish(now_s=today.now_s) is None
    assert today.signer.last().at_s == today.now_s - 10
    Sequencer().run_until_empty()
    grow_until_idle()
    assert today.publish().size == 5
    assert kind() is None


def test_a_log_that_went_back_halts_even_while_events_wait(today: Office) -> None:
    seal(5)
    today.publish()
    forget_after(4)
    record(1)
    date(context.database_now() - HOUR)
    with pytest.raises(SealingHalted) as halted:
        today.restarted().publish(now_s=today.now_s)
    assert halted.value.code == "outside_ahead"


def test_a_sequencer_that_stood_still_dates_nothing_back(office: Office) -> None:
    now = context.database_now()
    office.now_s = int((now - 3 * HOUR).timestamp())
    office.publish()
    record(5)
    date(now - 2 * HOUR, count=6)  # with that of the key; and then the sequencer is away
    for _ in range(10):
        office.now_s += 600
        assert office.publisher.publish(now_s=office.now_s) is None
    record(1)
    office.now_s = int(now.timestamp())
    Sequencer().run_until_empty()
    grow_until_idle()
    office.publish()
    assert kind() is None


@pytest.mark.django_db(transaction=True)
def test_whoever_looks_again_looks_only_at_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    look = waiting.Waiting()
    log(3)
    assert not look.is_too_long(0)
    assert look.floor > 0
    floor = look.floor
    [waits] = record(1)
    assert not look.is_too_long(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text::bigint FROM audits_event WHERE event_id = %s", [waits])
        [(xid,)] = cursor.fetchall()
    assert floor <= look.floor <= xid
    look.floor = 2**60  # the database was restored meanwhile
    monkeypatch.setattr(waiting, "WAITING_SECONDS", 0)
    assert look.is_too_long(0)
