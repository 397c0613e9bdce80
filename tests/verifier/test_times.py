"""When events were recorded, against when checkpoints were signed: both sides of what is allowed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.verifier.bundles import COSIGNATURE, LOG, ORIGIN, Signer, canonical, event, part, whole
from tests.verifier.judged import codes, found, held
from verifier.verify_bundle import CLOCKS_APART_S, LATE_S

NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON_S: Final = int(NOON.timestamp())
TIMED: Final = Signer(LOG.secret, ORIGIN, COSIGNATURE, NOON_S)
"""The log's key, saying when it signs."""


def recorded(*moments_s: float) -> list[bytes]:
    """Make events of one stream, recorded so many seconds after noon."""
    events = []
    for version, seconds in enumerate(moments_s, start=1):
        at = (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
        events.append(canonical(json.loads(event(1, version)) | {"recorded_at": at}))
    return events


def verdict(events: list[bytes], place: Path, *options: str) -> set[str]:
    """Tell what differs in a whole log that was signed at noon."""
    made = whole(events, LOG, TIMED)
    if found(made.write(place), *options)[0] == 0:
        return set()
    return codes(made, place, *options)


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [(-5, set()), (CLOCKS_APART_S, set()), (CLOCKS_APART_S + 0.001, {"recorded_at_wrong"})],
)
def test_what_was_signed_was_recorded_before(
    seconds: float, wrong: set[str], tmp_path: Path
) -> None:
    assert verdict(recorded(-9, seconds), tmp_path) == wrong


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [(-LATE_S, set()), (-LATE_S - 0.001, {"recorded_at_wrong"})],
)
def test_what_an_older_checkpoint_does_not_have_was_recorded_after_it(
    seconds: float, wrong: set[str], tmp_path: Path
) -> None:
    events = recorded(-5_000, -5_000, seconds)
    place = tmp_path / "bundle"
    kept = tmp_path / "kept"
    kept.write_bytes(whole(events[:2], LOG, TIMED).note)
    assert verdict(events, place) == set()
    assert verdict(events, place, f"--checkpoint={kept}") == wrong


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [(CLOCKS_APART_S, set()), (CLOCKS_APART_S + 0.001, {"recorded_at_wrong"})],
)
def test_of_checkpoints_that_have_an_event_the_earliest_says_when_it_was_there(
    seconds: float, wrong: set[str], tmp_path: Path
) -> None:
    events = recorded(-9, seconds, 599)
    kept = tmp_path / "kept"
    kept.write_bytes(whole(events[:2], LOG, TIMED).note)
    place = whole(events, LOG, replace(TIMED, at_s=NOON_S + 600)).write(tmp_path / "bundle")
    assert found(place)[0] == 0
    _, answer = found(place, f"--checkpoint={kept}")
    assert {each["code"] for each in answer["differences"]} == wrong


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [(-LATE_S, set()), (-LATE_S - 0.001, {"recorded_at_wrong"})],
)
def test_the_log_does_not_go_back_in_time(seconds: float, wrong: set[str], tmp_path: Path) -> None:
    events = recorded(0, seconds, 0)
    assert verdict(events, tmp_path / "whole") == wrong
    some = part(events, [0, 1], LOG)  # without a time there is the order of the log
    code, answer = found(some.write(tmp_path / "part"))
    assert {each["code"] for each in answer["differences"]} == wrong
    assert code == len(wrong)


def test_the_log_does_not_go_back_in_small_steps(tmp_path: Path) -> None:
    third = LATE_S // 3
    assert verdict(recorded(0, -2 * third, -4 * third), tmp_path) == {"recorded_at_wrong"}


def test_what_an_older_checkpoint_does_not_have_may_be_younger(tmp_path: Path) -> None:
    events = recorded(-9, -9, 5_000)
    kept = tmp_path / "kept"
    kept.write_bytes(whole(events[:2], LOG, TIMED).note)
    assert found(whole(events).write(tmp_path / "bundle"), f"--checkpoint={kept}")[0] == 0


def test_what_no_checkpoint_dates_is_said_not_to_be_proved(tmp_path: Path) -> None:
    undated = whole(recorded(0))
    _, answer = found(undated.write(tmp_path / "undated"))
    assert not any("No time" in text for text in answer["proved"])
    assert any("no checkpoint is dated" in text for text in answer["not_proved"])
    _, answer = found(whole(recorded(0), LOG, TIMED).write(tmp_path / "dated"))
    assert not any("no checkpoint is dated" in text for text in answer["not_proved"])
    assert any("No time" in text for text in answer["proved"])


def test_the_time_that_the_log_says_is_signed(tmp_path: Path) -> None:
    note = whole(recorded(0), LOG, TIMED).note
    other = whole(recorded(0), LOG, replace(TIMED, at_s=NOON_S + 1)).note
    *body, line = note.splitlines(keepends=True)
    mixed = b"".join([*body, other.splitlines(keepends=True)[-1][:40] + line[40:]])
    assert mixed != note
    assert codes(whole(recorded(0)).but(note=mixed), tmp_path) == {"signature_wrong"}


def test_the_log_is_not_its_own_witness(tmp_path: Path) -> None:
    place = whole(recorded(0), LOG, TIMED).write(tmp_path)
    assert found(place, f"--witness={TIMED.key}", "--witnesses=1")[0] == 1


def test_an_older_checkpoint_without_a_time_dates_nothing(tmp_path: Path) -> None:
    place = tmp_path / "bundle"
    kept = held(place, 0)
    assert verdict(recorded(-50_000), place, kept) == set()


def test_an_event_without_a_time_is_malformed(tmp_path: Path) -> None:
    envelope = json.loads(event(1, 1))
    del envelope["recorded_at"]
    assert codes(whole([canonical(envelope)]), tmp_path) == {"event_malformed"}


@pytest.mark.parametrize(
    "time", [None, 1, [], "", "yesterday", "2026-11-23T12:00:00", "0001-01-01"]
)
def test_a_time_that_is_none_or_without_its_offset_is_malformed(
    time: object, tmp_path: Path
) -> None:
    envelope = json.loads(event(1, 1)) | {"recorded_at": time}
    assert codes(whole([canonical(envelope)]), tmp_path) == {"event_malformed"}
