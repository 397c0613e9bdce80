"""Receipts against a bundle of the log: kept, early, broken, altered, or of an event left out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.verifier.bundles import LOG, ORIGIN, WITNESS, Made, Signer, canonical, part, whole
from tests.verifier.naive import leaf
from tests.verifier.test_times import NOON_S, TIMED, recorded
from verifier.verify_bundle import CLOCKS_APART_S, SHOWN

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
    return ask(place / "bundle", answers, *keep)


def ask(bundle: Path, *asked: Path | str) -> tuple[int, Any]:
    told = subprocess.run(  # noqa: S603 -- our own program
        [
            *(sys.executable, "-I", PROGRAM, bundle, *asked, "--json"),
            *("--key", LOG.key, "--receipt-key", DESK.key),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not told.stderr
    return told.returncode, json.loads(told.stdout)


def codes(made: Made, place: Path, *receipts: str, keep: tuple[str, ...] = ()) -> list[str]:
    code, answer = run(made, place, *receipts, keep=keep)
    assert (code, answer["proved"]) == (1, [])
    return [each["code"] for each in answer["differences"]]


def test_what_was_promised_and_is_there_is_proved(tmp_path: Path) -> None:
    events = recorded(-300, -200, -100)
    code, answer = run(whole(events, LOG, TIMED), tmp_path, *map(receipt, events))
    assert (code, answer["differences"]) == (0, [])
    assert "3 events are as they were signed; they are the whole log." in answer["proved"]
    assert answer["proved"][-1] == "3 promised events are in the log as their receipts say."
    assert answer["not_proved"][-1].startswith("Whether 3 promised events came in time: ")


@pytest.mark.parametrize(
    ("seconds", "told"), [(DUE_S - 1, "say."), (DUE_S, "say, and came in time.")]
)
def test_what_a_checkpoint_of_the_promised_time_has_came_in_time(
    seconds: float, told: str, tmp_path: Path
) -> None:
    events = recorded(-300, seconds)
    code, answer = run(whole(events, LOG, TIMED), tmp_path, receipt(events[1]))
    assert code == 0
    assert answer["proved"][-1] == f"1 promised events are in the log as their receipts {told}"
    assert any("came in time" in text for text in answer["not_proved"]) is (told == "say.")


@pytest.mark.parametrize(("size", "told"), [(1, "say."), (2, "say, and came in time.")])
def test_only_a_checkpoint_that_has_an_event_shows_that_it_came_in_time(
    size: int, told: str, tmp_path: Path
) -> None:
    events = recorded(-300, DUE_S)
    later = Signer(LOG.secret, ORIGIN, TIMED.kind, NOON_S + 120)
    (tmp_path / "held").write_bytes(whole(events[:size], LOG, TIMED).note)
    keep = (f"--checkpoint={tmp_path / 'held'}",)
    code, answer = run(whole(events, LOG, later), tmp_path, receipt(events[1]), keep=keep)
    assert code == 0
    assert answer["proved"][-1] == f"1 promised events are in the log as their receipts {told}"


def test_a_receipt_without_its_event_proves_that_it_was_left_out(tmp_path: Path) -> None:
    *kept, left_out = recorded(-300, -200, DUE_S - 1)
    made = whole(kept, LOG, TIMED)
    code, answer = run(made, tmp_path, receipt(kept[0]), receipt(left_out))
    assert (code, answer["proved"]) == (1, [])
    [broken] = answer["differences"]
    assert broken["code"] == "receipt_without_event"
    assert broken["event_id"] == json.loads(left_out)["event_id"]
    assert broken["detail"].startswith(f"{tmp_path / 'receipts.jsonl'}:2: ")


def test_an_older_checkpoint_that_says_when_shows_it_too(tmp_path: Path) -> None:
    *kept, left_out = recorded(-300, DUE_S - 1)
    (tmp_path / "held").write_bytes(whole(kept, LOG, TIMED).note)
    keep = (f"--checkpoint={tmp_path / 'held'}",)
    assert run(whole(kept), tmp_path, receipt(left_out))[0] == 0
    assert codes(whole(kept), tmp_path, receipt(left_out), keep=keep) == ["receipt_without_event"]


def test_all_broken_promises_are_counted(tmp_path: Path) -> None:
    *kept, left_out = recorded(-300, DUE_S - 1)
    _, answer = run(whole(kept, LOG, TIMED), tmp_path, *[receipt(left_out)] * (SHOWN + 1))
    assert (answer["difference_count"], len(answer["differences"])) == (SHOWN + 1, SHOWN)


@pytest.mark.parametrize("signers", [(LOG, TIMED), (LOG,)])
def test_what_is_not_due_by_a_dated_checkpoint_is_not_judged(
    signers: tuple[Signer, ...], tmp_path: Path
) -> None:
    """On the second; and a checkpoint that does not say when it was signed dates nothing."""
    *kept, early = recorded(-300, -200, DUE_S if TIMED in signers else DUE_S - 1)
    code, answer = run(whole(kept, *signers), tmp_path, receipt(early))
    assert (code, answer["differences"]) == (0, [])
    assert answer["not_proved"][-1].startswith("Whether 1 promised events come: ")
    assert not any("promised" in text for text in answer["proved"])


def test_an_event_that_is_another_in_the_log_is_named(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    other = canonical(json.loads(events[1]) | {"type": "jar_note_left"})
    made = whole(events, LOG, TIMED)
    assert codes(made, tmp_path, receipt(events[0]), receipt(other)) == ["receipt_differs"]


def test_of_two_events_of_one_name_the_promised_one_counts(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    twin = json.loads(events[1]) | {"event_id": json.loads(events[0])["event_id"]}
    made = whole([events[0], canonical(twin)], LOG, TIMED)
    assert run(made, tmp_path, receipt(events[0]), receipt(canonical(twin)))[0] == 0


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
    assert answer["differences"][0]["detail"] in (
        f"{tmp_path / 'receipts.jsonl'}:1: {DESK.name} did not sign this",
        f"{tmp_path / 'receipts.jsonl'}:1: none of the given keys signed the receipt",
    )


def test_a_bundle_that_differs_judges_no_receipt(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    made = whole(events, LOG, TIMED).but(events=recorded(-300, -199))
    code, answer = run(made, tmp_path, receipt(events[0]))
    assert (code, answer["proved"]) == (1, [])
    assert {each["code"] for each in answer["differences"]} == {"leaf_differs", "root_differs"}
    assert answer["not_proved"][-1] == "Whether promises were kept: the bundle itself differs."


def test_a_log_that_was_rewritten_judges_no_receipt(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    (tmp_path / "held").write_bytes(whole(recorded(-300, -199), LOG, TIMED).note)
    keep = (f"--checkpoint={tmp_path / 'held'}",)
    assert codes(whole(events, LOG, TIMED), tmp_path, receipt(events[0]), keep=keep) == [
        "log_rewritten"
    ]


def test_witnesses_may_be_asked_for(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    asked = (f"--witness={WITNESS.key}", "--witnesses=1")
    assert run(whole(events, LOG, TIMED, WITNESS), tmp_path, receipt(events[0]), keep=asked)[0] == 0
    made = whole(events, LOG, TIMED)
    assert codes(made, tmp_path, receipt(events[0]), keep=asked) == ["witnesses_missing"]


NO_RECEIPTS: Final = {
    "no JSON": "{",
    "no note": "{}",
    "a note of nothing": '{"note":null}',
    "half a character": '{"note":"\\ud800"}',
    "a bare line": "",
}


@pytest.mark.parametrize("what", NO_RECEIPTS)
def test_a_line_that_holds_no_receipt_is_named(what: str, tmp_path: Path) -> None:
    events = recorded(-300)
    place = whole(events, LOG, TIMED).write(tmp_path / "bundle")
    kept = tmp_path / "kept"
    answer = json.dumps({"note": receipt(events[0])})
    kept.write_text(f"{answer}\n{NO_RECEIPTS[what]}\n{answer}\n")
    code, told = ask(place, kept)
    assert code in (1, 2)
    [said] = told.get("unusable") or [each["detail"] for each in told["differences"]]
    assert f"{kept}:2" in said


@pytest.mark.parametrize("member", ["checkpoint_within_s", "events", "recorded_at", "leaf_hash"])
def test_a_signed_receipt_that_promises_nothing_clear_is_not_judged(
    member: str, tmp_path: Path
) -> None:
    events = recorded(-300)
    place = whole(events, LOG, TIMED).write(tmp_path / "bundle")
    text = receipt(events[0]).partition("\n\n")[0].replace(member, "x" + member[1:]) + "\n"
    said = canonical(json.loads(text.partition("\n")[2]))
    signed = f"{DESK.name}\n".encode() + said + b"\n"
    (tmp_path / "kept").write_bytes(signed + b"\n" + DESK.line(signed))
    code, told = ask(place, tmp_path / "kept")
    assert (code, list(told)) == (2, ["unusable"])
    assert told["unusable"][0].startswith(f"receipt_malformed: {tmp_path / 'kept'}:1 ")


def test_a_receipt_may_be_kept_as_its_note_alone(tmp_path: Path) -> None:
    events = recorded(-300, -200)
    place = whole(events, LOG, TIMED).write(tmp_path / "bundle")
    for number, content in enumerate(events):
        (tmp_path / f"{number}").write_text(receipt(content))
    code, told = ask(place, tmp_path / "0", tmp_path / "1")
    assert (code, told["proved"][-1][:17]) == (0, "2 promised events")


@pytest.mark.parametrize("what", ["a part", "no note", "no file"])
def test_what_cannot_be_judged_is_said(what: str, tmp_path: Path) -> None:
    events = recorded(-300, -200)
    made = part(events, [0, 1], LOG, TIMED) if what == "a part" else whole(events, LOG, TIMED)
    keep = (f"--checkpoint={tmp_path / 'nothing'}",) if what == "no file" else ()
    told = "not a note" if what == "no note" else receipt(events[0])
    code, answer = run(made, tmp_path, told, keep=keep)
    expected = {"a part": (2, "unusable"), "no file": (2, "unusable")}
    assert (code, *answer) == expected.get(what, (1, "difference_count", "differences"))
