"""Receipts against a bundle of the log: kept, early, broken, altered, or of an event left out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.verifier.bundles import LOG, ORIGIN, Made, Signer, canonical, part, whole
from tests.verifier.naive import leaf
from tests.verifier.test_times import NOON_S, TIMED, recorded
from verifier.verify_bundle import CLOCKS_APART_S

PROGRAM: Final = Path(__file__).parents[2] / "verifier/verify_receipts.py"
DESK: Final = Signer(bytes(range(4, 36)), f"{ORIGIN}/receipts")
"""Whoever signs receipts."""
WITHIN_S: Final = 60
DUE_S: Final = -WITHIN_S - CLOCKS_APART_S
"""Recorded so many seconds after noon, an event is in a checkpoint of noon by the latest."""


def receipt(content: bytes, signer: Signer = DESK, *, name: str = DESK.name) -> str:
    """Promise an event."""
    said = json.loads(content)
    kept = {key: said[key] for key in ("event_id", "recorded_at", "stream_id", "type", "version")}
    promise = {
        "checkpoint_within_s": WITHIN_S,
        "command_id": said["event_id"],
        "events": [{**kept, "leaf_hash": leaf(content).hex()}],
    }
    text = f"{name}\n".encode() + canonical(promise) + b"\n"
    return (text + b"\n" + signer.line(text)).decode()


def run(made: Made, place: Path, *receipts: str, keep: tuple[str, ...] = ()) -> tuple[int, Any]:
    """Ask the program, as its own process, about receipts as answers of commands."""
    answers = place / "receipts.jsonl"
    made.write(place / "bundle")
    answers.write_text("".join(json.dumps({"note": each}) + "\n" for each in receipts))
    told = subprocess.run(  # noqa: S603 -- our own program
        [
            *(sys.executable, "-sE", PROGRAM, place / "bundle", answers, "--json"),
            *("--key", LOG.key, "--receipt-key", DESK.key, *keep),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not told.stderr
    return told.returncode, json.loads(told.stdout)


def codes(made: Made, place: Path, *receipts: str, keep: tuple[str, ...] = ()) -> list[str]:
    code, answer = run(made, place, *receipts, keep=keep)
    assert (code, "proved" in answer) == (1, True)
    return [each["code"] for each in answer["differences"]]


def test_what_was_promised_and_is_there_is_proved(tmp_path: Path) -> None:
    events = recorded(-300, -200, -100)
    code, answer = run(whole(events, LOG, TIMED), tmp_path, *map(receipt, events))
    assert (code, answer["differences"], answer["not_proved"]) == (0, [], [])
    assert answer["proved"][0].startswith("3 promised events are in the log of 3")


def test_a_receipt_without_its_event_proves_that_it_was_left_out(tmp_path: Path) -> None:
    *kept, left_out = recorded(-300, -200, DUE_S - 1)
    made = whole(kept, LOG, TIMED)
    assert codes(made, tmp_path, receipt(kept[0]), receipt(left_out)) == ["receipt_without_event"]


@pytest.mark.parametrize("signers", [(LOG, TIMED), (LOG,)])
def test_what_is_not_due_by_a_dated_checkpoint_is_not_judged(
    signers: tuple[Signer, ...], tmp_path: Path
) -> None:
    """On the second; and a checkpoint that does not say when it was signed dates nothing."""
    *kept, early = recorded(-300, -200, DUE_S if TIMED in signers else DUE_S - 1)
    code, answer = run(whole(kept, *signers), tmp_path, receipt(early))
    assert (code, answer["differences"]) == (0, [])
    assert answer["not_proved"][0].startswith("Whether 1 promised events come")


def test_an_event_that_is_another_in_the_log_is_named(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    other = canonical(json.loads(events[1]) | {"type": "jar_note_left"})
    assert codes(whole(events, LOG, TIMED), tmp_path, receipt(other)) == ["receipt_differs"]


@pytest.mark.parametrize(("seconds", "wrong"), [(DUE_S - 1, ["receipt_broken"]), (DUE_S, [])])
def test_an_older_checkpoint_shows_that_an_event_came_late(
    seconds: float, wrong: list[str], tmp_path: Path
) -> None:
    events = recorded(-300, seconds)
    later = Signer(LOG.secret, ORIGIN, TIMED.kind, NOON_S + 120)
    (tmp_path / "held").write_bytes(whole(events[:1], LOG, TIMED).note)
    keep = (f"--checkpoint={tmp_path / 'held'}",)
    code, answer = run(whole(events, LOG, later), tmp_path, receipt(events[1]), keep=keep)
    assert [each["code"] for each in answer["differences"]] == wrong
    assert code == len(wrong)


def altered(note: str) -> str:
    return note.replace(":60,", ":90,")


FORGER: Final = Signer(bytes(range(5, 37)), DESK.name)
NOT_OURS: Final[dict[str, tuple[Callable[[bytes], str], str]]] = {
    "altered": (lambda content: altered(receipt(content)), "signature_wrong"),
    "signed by another": (lambda content: receipt(content, FORGER), "signature_missing"),
    "in another name": (lambda content: receipt(content, name="else"), "signature_missing"),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_a_receipt_that_the_service_did_not_sign_convinces_nobody(
    what: str, tmp_path: Path
) -> None:
    make, wrong = NOT_OURS[what]
    events = recorded(-300, -200)
    code, answer = run(whole(events, LOG, TIMED), tmp_path, make(events[0]))
    assert (code, [each["code"] for each in answer["differences"]]) == (1, [wrong])


def test_a_bundle_that_differs_judges_no_receipt(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    made = whole(events, LOG, TIMED).but(events=recorded(-300, -199))
    code, answer = run(made, tmp_path, receipt(events[0]))
    assert (code, answer["proved"]) == (1, [])
    assert {each["code"] for each in answer["differences"]} == {"leaf_differs", "root_differs"}


@pytest.mark.parametrize("what", ["a part", "no note", "no file"])
def test_what_cannot_be_judged_is_said(what: str, tmp_path: Path) -> None:
    events = recorded(-300, -200)
    made = part(events, [0, 1], LOG, TIMED) if what == "a part" else whole(events, LOG, TIMED)
    keep = (f"--checkpoint={tmp_path / 'nothing'}",) if what == "no file" else ()
    told = "not a note" if what == "no note" else receipt(events[0])
    code, answer = run(made, tmp_path, told, keep=keep)
    expected = {"a part": (2, "unusable"), "no file": (2, "unusable")}
    assert (code, *answer) == expected.get(what, (1, "difference_count", "differences"))
