"""Publishing: what is signed is the journal, continues what was signed, and survives any end."""

import itertools
import os
from collections.abc import Callable
from typing import Any, Final

import pytest

from audits.models import CheckpointRow
from audits.sealing import checkpoints, growing, outside, publishing
from audits.sealing.growing import grow_until_idle
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import Frontier
from audits.sealing.note import Checkpoint, parse, parse_checkpoint, verify
from audits.sealing.outside import Head
from audits.sealing.publishing import Publisher
from audits.sealing.signer import Signed, SignRequest
from audits.sequencing import Sequencer
from tests.audits.sealing.journals import leaves_of_log, seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office
from tests.audits.sealing.trees import naive_root
from tests.support.database import in_threads

pytestmark = pytest.mark.django_db


def seal_key() -> None:
    """Bring the event of the office's key into the tree."""
    Sequencer().run_until_empty()
    grow_until_idle()


# -- What is published ---------------------------------------------------------------------


def test_a_checkpoint_says_the_root_of_the_journal(office: Office) -> None:
    seal(299)  # and the key's own event
    published = office.publish()
    hashes = leaves_of_log()
    assert (published.number, published.size) == (0, 300)
    assert published.root == naive_root(hashes)
    note = parse(published.note)
    assert parse_checkpoint(note.text) == Checkpoint(ORIGIN, 300, published.root)
    plain, timed = verify(note, checkpoints.both_keys(str(office.key)))
    assert (plain.signed_at_s, timed.signed_at_s) == (None, NOON_S + 10)
    assert published.signed_at == checkpoints.moment(NOON_S + 10)
    assert checkpoints.last() == published
    assert office.store.head() == Head(size=300, root=published.root)


def test_the_empty_journal_has_a_checkpoint_too(office: Office) -> None:
    published = office.publish()
    assert (published.size, published.root) == (0, naive_root([]))


def test_checkpoints_follow_each_other_with_and_without_news(office: Office) -> None:
    seal_key()
    sizes = []
    for count in (0, 300, 0, 1, 600):
        seal(count)
        sizes.append(office.publish().size)
    assert sizes == [1, 301, 301, 302, 902]
    assert [each.size for each in checkpoints.page(0, limit=10)] == sizes
    assert [each.number for each in checkpoints.page(3, limit=1)] == [3]


def test_the_store_outside_has_one_line_a_size(office: Office) -> None:
    seal(5)
    office.publish()
    office.publish()
    seal(1)
    office.publish()
    assert len(office.store_path.read_text().splitlines()) == 2


def test_within_one_second_there_is_nothing_new_to_say(office: Office) -> None:
    first = office.publish()
    assert office.publisher.publish(now_s=office.now_s) == first
    assert CheckpointRow.objects.count() == 1


# -- Two at once, and ends at any step -----------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_publishers_are_merely_slow(office: Office) -> None:
    def work(_number: int) -> int:
        seal(50)
        publisher = office.restarted()
        done = [publisher.publish(now_s=office.now_s) for _ in range(5)]
        return len([each for each in done if each is not None])

    assert sum(in_threads(work, range(4), threads=4)) > 0
    seal_key()
    assert office.publish().size == 201


class Cut(Exception):
    """The process ends here."""


SEAMS: Final[tuple[tuple[Any, str], ...]] = (
    (checkpoints, "last"),
    (outside.FileStore, "head"),
    (outside.FileStore, "advance"),
    (os, "write"),
    (os, "fsync"),
    (publishing, "recomputed"),
    (publishing, "_check_new_leaves"),
    (publishing.Publisher, "_signature"),
    (publishing.Publisher, "_keep"),
    (checkpoints, "add"),
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: str(seam[1]))
def test_whatever_is_cut_short_leaves_nothing_to_repair(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, seam: tuple[Any, str], after: bool
) -> None:
    place, name = seam
    seal(10)
    office.publish()
    for _ in range(3):
        seal(3)
        whole: Callable[..., Any] = getattr(place, name)

        def cut(*arguments: Any, whole: Callable[..., Any] = whole, **named: Any) -> Any:
            if after:
                whole(*arguments, **named)
            raise Cut

        with monkeypatch.context() as patch:
            patch.setattr(place, name, cut)
            with pytest.raises(Cut):
                office.publish()
    office.store = outside.FileStore(office.store_path)  # another process
    published = office.publish()
    assert (published.size, published.root) == (20, naive_root(leaves_of_log()))


def test_a_torn_line_outside_is_passed_over(office: Office) -> None:
    seal(10)
    office.publish()
    with office.store_path.open("a") as file:
        file.write('{"size":11,"ro')
    seal(3)
    for publisher in (office.publisher, office.restarted(), office.publisher):
        office.now_s += 10
        assert publisher.publish(now_s=office.now_s) is not None
    assert office.store_path.read_text().count("\n") == 3


# -- A bit flipped in memory ---------------------------------------------------------------


def flipped(value: bytes, bit: int) -> bytes:
    return bytes(
        byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(value)
    )


@pytest.mark.parametrize("bit", range(0, 256, 37))
def test_a_leaf_flipped_on_its_way_into_the_tree_is_caught(
    office: Office, bit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(20)
    extend = Frontier.extend

    def flip(frontier: Frontier, hashes: list[bytes]) -> None:
        extend(frontier, [*hashes[:-1], flipped(hashes[-1], bit)])

    with monkeypatch.context() as patch:
        patch.setattr(Frontier, "extend", flip)
        seal(3)
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code == "root_mismatch"
    assert not CheckpointRow.objects.exists()


@pytest.mark.parametrize("bit", range(0, 256, 37))
def test_a_tile_flipped_on_its_way_to_the_disk_is_caught(
    office: Office, bit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(200)
    add = growing._add_tile  # noqa: SLF001 -- between hash and disk

    def flip(level: int, position: int, hashes: list[bytes]) -> None:
        add(level, position, [flipped(hashes[0], bit), *hashes[1:]])

    with monkeypatch.context() as patch:
        patch.setattr(growing, "_add_tile", flip)
        seal(100)
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code in {"tile_mismatch", "root_mismatch"}


class Flipping:
    """A signer whose questions arrive, or whose answers leave, with one bit flipped."""

    def __init__(self, office: Office, *, question: int | None = None, answer: int = 0) -> None:
        self.signer, self.question, self.answer = office.signer, question, answer

    def last(self) -> Signed:
        return self.signer.last()

    def sign(self, request: SignRequest) -> bytes:
        if self.question is not None:
            root = flipped(request.root, self.question)
            return self.signer.sign(
                SignRequest(
                    old_size=request.old_size, size=request.size, root=root, proof=request.proof
                )
            )
        return flipped(self.signer.sign(request), self.answer)


@pytest.mark.parametrize("bit", range(0, 256, 37))
def test_a_root_flipped_before_it_is_signed_is_refused(office: Office, bit: int) -> None:
    seal(20)
    office.publish()
    seal(3)
    publisher = Publisher(ORIGIN, office.store, Flipping(office, question=bit))
    with pytest.raises(SealingHalted) as halted:
        publisher.publish(now_s=office.now_s)
    assert halted.value.code == "growth_not_proved"


def test_a_note_flipped_after_it_was_signed_is_not_published(office: Office) -> None:
    seal(20)
    size = len(office.publish().note)
    for bit in itertools.chain(range(0, 60 * 8, 13), range(60 * 8, size * 8, 101)):
        office.now_s += 10
        publisher = Publisher(ORIGIN, office.store, Flipping(office, answer=bit))
        with pytest.raises(SealingHalted):
            publisher.publish(now_s=office.now_s)
    assert CheckpointRow.objects.count() == 1
    assert office.publish().number == 1
