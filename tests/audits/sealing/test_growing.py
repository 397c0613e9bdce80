"""The sealing step: the tree equals a naive one, whoever grows it, wherever it is cut short."""

import itertools
from collections.abc import Sequence
from typing import Any, Final, LiteralString

import psycopg
import pytest
from django.db import connection

from audits import statements
from audits.models import FrontierRow, Tile
from audits.sealing import growing
from audits.sealing.growing import grow
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import Frontier, consistency_proof, inclusion_proof, root_at
from audits.sealing.tiles import WIDTH, TileMissing, node_reader, read_tile, tile_root
from tests.audits.sealing.journals import (
    frontier,
    leaves_of_log,
    log,
    require_sound,
    seal,
    stored_tiles,
)
from tests.audits.sealing.tampering import tamper
from tests.audits.sealing.trees import (
    leaves,
    naive_consistency,
    naive_inclusion,
    naive_root,
    reader,
)
from tests.support.database import in_threads

pytestmark = pytest.mark.django_db
BELOW: Final = WIDTH - 1


# -- Growth --------------------------------------------------------------------------------


def test_an_empty_journal_has_an_empty_tree() -> None:
    assert grow() == 0
    assert frontier() == Frontier()


@pytest.mark.parametrize("count", [1, BELOW, WIDTH, WIDTH + 1, 3 * WIDTH - 1])
def test_the_tree_equals_a_naive_one(count: int) -> None:
    seal(count)
    require_sound(count)


def test_the_tree_grows_in_any_steps() -> None:
    log(600)
    steps = [grow(batch) for batch in (1, 254, 1, 1, 300, 500)]
    assert steps == [1, 254, 1, 1, 300, 43]
    require_sound(600)


def test_only_what_has_its_place_in_the_log_is_sealed() -> None:
    seal(3)
    assert grow() == 0
    require_sound(3)


def test_an_idle_sealer_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    seal(3)
    monkeypatch.setattr(growing, "locked_frontier", pytest.fail)
    assert grow() == 0


def test_every_proof_of_the_stored_tree_equals_the_naive_one() -> None:
    seal(530)
    hashes = leaves_of_log()
    for size in (1, 2, BELOW, WIDTH, WIDTH + 1, 511, 512, 530):
        node = node_reader(size)
        for index in {0, size // 2, size - 1}:
            assert inclusion_proof(index, size, node) == naive_inclusion(index, hashes[:size])
        for old in {1, (size + 1) // 2, size}:
            assert consistency_proof(old, size, node) == naive_consistency(old, hashes[:size])


# -- Higher levels -------------------------------------------------------------------------


@pytest.fixture
def nearly_full() -> list[bytes]:
    """Pretend that 255 tiles of the lowest level are there; return their leaves."""
    made = leaves(BELOW * WIDTH)
    for number in range(BELOW):
        hashes = made[number * WIDTH : (number + 1) * WIDTH]
        Tile.objects.create(
            level=0, position=number, hashes=b"".join(hashes), root=naive_root(hashes)
        )
    begun = Frontier()
    begun.extend(made)
    FrontierRow.objects.create(id=1, size=begun.size, hashes=b"".join(begun.hashes))
    log(WIDTH + 3)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audits_log DISABLE TRIGGER USER")
        cursor.execute("UPDATE audits_log SET log_index = log_index + %s", [begun.size])
    return made


def test_256_full_tiles_fill_one_of_the_next_level(nearly_full: list[bytes]) -> None:
    assert grow() == WIDTH + 3
    hashes = nearly_full + leaves_of_log()
    assert frontier().root() == naive_root(hashes)
    found = stored_tiles()
    assert sorted(found) == [*((0, number) for number in range(WIDTH)), (1, 0)]
    assert found[1, 0] == [
        naive_root(hashes[number * WIDTH : (number + 1) * WIDTH]) for number in range(WIDTH)
    ]
    size, naive = len(hashes), reader(hashes)
    for index in (0, 300, size - 200, size - 1):
        assert inclusion_proof(index, size, node_reader(size)) == inclusion_proof(
            index, size, naive
        )


def test_a_level_that_is_not_full_is_read_from_the_roots_below(nearly_full: list[bytes]) -> None:
    size = len(nearly_full)
    assert root_at(size, node_reader(size)) == naive_root(nearly_full)
    assert len(read_tile(1, 0, size)) == BELOW


# -- Two at once, and ends at any line -----------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_sealers_are_merely_slow() -> None:
    log(700)

    def grow_a_while(_number: int) -> int:
        return sum(iter(lambda: grow(10), 0))

    assert sum(in_threads(grow_a_while, range(4), threads=4)) == 700
    require_sound(700)


class Cut(Exception):
    """The process ends here."""


def grow_until(number: int, *, after: bool, patch: pytest.MonkeyPatch) -> bool:
    """End the step before or after its statement of this number; tell whether it has that many."""
    numbers, whole = itertools.count(), statements.run

    def cut(statement: LiteralString, values: Sequence[Any]) -> psycopg.Cursor[Any]:
        is_last = next(numbers) == number
        if is_last and not after:
            raise Cut
        done = whole(statement, values)
        if is_last:
            raise Cut
        return done

    with patch.context() as patched:
        patched.setattr(growing, "run", cut)
        try:
            grow(400)
        except Cut:
            return True
    return False


@pytest.mark.django_db(transaction=True)
def test_whatever_is_cut_short_leaves_nothing_to_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    seal(200)
    log(400)
    for number in itertools.count():
        if not grow_until(number, after=False, patch=monkeypatch):
            break
        require_sound(200)
        assert grow_until(number, after=True, patch=monkeypatch)
        require_sound(200)
    assert number == 6  # idle? lock, read, a tile, another, advance
    require_sound(600)


# -- What stops it -------------------------------------------------------------------------


FLIP: Final = (
    "UPDATE audits_event SET canonical = set_byte(canonical, 20, get_byte(canonical, 20) # 1)"
    " WHERE event_id = (SELECT event_id FROM audits_log WHERE log_index = 5)"
)
FLIP_HASH: Final = FLIP.replace("canonical", "leaf_hash")


@pytest.mark.parametrize("statement", [FLIP, FLIP_HASH])
def test_an_event_that_does_not_hash_as_it_says_stops_the_tree(statement: str) -> None:
    log(10)
    tamper(statement)
    for _ in range(2):
        with pytest.raises(SealingHalted, match="log index 5") as stopped:
            grow()
        assert stopped.value.code == "leaf_mismatch"
    assert not Tile.objects.exists()


def test_a_gap_in_the_log_stops_the_tree() -> None:
    log(10)
    tamper("DELETE FROM audits_log WHERE log_index = 5", "audits_log")
    with pytest.raises(SealingHalted) as stopped:
        grow()
    assert stopped.value.code == "log_gap"


@pytest.mark.parametrize(("place", "code"), [(20, "log_gap"), (3_000, "log_shorter")])
def test_a_log_that_lost_its_end_stops_the_tree(place: int, code: str) -> None:
    seal(10)
    tamper("DELETE FROM audits_log WHERE log_index BETWEEN 5 AND 9", "audits_log")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audits_log SET log_index = %s WHERE log_index = 4", [place])
    with pytest.raises(SealingHalted) as stopped:
        grow()
    assert stopped.value.code == code


def test_missing_hashes_are_said_to_be_missing() -> None:
    seal(WIDTH)
    tamper("DELETE FROM audits_tile", "audits_tile")
    with pytest.raises(TileMissing):
        read_tile(0, 0, WIDTH)
    with pytest.raises(TileMissing):
        read_tile(0, 1, WIDTH + 5)


@pytest.mark.parametrize(("level", "position"), [(-1, 0), (0, -1), (0, 1), (1, 1), (2, 0)])
def test_a_tile_beyond_the_tree_is_refused(level: int, position: int) -> None:
    with pytest.raises(ValueError, match="no tile"):
        read_tile(level, position, WIDTH)


@pytest.mark.parametrize("count", [0, BELOW, WIDTH + 1])
def test_only_a_full_tile_has_a_root(count: int) -> None:
    with pytest.raises(ValueError, match="a full tile has 256 hashes"):
        tile_root([bytes(32)] * count)


@pytest.mark.parametrize(("height", "index"), [(0, 5), (2, 1), (3, 0), (-1, 0), (0, -1)])
def test_a_node_that_is_not_complete_is_refused(height: int, index: int) -> None:
    with pytest.raises(ValueError, match="no complete node"):
        node_reader(5)(height, index)
