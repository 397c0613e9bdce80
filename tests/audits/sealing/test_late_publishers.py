"""Publishers that are late, signers that say something else, tables that take nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
from django.db import OperationalError, connection

from audits.models import CheckpointRow
from audits.sealing import checkpoints, keys, outside, publishing
from audits.sealing.checkpoints import Published
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import consistency_proof
from audits.sealing.note import Checkpoint, Note, parse, sign
from audits.sealing.publishing import Publisher, Tree, recomputed
from audits.sealing.signer import Signed, Signer, SigningRefused, SignRequest, timed
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import ORIGIN, Office
from tests.audits.sealing.tampering import REHASH, REWRITE, as_superuser
from tests.audits.sealing.test_publishing import flipped

pytestmark = pytest.mark.django_db


@dataclass
class Meddler:
    """A signer who says no, or whose answers are others, or meet something else on their way."""

    signer: Signer
    refusal: str = ""
    answer: Callable[[bytes], bytes] = lambda note: note

    def last(self) -> Signed:
        return self.signer.last()

    def sign(self, request: SignRequest) -> bytes:
        if self.refusal:
            raise SigningRefused(self.refusal, "no")
        return self.answer(self.signer.sign(request))


def publish_with(office: Office, signer: Meddler) -> Published | None:
    office.now_s += 10
    return Publisher(ORIGIN, office.store, signer).publish(now_s=office.now_s)


def test_whoever_is_late_at_the_store_outside_has_nothing_signed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(5)
    office.publish()
    before = office.signer.last()
    seal(5)
    monkeypatch.setattr(outside.FileStore, "advance", lambda *_, **_named: False)
    assert office.publisher.publish(now_s=office.now_s + 10) is None
    assert office.signer.last() == before
    assert CheckpointRow.objects.count() == 1


@pytest.mark.parametrize("code", ["signer_moved", "smaller_size"])
def test_whoever_is_late_at_the_signer_tries_again(office: Office, code: str) -> None:
    seal(5)
    assert publish_with(office, Meddler(office.signer, refusal=code)) is None
    assert office.publish().number == 0


def test_a_signer_that_refuses_for_another_reason_halts(office: Office) -> None:
    seal(5)
    with pytest.raises(SealingHalted) as halted:
        publish_with(office, Meddler(office.signer, refusal="no_signing_key"))
    assert halted.value.code == "no_signing_key"


def test_a_signer_signs_only_what_continues_what_it_signed_last(office: Office) -> None:
    seal(5)
    first = office.publish()
    seal(5)
    last = office.publish()
    kept = office.signer.last()
    for old_size, size, root, code in (
        (last.size, first.size, first.root, "smaller_size"),
        (last.size, last.size, first.root, "other_root"),
        (first.size, last.size, last.root, "signer_moved"),
        (last.size, last.size + 1, last.root, "growth_not_proved"),
    ):
        with pytest.raises(SigningRefused) as refused:
            office.signer.sign(SignRequest(old_size=old_size, size=size, root=root, proof=()))
        assert refused.value.code == code
    assert office.signer.last() == kept


def test_whoever_is_late_in_the_table_tries_again(office: Office) -> None:
    seal(5)

    def publish_first(content: bytes) -> bytes:
        assert office.restarted().publish(now_s=office.now_s) is not None
        return content

    assert publish_with(office, Meddler(office.signer, answer=publish_first)) is None
    assert CheckpointRow.objects.count() == 1


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_table_that_takes_nothing_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    def refuse(_published: Published) -> None:
        raise OperationalError

    seal(5)
    for _ in range(earlier):
        office.publish()
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "add", refuse)
        with pytest.raises(OperationalError):
            office.publish()
    assert office.publish().number == earlier


@pytest.mark.parametrize("which", [0, 1])
def test_a_note_without_a_time_or_with_nothing_else_is_not_published(
    office: Office, which: int
) -> None:
    def one_line(content: bytes) -> bytes:
        whole = parse(content)
        return bytes(Note(whole.text, whole.signatures[which : which + 1]))

    seal(5)
    with pytest.raises(SealingHalted) as halted:
        publish_with(office, Meddler(office.signer, answer=one_line))
    assert halted.value.code == "note_incomplete"
    assert not CheckpointRow.objects.exists()


def test_a_note_of_something_else_is_not_published(office: Office) -> None:
    [key] = keys.load(office.signer_directory, ORIGIN)
    text = Checkpoint(ORIGIN, 6, bytes(32)).text()
    lines = sign(text, key), sign(text, timed(key), signed_at_s=office.now_s)
    seal(5)
    with pytest.raises(SealingHalted) as halted:
        publish_with(office, Meddler(office.signer, answer=lambda _: bytes(Note(text, lines))))
    assert halted.value.code == "note_differs"
    assert not CheckpointRow.objects.exists()


CHANGES: Final = {
    "an event": ([REWRITE.format("= 7")], "leaf_mismatch"),
    "an event and its hash": ([REWRITE.format("= 7"), REHASH], "tile_mismatch"),
    "the log's end": (["DELETE FROM audits_log WHERE log_index > 290"], "log_shorter"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_after_the_tree_grew_is_not_published(office: Office, name: str) -> None:
    statements, code = CHANGES[name]
    seal(299)
    as_superuser(*statements)
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code == code
    assert office.store.head() is None


def test_growth_that_is_not_proved_moves_nothing_outside(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(5)
    office.publish()
    before = office.store.head()
    seal(7)

    def flip(*asked: Any) -> list[bytes]:
        return [flipped(each, 9) for each in consistency_proof(*asked)]

    monkeypatch.setattr(publishing, "consistency_proof", flip)
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code == "growth_not_proved"
    assert office.store.head() == before


@pytest.mark.django_db(transaction=True)
def test_the_tree_is_read_in_a_transaction_of_its_own_as_of_one_moment(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def look(*asked: Any) -> Tree:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('transaction_isolation'),"
                " current_setting('transaction_read_only')"
            )
            seen.extend(cursor.fetchall())
        return recomputed(*asked)

    seal(5)
    monkeypatch.setattr(publishing, "recomputed", look)
    office.publish()
    assert seen == [("repeatable read", "on")]
