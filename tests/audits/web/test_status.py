"""What is running, in plain words, both sides of each limit."""

from collections.abc import Iterator

import pytest
from celery import current_app
from kombu import Connection

from audits.api.health import LATE_SECONDS, SILENT_SECONDS, Progress, Ready
from audits.web import status
from audits.web.status import Mood, broker_probe


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    broker_probe.forget()
    yield
    broker_probe.forget()


def progress(
    *,
    due: float = 0.0,
    waiting: int = 0,
    waiting_seconds: float = 0.0,
    dead: int = 0,
    checkpoint: float | None = 0.0,
) -> Progress:
    return Progress(
        on_time=True,
        oldest_due_seconds=due,
        unsequenced_events=waiting,
        oldest_unsequenced_seconds=waiting_seconds,
        dead_work_items=dead,
        unsealed_events=12,
        newest_checkpoint_seconds=checkpoint,
    )


@pytest.mark.parametrize(
    ("answers", "migrated", "mood", "word"),
    [
        (True, True, Mood.GOOD, "running"),
        (True, False, Mood.BAD, "not ready"),
        (False, False, Mood.BAD, "away"),
    ],
)
def test_the_database(*, answers: bool, migrated: bool, mood: Mood, word: str) -> None:
    sign = status.database(Ready(database=answers, migrations=migrated))
    assert (sign.mood, sign.word) == (mood, word)


@pytest.mark.parametrize(
    ("measured", "mood", "word"),
    [
        (progress(), Mood.GOOD, "empty"),
        (progress(due=0.1), Mood.GOOD, "running"),
        (progress(due=LATE_SECONDS), Mood.GOOD, "running"),
        (progress(due=LATE_SECONDS + 0.1), Mood.BAD, "late"),
        (progress(dead=1), Mood.BAD, "stuck"),
    ],
)
def test_the_work(measured: Progress, mood: Mood, word: str) -> None:
    sign = status.work(measured)
    assert (sign.mood, sign.word) == (mood, word)


@pytest.mark.parametrize(
    ("measured", "mood", "word"),
    [
        (progress(), Mood.GOOD, "complete"),
        (progress(waiting=3, waiting_seconds=LATE_SECONDS), Mood.GOOD, "running"),
        (progress(waiting=3, waiting_seconds=LATE_SECONDS + 0.1), Mood.BAD, "late"),
    ],
)
def test_the_log(measured: Progress, mood: Mood, word: str) -> None:
    sign = status.log(measured)
    assert (sign.mood, sign.word) == (mood, word)


@pytest.mark.parametrize(
    ("measured", "mood", "word"),
    [
        (progress(checkpoint=None), Mood.WARNING, "missing"),
        (progress(checkpoint=SILENT_SECONDS), Mood.GOOD, "fresh"),
        (progress(checkpoint=SILENT_SECONDS + 0.1), Mood.BAD, "late"),
    ],
)
def test_the_seal(measured: Progress, mood: Mood, word: str) -> None:
    sign = status.seal(measured)
    assert (sign.mood, sign.word) == (mood, word)


def test_numbers_and_ages_are_told() -> None:
    assert (
        "3, the oldest for 1 minute" in status.log(progress(waiting=3, waiting_seconds=61)).meaning
    )
    assert "due for 2 hours" in status.work(progress(due=7_300)).meaning
    assert "2 minutes old, 12 events since" in status.seal(progress(checkpoint=125)).meaning
    assert "for a person: 2" in status.work(progress(dead=2)).meaning


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "less than a second"),
        (1.0, "1 second"),
        (59.9, "59 seconds"),
        (60.0, "1 minute"),
        (7_200.0, "2 hours"),
        (86_400.0, "1 day"),
    ],
)
def test_durations_in_their_largest_unit(seconds: float, text: str) -> None:
    assert status.duration(seconds) == text


def test_the_real_broker_answers() -> None:
    assert broker_probe.answers() is True
    assert status.broker(answers=True).mood is Mood.GOOD


def test_a_broker_that_is_away_is_noticed_and_asked_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def nowhere(**_options: int) -> Connection:
        asked.append(1)
        return Connection("redis+socket:///nowhere/at/all.sock")

    monkeypatch.setattr(current_app, "connection_for_read", nowhere)
    assert [broker_probe.answers() for _ in range(3)] == [False] * 3
    assert len(asked) == 1
    assert status.broker(answers=False).mood is Mood.WARNING
