"""Receipts: what the answer of a command promises, and what shows that it was not kept."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from django.core.management import call_command

from audits import context, verification
from audits.reading import Receipt
from audits.sealing import configured, keys
from audits.sealing.note import NoteError, SigningKey, parse, sign
from audits.sealing.receipts import Promise, broken_promises, opened, signed
from tests.audits.api.toy import FillJar
from tests.audits.histories import do, full_jar
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import as_superuser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


def answered() -> Receipt:
    return do(FillJar(amount_cents=5), full_jar())


def promise_of(receipt: Receipt) -> Promise:
    key = configured.receipt_key()
    return opened(signed(receipt, key).note.encode(), [key.verifier_key])


# -- The receipt ---------------------------------------------------------------------------


def test_the_note_says_what_the_receipt_says() -> None:
    receipt = answered()
    promise = promise_of(receipt)
    assert promise == Promise(
        checkpoint_within_s=60, command_id=receipt.command_id, events=receipt.events
    )


def test_a_repeat_has_the_same_note() -> None:
    jar, command = full_jar(), context.new_id()
    first, again = (do(FillJar(amount_cents=5), jar, command_id=command) for _ in range(2))
    key = configured.receipt_key()
    assert signed(first, key) == signed(again, key)


def test_the_key_of_receipts_is_not_that_of_checkpoints(office: Office) -> None:
    key = configured.receipt_key().verifier_key
    assert key.public_bytes != office.key.public_bytes
    assert key.name == f"{configured.origin()}/receipts"


def test_an_altered_receipt_convinces_nobody() -> None:
    key = configured.receipt_key()
    note = signed(answered(), key).note
    for altered in (note.replace(":60,", ":90,"), note.replace('"version":2', '"version":3')):
        assert altered != note
        with pytest.raises(NoteError) as refused:
            opened(altered.encode(), [key.verifier_key])
        assert refused.value.code == "signature_wrong"


@pytest.mark.parametrize("text", ["{}", "[]", ""])
def test_what_a_key_signed_and_is_no_receipt_is_refused(text: str) -> None:
    key = configured.receipt_key()
    note = f"{key.name}\n{text}\n"
    content = f"{note}\n{sign(note, key)}".encode()
    with pytest.raises(NoteError) as refused:
        opened(content, [key.verifier_key])
    assert refused.value.code == "receipt_malformed"


def test_a_receipt_of_another_log_is_refused() -> None:
    key = configured.receipt_key()
    other = SigningKey("other.test/receipts", key.private)
    text = parse(signed(answered(), key).note.encode()).text
    content = f"{text}\n{sign(text, other)}".encode()
    with pytest.raises(NoteError) as refused:
        opened(content, [other.verifier_key])
    assert refused.value.code == "receipt_malformed"


# -- What breaks the promise ---------------------------------------------------------------


def kinds(promise: Promise, *, seconds: float) -> list[str]:
    now = promise.events[0].recorded_at + timedelta(seconds=seconds)
    return [difference.kind for difference in broken_promises(promise, now=now)]


def test_before_its_time_nothing_is_owed_and_then_it_is() -> None:
    promise = promise_of(answered())
    assert kinds(promise, seconds=60) == []
    assert kinds(promise, seconds=60.001) == ["receipt_broken"]


def test_a_checkpoint_in_time_keeps_the_promise(office: Office) -> None:
    promise = promise_of(answered())
    seal(1)
    office.now_s = int(promise.events[0].recorded_at.timestamp()) + 40
    office.publish()
    assert kinds(promise, seconds=1_000) == []


def test_a_checkpoint_that_came_late_breaks_it(office: Office) -> None:
    promise = promise_of(answered())
    seal(1)
    office.now_s = int(promise.events[0].recorded_at.timestamp()) + 60
    office.publish()
    assert kinds(promise, seconds=1_000) == ["receipt_broken"]


def test_an_event_that_vanished_is_proved_to_have_been_there() -> None:
    promise = promise_of(answered())
    as_superuser("DELETE FROM audits_event")
    assert kinds(promise, seconds=0) == ["receipt_without_event"]


def test_an_event_that_is_another_now_is_told() -> None:
    promise = promise_of(answered())
    as_superuser("UPDATE audits_event SET leaf_hash = sha256('other')")
    assert kinds(promise, seconds=0) == ["receipt_differs"]


# -- By command ----------------------------------------------------------------------------


@pytest.fixture
def checks_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_added", {})


@pytest.mark.usefixtures("checks_restored")
def test_verify_holds_the_journal_to_receipts(tmp_path: Path) -> None:
    key = configured.receipt_key()
    keys.announce_receipt_key(key.verifier_key)
    kept = tmp_path / "receipts"
    answer = msgspec.json.encode(signed(answered(), key))
    kept.write_bytes(answer + b"\n")
    assert found_by_verify(kept) is None
    kept.write_bytes(answer + b"\n{}\n" + answer.replace(b":60,", b":61,") + b"\n")
    assert found_by_verify(kept) == ("receipt_not_ours", ["line 2", "line 3"])
    as_superuser("DELETE FROM audits_event WHERE type = 'jar_filled'")
    kept.write_bytes(answer + b"\n")
    assert found_by_verify(kept, "receipts")[0] == "receipt_without_event"  # type: ignore[index]


def found_by_verify(kept: Path, only: str = "receipts") -> tuple[str, list[str]] | None:
    out = StringIO()
    try:
        call_command("verify", "--json", "--receipts", str(kept), only=[only], stdout=out)
    except SystemExit:
        report = json.loads(out.getvalue())
        return report["kind"], [each["subject"] for each in report["differences"]]
    return None
