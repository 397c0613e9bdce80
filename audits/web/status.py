"""What is running, in plain words: the database, the broker, the work, the log, its seal."""

import platform
import time
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from threading import Lock
from typing import Final

from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError as BrokerAway

from audits.api import health
from audits.api.health import Progress, Ready

REMEMBERED_SECONDS: Final = 5.0
"""How long an answer about the broker holds: visitors must not wait for it one after the other."""
CONNECT_SECONDS: Final = 1


class Mood(StrEnum):
    """How well a part does."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Sign:
    """How one part of the service does."""

    part: str
    mood: Mood
    word: str
    """The mood as a word, such as `late`."""
    meaning: str
    """What that means for whoever uses the service."""


@dataclass(slots=True)
class BrokerProbe:
    """Asks the broker whether it answers, once in a while."""

    _answers: bool = False
    _ask_again_at_seconds: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def answers(self) -> bool:
        """Tell whether the broker answered when it was last asked."""
        with self._lock:
            if time.monotonic() >= self._ask_again_at_seconds:
                self._answers = _ask()
                self._ask_again_at_seconds = time.monotonic() + REMEMBERED_SECONDS
            return self._answers

    def forget(self) -> None:
        """Ask again when next asked."""
        self._ask_again_at_seconds = 0.0


def _ask() -> bool:
    try:
        with current_app.connection_for_read(connect_timeout=CONNECT_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
    except (BrokerAway, OSError):
        return False
    return True


broker_probe: Final = BrokerProbe()


def signs(ready: Ready) -> list[Sign]:
    """Look at every part. Without its tables only the database and the broker can be asked."""
    if not (ready.database and ready.migrations):
        return [database(ready), broker(answers=broker_probe.answers())]
    progress = health.progress()
    return [
        database(ready),
        broker(answers=broker_probe.answers()),
        work(progress),
        log(progress),
        seal(progress),
    ]


def database(ready: Ready) -> Sign:
    """Say how the database does."""
    if not ready.database:
        return Sign("Database", Mood.BAD, "away", "Nothing can be read or recorded.")
    if not ready.migrations:
        meaning = "It answers, but its tables are not those of this version: run the migrations."
        return Sign("Database", Mood.BAD, "not ready", meaning)
    return Sign("Database", Mood.GOOD, "running", "It answers, and its tables are up to date.")


def broker(*, answers: bool) -> Sign:
    """Say how the broker does; nothing is lost without it."""
    if answers:
        return Sign("Broker", Mood.GOOD, "running", "It answers; work starts at once.")
    meaning = "Nothing is lost: work waits in the database, for the sweeper or the broker's return."
    return Sign("Broker", Mood.WARNING, "away", meaning)


def work(progress: Progress) -> Sign:
    """Say how old the oldest work is, and what has failed too often."""
    if progress.dead_work_items:
        meaning = f"Failed too often and waiting for a person: {progress.dead_work_items:,}."
        return Sign("Work queue", Mood.BAD, "stuck", meaning)
    seconds = progress.oldest_due_seconds
    if seconds == 0:
        return Sign("Work queue", Mood.GOOD, "empty", "Nothing is due.")
    meaning = f"The oldest work has been due for {duration(seconds)}."
    if seconds > health.LATE_SECONDS:
        return Sign("Work queue", Mood.BAD, "late", meaning)
    return Sign("Work queue", Mood.GOOD, "running", meaning)


def log(progress: Progress) -> Sign:
    """Say how many events wait for their place in the log."""
    count = progress.unsequenced_events
    if not count:
        return Sign("Log", Mood.GOOD, "complete", "Every event has its place in the log.")
    seconds = progress.oldest_unsequenced_seconds
    meaning = f"Without a place in the log: {count:,}, the oldest for {duration(seconds)}."
    if seconds > health.LATE_SECONDS:
        return Sign("Log", Mood.BAD, "late", meaning)
    return Sign("Log", Mood.GOOD, "running", meaning)


def seal(progress: Progress) -> Sign:
    """Say whether the log is still being signed."""
    seconds = progress.newest_checkpoint_seconds
    if seconds is None:
        meaning = "No checkpoint was ever signed: nothing of the log can be proven to outsiders."
        return Sign("Seal", Mood.WARNING, "missing", meaning)
    meaning = (
        f"Newest checkpoint: {duration(seconds)} old, {progress.unsealed_events:,} events since."
    )
    if seconds > health.SILENT_SECONDS:
        return Sign("Seal", Mood.BAD, "late", meaning)
    return Sign("Seal", Mood.GOOD, "fresh", meaning)


def duration(seconds: float) -> str:
    """Spell a duration in its largest whole unit."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a second"


def versions() -> list[tuple[str, str]]:
    """List what runs, with versions; needs the database."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (postgres,) = cursor.fetchone()
    return [
        ("Tollgate", settings.TOLLGATE_VERSION),
        ("Python", platform.python_version()),
        ("Django", version("Django")),
        ("Django REST framework", version("djangorestframework")),
        ("Celery", version("celery")),
        ("PostgreSQL", str(postgres)),
    ]
