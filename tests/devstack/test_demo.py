"""`./tollgate demo`: the whole story goes as stated, and says so where it does not."""

import json
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from devstack import cast, paths
from devstack.demo import __main__ as demo
from devstack.demo import acts, evidence
from devstack.demo.client import Answer, UnexpectedAnswer
from devstack.demo.record import Record
from verifier.verify_bundle import main

OUTER = ("DATABASE_", "REDIS_URL", "TOLLGATE_")
REFUSALS = {
    "a Blackwell part": (409, "product_not_eligible"),
    "a listed buyer": (409, "hits_open"),
    "self-approval": (409, "four_eyes"),
    "one unit over the cap": (409, "conditions_not_met"),
    "an untested lot": (409, "lot_not_certified"),
    "a forged certificate": (409, "certificate_forged"),
    "an unpaid dispatch": (409, "not_prepaid"),
    "a serial number shipped twice": (409, "serial_already_shipped"),
    "an expired license": (409, "license_not_in_force"),
    "a decision on a stale version": (412, "wrong_expected_version"),
    "another exporter's license": (404, "not_found"),
    "an exporter who decides": (403, "role_not_permitted"),
    "the truck leaves all the same": (409, "shipment_not_open"),
}
OUT_OF_PLACE = {"log_rewritten", "root_differs", "version_gap"}
CAUGHT = {
    "changes the amount of a deposit": [{"leaf_differs", "log_rewritten", "root_differs"}],
    "changes it, and the hash beside it": [{"log_rewritten", "root_differs"}],
    # A log that is too short for its newest checkpoint is not even exported; it is long enough where
    # an event had come since that checkpoint.
    "deletes a dispatch and closes the gap": [{"log_changed"}, OUT_OF_PLACE],
    "slips a deposit into the past": [OUT_OF_PLACE],
    "swaps a certificate and the dispatch it allowed": [OUT_OF_PLACE],
    "cuts off everything after an older, genuine checkpoint": [{"log_rolled_back"}],
    "rewrites the log, makes all hashes anew, signs with a key of their own": [
        {"signature_missing"},
    ],
    "puts an older backup in the place of the database": [{"log_rolled_back"}],
}
"""What each attack may show as."""
UNCITED = {"shipment_not_open", "wrong_expected_version", "not_found", "role_not_permitted"}
"""Answers about the state of a thing, or about who asks: no rule of the field is behind them."""
ANSWER = Answer(status=409, body={"code": "hits_open", "citation": None}, etag=None)


def play(chapter: str) -> dict[str, Any]:
    variables = {name: v for name, v in os.environ.items() if not name.startswith(OUTER)}
    finished = subprocess.run(
        [sys.executable, "-m", "devstack.demo", "--json", "--chapter", chapter],
        cwd=paths.ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=1_800,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    told: dict[str, Any] = json.loads(finished.stdout)
    assert told["as_stated"]
    assert all(step["as_stated"] for step in told["steps"])
    assert len(told["steps"]) == demo.CHAPTERS[chapter].steps
    return told


def test_the_whole_story_goes_as_stated() -> None:
    told = play("deal")
    steps = told["steps"]
    refused = {step["what"]: step for step in steps if step["who"] == "refused"}
    assert {what: (step["status"], step["code"]) for what, step in refused.items()} == REFUSALS
    for step in refused.values():
        assert step["citation"] or step["code"] in UNCITED, step
    assert told["verify"]["kind"] is None
    assert "remittance_reconciled" in str(told["timeline"])
    assert all(total["balanced"] for total in told["trial_balance"]["totals"])


def test_whatever_is_done_to_the_database_shows_outside() -> None:
    told = play("proof")
    caught = {each["what"]: set(each["codes"]) for each in told["caught"]}
    assert caught.keys() == CAUGHT.keys()
    assert all(codes in CAUGHT[what] for what, codes in caught.items()), caught
    for exported in told["exported"].values():
        assert exported["verified"]["difference_count"] == 0
        assert exported["exported"]["events"] > 0
    assert told["then"]["status"] == "cleared"
    assert [fact["type"] for fact in told["changed"]["facts"]] == ["shipment_dispatched"]
    assert "<title" in Path(told["lineage"]).read_text(encoding="utf-8")
    for exported in told["exported"].values():  # what it tells people to check is there afterwards
        assert (
            main([exported["kept"], "--key", told["key"], "--checkpoint", told["checkpoint"]]) == 0
        )
    page = StringIO()
    evidence.show(told, Console(file=page, width=demo.TABLE_WIDTH))
    said = page.getvalue()
    assert "Before it left the shipment was cleared" in said
    assert re.search(r"The dispatch alone changed: .*shipment", said)
    assert re.search(r"Of [0-9]+ decisions [1-9][0-9]* were taken again, 0 otherwise\.", said)
    assert re.search(r"Under the ban 2 grants would have failed: [0-9,]+\.[0-9]{2} USD\.", said)
    assert str(told["exported"]["log"]["kept"]) in said


@pytest.fixture
def record() -> Record:
    return Record(Console(quiet=True), quiet=True)


def test_a_step_that_fails_is_told_and_ends_the_story(record: Record) -> None:
    with pytest.raises(ValueError, match="nothing works"), record.step("exporter", "files"):
        raise ValueError("nothing works")
    [step] = record.summary()["steps"]
    assert (step["as_stated"], step["detail"]) == (False, "nothing works")
    assert not record.summary()["as_stated"]


@pytest.mark.parametrize(
    "expected",
    [
        {"code": "four_eyes"},
        {"code": "hits_open", "status": 403},
        {"code": "hits_open", "cited": True},
        {"code": "hits_open", "names": "C5"},
    ],
    ids=str,
)
def test_a_refusal_for_another_reason_is_not_as_stated(
    record: Record, expected: dict[str, Any]
) -> None:
    with pytest.raises(UnexpectedAnswer):
        record.refusal("a listed buyer", lambda: ANSWER, **expected)
    assert not record.summary()["as_stated"]


def test_a_refusal_for_the_reason_stated_is_as_stated(record: Record) -> None:
    record.refusal("a listed buyer", lambda: ANSWER, "hits_open")
    assert record.summary()["as_stated"]


def test_a_story_that_breaks_off_exits_1_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class Silent:
        url, state = "http://127.0.0.1:9", tmp_path

    def breaks(*_: object) -> None:
        raise UnexpectedAnswer("the ground gave way")

    monkeypatch.setattr(demo, "Stack", lambda *_: nullcontext(Silent()))
    monkeypatch.setattr(cast, "enroll", lambda _: {})
    monkeypatch.setattr(acts, "prepare", breaks)
    monkeypatch.setattr(sys, "argv", ["demo", "--json"])
    assert demo.main() == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["as_stated"], told["error"]) == (False, "the ground gave way")
