"""Bundles: what holds is proved and said, and what is asked of outside is compared."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.verifier.bundles import (
    FORGER,
    LOG,
    OTHER_WITNESS,
    WITNESS,
    Made,
    checkpoint,
    history,
    part,
    whole,
)
from tests.verifier.judged import EVENTS, PART, WHOLE, codes, found, held
from tests.verifier.naive import Naive
from verifier.verify_bundle import SHOWN


@pytest.mark.parametrize("made", [WHOLE, PART], ids=["whole", "part"])
def test_what_holds_is_proved(made: Made, tmp_path: Path) -> None:
    code, answer = found(made.write(tmp_path))
    assert code == 0
    assert answer["differences"] == []
    assert f"{len(made.events)} events are as they were signed" in answer["proved"][1]
    assert f"{4 if made.whole else 1} streams begin" in answer["proved"][2]


def test_no_more_is_said_to_be_proved_than_is(tmp_path: Path) -> None:
    signed = f"Signed: a log of 20 events, {Naive(WHOLE.leaves).root(20).hex()}."
    _, answer = found(WHOLE.write(tmp_path / "whole"))
    assert answer["proved"] == [
        signed,
        "20 events are as they were signed; they are the whole log.",
        "4 streams begin at version 1 and have no gap.",
    ]
    _, answer = found(PART.write(tmp_path / "part"))
    assert answer["proved"] == [
        signed,
        "5 events are as they were signed; each is in the log at its place.",
        "1 streams begin at version 1 and have no gap.",
    ]


def test_what_is_not_proved_is_said(tmp_path: Path) -> None:
    _, whole_log = found(WHOLE.write(tmp_path / "whole"))
    _, some = found(PART.write(tmp_path / "part"))
    truth = "Whether what was recorded is true; only that it is still what was recorded."
    tables = "Whether tables for people say the same as events.jsonl."
    left_out = "Whether later events of these streams, or other streams, exist."
    assert {truth, tables} <= set(whole_log["not_proved"])
    assert set(some["not_proved"]) - set(whole_log["not_proved"]) == {left_out}
    assert any("--checkpoint" in text for text in whole_log["not_proved"])
    assert any("--witnesses" in text for text in whole_log["not_proved"])


def test_a_forged_key_signs_nothing(tmp_path: Path) -> None:
    code, answer = found(whole(EVENTS, FORGER).write(tmp_path))
    [difference] = answer["differences"]
    assert (code, answer["difference_count"]) == (1, 1)
    assert difference["code"] == "signature_missing"
    assert list(answer) == ["difference_count", "differences"]


@pytest.mark.parametrize("size", [0, 1, 8, 13, 20])
def test_the_log_goes_on_from_an_older_checkpoint(size: int, tmp_path: Path) -> None:
    code, answer = found(WHOLE.write(tmp_path / "whole"), held(tmp_path, size))
    assert code == 0
    assert any(f"goes on from {size} events" in text for text in answer["proved"])
    made = PART.but(consistent_with=(size,) if 0 < size < 20 else ())
    assert found(made.write(tmp_path / "part"), held(tmp_path, size))[0] == 0


def test_without_the_proof_that_was_asked_for_nothing_is_judged(tmp_path: Path) -> None:
    code, answer = found(PART.write(tmp_path / "part"), held(tmp_path, 13))
    assert code == 2
    assert list(answer) == ["unusable"]


def test_a_log_that_was_signed_again_with_another_past_is_found(tmp_path: Path) -> None:
    other = [EVENTS[0].replace(b'"100"', b'"700"'), *EVENTS[1:]]
    assert codes(whole(other), tmp_path / "whole", held(tmp_path, 13)) == {"log_rewritten"}
    made = part(other, PART.places).but(consistent_with=(13,))
    assert codes(made, tmp_path / "part", held(tmp_path, 13)) == {"log_rewritten"}
    assert codes(whole(other), tmp_path / "same", held(tmp_path, 20)) == {"log_rewritten"}


def test_a_log_that_was_rolled_back_is_found(tmp_path: Path) -> None:
    assert codes(whole(EVENTS[:13]), tmp_path / "whole", held(tmp_path, 14)) == {"log_rolled_back"}
    made = part(EVENTS[:13], [1, 5, 9])
    assert codes(made, tmp_path / "part", held(tmp_path, 14)) == {"log_rolled_back"}
    beyond = WHOLE.but(
        note=checkpoint(WHOLE.leaves[:13])
    )  # its events go on, but nobody signed them
    assert codes(beyond, tmp_path / "beyond", held(tmp_path, 20)) >= {"log_rolled_back"}


def test_as_many_witnesses_as_asked_for_have_cosigned(tmp_path: Path) -> None:
    place = whole(EVENTS, LOG, WITNESS, OTHER_WITNESS).write(tmp_path)
    one, two = f"--witness={WITNESS.key}", f"--witness={OTHER_WITNESS.key}"
    code, answer = found(place, one, two, "--witnesses=2")
    assert (code, answer["proved"][-1]) == (0, "At least 2 known witnesses cosigned.")
    code, answer = found(place, one, "--witnesses=2")
    assert (code, answer["differences"][0]["code"]) == (1, "witnesses_missing")
    assert found(place, one, one, "--witnesses=2")[0] == 1
    assert not any("cosigned" in text for text in found(place, "--witnesses=-1")[1]["proved"])


def test_the_first_differences_of_each_kind_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    """Many of one kind hide none of another: that the log was rewritten is found last."""
    events = [each.replace(b"jar", b"car") for each in history(streams=10, versions=5)]
    made = whole(history(streams=10, versions=5)).but(events=events)
    _, answer = found(made.write(tmp_path))
    shown = Counter(each["code"] for each in answer["differences"])
    assert shown["leaf_differs"] == SHOWN
    assert shown["root_differs"] == 1
    assert answer["difference_count"] > 50


@pytest.mark.parametrize("text", ["not a key", "name+00000000", LOG.key[:-4]])
def test_a_malformed_key_is_named_as_such_and_nothing_is_judged(text: str, tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path)
    for code, answer in (found(place, key=text), found(place, "--witness", text)):
        assert (code, list(answer)) == (2, ["unusable"])
        assert "key_malformed" in answer["unusable"][0]
        assert text in answer["unusable"][0]


def test_it_runs_alone_and_says_it_in_words(tmp_path: Path) -> None:
    script = tmp_path / "alone.py"
    script.write_bytes((Path(__file__).parents[2] / "verifier/verify_bundle.py").read_bytes())
    place = WHOLE.write(tmp_path / "bundle")
    command = [sys.executable, "-I", str(script), str(place), "--key", LOG.key]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603 -- our own file
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "proved: 20 events are as they were signed; they are the whole log." in ended.stdout
    (place / "events.jsonl").write_bytes(b"")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1  # noqa: S603 -- our own file
    (place / "manifest.json").unlink()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2  # noqa: S603 -- our own file
