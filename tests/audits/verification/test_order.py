"""Verification names what is missing or out of order, in a stream and in the log."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins

from audits import verification
from audits.codec import canonical
from audits.verification import journal
from tests.audits import histories
from tests.audits.histories import TIMES_OF_THE_LOG
from tests.audits.verification.tampering import (
    event_of,
    fetch,
    kinds,
    replace_bytes,
    rewrite,
    tamper,
    verify,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


def carry_times_along() -> None:
    """Make every place of the log say when the latest event up to it was recorded."""
    tamper(TIMES_OF_THE_LOG)


def date(jar: UUID, version: int, moment: datetime) -> None:
    """Write another time into an event, and into whatever repeats it."""
    rewrite(jar, version, lambda envelope: envelope.update(recorded_at=to_builtins(moment)))
    event_id = event_of(jar, version)
    tamper("UPDATE audits_event SET recorded_at = %s WHERE event_id = %s", moment, event_id)
    carry_times_along()


# -- Streams -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_removed_event_is_named_by_the_gap_in_its_stream(jar: UUID, version: int) -> None:
    event = event_of(jar, version)
    tamper("DELETE FROM audits_log WHERE event_id = %s", event)
    tamper("DELETE FROM audits_event WHERE event_id = %s", event)
    kinds("version_gap", str(jar))


def test_the_removed_end_of_a_stream_is_named_by_the_gap_in_the_log(jar: UUID) -> None:
    event = event_of(jar, 4)
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event)
    tamper("DELETE FROM audits_log WHERE event_id = %s", event)
    tamper("DELETE FROM audits_event WHERE event_id = %s", event)
    kinds("log_gap", f"log index {index + 1}")


@pytest.mark.parametrize(("seconds", "is_sound"), [(125, True), (125.001, False)])
def test_an_event_recorded_before_its_predecessor_is_named(
    jar: UUID, seconds: float, *, is_sound: bool
) -> None:
    before = fetch("SELECT recorded_at FROM audits_event WHERE event_id = %s", event_of(jar, 2))
    date(jar, 3, before - timedelta(seconds=seconds))
    assert verification.verify(only=("bytes", "versions")).is_sound == is_sound
    if not is_sound:  # version 4 follows a wrong time in peace: only what goes back is named
        kinds("recorded_before_predecessor", f"{jar}@3")


def test_who_goes_back_in_small_steps_is_named_too(jar: UUID) -> None:
    before = fetch("SELECT recorded_at FROM audits_event WHERE event_id = %s", event_of(jar, 2))
    date(jar, 3, before - timedelta(seconds=100))
    date(jar, 4, before - timedelta(seconds=200))
    kinds("recorded_before_predecessor", f"{jar}@4")


def test_a_stream_that_changes_its_aggregate_is_named(jar: UUID) -> None:
    rewrite(jar, 3, lambda envelope: envelope.update(aggregate="bottle"))
    tamper("UPDATE audits_event SET aggregate = 'bottle' WHERE event_id = %s", event_of(jar, 3))
    kinds("aggregate_mixed", f"{jar}@3")


def test_an_aggregate_that_nothing_folds_is_named(jar: UUID) -> None:
    for version in range(1, 5):
        rewrite(jar, version, lambda envelope: envelope.update(aggregate="bottle"))
    tamper("UPDATE audits_event SET aggregate = 'bottle' WHERE stream_id = %s", jar)
    kinds("aggregate_unknown", str(jar))


@pytest.mark.parametrize(
    "change",
    [
        lambda envelope: envelope["data"].update(surprise=1),
        lambda envelope: envelope["data"].pop("amount_cents"),
        lambda envelope: envelope["data"].update(amount_cents="-1"),
    ],
    ids=["unknown field", "missing field", "negative money"],
)
def test_an_event_that_cannot_be_decoded_is_named(
    jar: UUID, change: Callable[[dict[str, Any]], object]
) -> None:
    rewrite(jar, 3, change)
    kinds("stream_does_not_fold", f"{jar}@3")


def test_an_event_that_cannot_have_happened_then_is_named_once(jar: UUID) -> None:
    opened = fetch("SELECT canonical FROM audits_event WHERE event_id = %s", event_of(jar, 1))
    filled = json.loads(bytes(opened)) | {"type": "jar_smashed", "data": {}}
    replace_bytes(jar, 1, canonical(filled))
    tamper("UPDATE audits_event SET type = 'jar_smashed' WHERE event_id = %s", event_of(jar, 1))
    kinds("stream_does_not_fold", f"{jar}@1")


# -- The log -------------------------------------------------------------------------------


def test_a_removed_place_in_the_log_is_named(jar: UUID) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 4))
    tamper("DELETE FROM audits_log WHERE log_index = %s", index)
    kinds("log_gap", f"log index {index + 1}")


@pytest.mark.usefixtures("jars", "jar")
def test_a_log_that_does_not_begin_at_0_is_named() -> None:
    tamper("UPDATE audits_log SET log_index = log_index + 100")
    tamper("UPDATE audits_log SET log_index = log_index - 99")
    kinds("log_gap", "log index 1")


def test_swapped_places_of_one_stream_are_named(jar: UUID) -> None:
    first, second = (
        fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, version))
        for version in (2, 3)
    )
    for old, new in ((first, 1_000), (second, first), (1_000, second)):
        tamper("UPDATE audits_log SET log_index = %s WHERE log_index = %s", new, old)
    carry_times_along()
    # Version 3 stands before version 2, and version 4 behind both.
    kinds("log_order_wrong", f"log index {first}")


@pytest.mark.parametrize("moved", [timedelta(microseconds=1), timedelta(microseconds=-1)])
@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_place_that_says_another_time_than_its_latest_event_is_named(
    jar: UUID, version: int, moved: timedelta
) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, version))
    tamper("UPDATE audits_log SET latest_at = latest_at + %s WHERE log_index = %s", moved, index)
    kinds("log_latest_wrong", f"log index {index}")


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "20000-01-01T00:00:00Z"])
def test_a_latest_time_that_no_calendar_has_is_named(jar: UUID, moment: str) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 2))
    tamper("UPDATE audits_log SET latest_at = %s WHERE log_index = %s", moment, index)
    kinds("log_latest_wrong", f"log index {index}")


@pytest.mark.parametrize(
    "cause_of",
    [lambda jar: event_of(jar, 4), lambda jar: event_of(jar, 2), lambda _jar: UUID(int=1)],
    ids=["later", "itself", "nowhere"],
)
def test_an_effect_that_does_not_follow_its_cause_is_named(
    jar: UUID, cause_of: Callable[[UUID], UUID]
) -> None:
    cause = cause_of(jar)
    rewrite(jar, 2, lambda envelope: envelope.update(causation_id=str(cause)))
    tamper("UPDATE audits_event SET causation_id = %s WHERE event_id = %s", cause, event_of(jar, 2))
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 2))
    kinds("log_cause_late", f"log index {index}")


def test_an_effect_that_follows_its_cause_is_no_difference(jar: UUID) -> None:
    cause = event_of(jar, 1)
    rewrite(jar, 2, lambda envelope: envelope.update(causation_id=str(cause)))
    tamper("UPDATE audits_event SET causation_id = %s WHERE event_id = %s", cause, event_of(jar, 2))
    assert verification.verify(only=("log",)).is_sound


def test_a_place_without_an_event_is_named(jar: UUID) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 4))
    tamper("UPDATE audits_log SET event_id = %s WHERE log_index = %s", UUID(int=9), index)
    kinds("log_without_event", f"log index {index}")


@pytest.mark.usefixtures("jars", "jar")
def test_an_event_without_a_place_is_named_once_the_sequencer_must_have_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = histories.full_jar()
    assert verify().is_sound
    monkeypatch.setattr(journal, "GRACE_SECONDS", -1)
    kinds("event_not_in_log", str(event_of(late, 1)))
