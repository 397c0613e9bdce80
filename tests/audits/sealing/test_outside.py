"""The file outside the database: cut at any byte, replaced, edited, locked, gone."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from audits.sealing import outside
from audits.sealing.halt import SealingHalted
from audits.sealing.outside import FileStore, Head, Line

NOON_S: Final = 1_795_348_800


def head(size: int) -> Head:
    return Head(size=size, root=bytes([size]) * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a file in which three trees stand."""
    store = FileStore(tmp_path / "checkpoints")
    for before, size in ((None, 1), (head(1), 5), (head(5), 9)):
        assert store.advance(before, head(size), at_s=NOON_S)
    return tmp_path / "checkpoints"


def test_a_line_cut_off_at_any_byte_is_written_again(path: Path) -> None:
    whole = path.read_bytes()
    last = whole[whole[:-1].rindex(b"\n") + 1 :]
    for kept in range(len(last)):
        path.write_bytes(whole[: len(whole) - len(last) + kept])
        assert FileStore(path).head() == head(5)
        assert FileStore(path).advance(head(5), head(9), at_s=NOON_S)
        assert FileStore(path).advance(head(9), head(12), at_s=NOON_S)
        assert FileStore(path).head() == head(12)


def test_a_write_that_was_cut_short_is_not_taken_for_done(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, write = FileStore(path), os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, content: write(file, content[:-1]))
        assert not store.advance(head(9), head(12), at_s=NOON_S)
    assert store.head() == head(9)
    assert store.advance(head(9), head(12), at_s=NOON_S)
    assert FileStore(path).head() == head(12)


def replaced_by_a_copy_of_its_own(path: Path) -> None:
    """Let another history of the same length take its place."""
    other = path.with_name("other")
    store = FileStore(other)
    for before, size in ((None, 1), (head(1), 4), (head(4), 9)):
        store.advance(before, head(size), at_s=NOON_S)
    assert other.stat().st_size == path.stat().st_size
    other.replace(path)


def edited_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8)
        file.write(b"2")


DAMAGES: Final[dict[str, Callable[[Path], object]]] = {
    "removed": Path.unlink,
    "emptied": lambda path: path.write_text(""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "edited": edited_in_place,
    "replaced": replaced_by_a_copy_of_its_own,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_whoever_has_read_it_sees_what_was_done_to_it(path: Path, name: str) -> None:
    store = FileStore(path)
    assert store.head() == head(9)
    whole = path.read_bytes()
    DAMAGES[name](path)
    for _ in range(2):
        with pytest.raises(SealingHalted) as halted:
            store.head()
        assert halted.value.code == "outside_damaged"
    path.write_bytes(whole)  # somebody puts it back
    assert store.head() == head(9)


@pytest.mark.parametrize("size", [8, 9, 10])
def test_a_line_says_a_larger_tree_than_the_one_before(path: Path, size: int) -> None:
    """Even one that names all that stands before it, as whoever may write the file can."""
    previous = hashlib.sha256(path.read_bytes()).hexdigest()
    line = Line(size=size, root="00" * 32, at_s=NOON_S, previous=previous)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")
    if size == 10:
        assert FileStore(path).head() == Head(size=10, root=bytes(32))
        return
    with pytest.raises(SealingHalted) as halted:
        FileStore(path).head()
    assert halted.value.code == "outside_damaged"


def test_a_file_that_is_gone_is_not_made_again(path: Path) -> None:
    store = FileStore(path)
    assert store.head() == head(9)
    path.unlink()
    with pytest.raises(SealingHalted):
        store.advance(head(9), head(12), at_s=NOON_S)
    assert FileStore(path).head() is None
    assert not path.exists()


def test_what_others_append_is_read(path: Path) -> None:
    one, two = FileStore(path), FileStore(path)
    assert one.head() == two.head() == head(9)
    assert two.advance(head(9), head(12), at_s=NOON_S)
    assert not one.advance(head(9), head(15), at_s=NOON_S)
    assert one.advance(head(12), head(15), at_s=NOON_S)
    assert two.head() == head(15)


def test_whoever_keeps_it_locked_delays_and_no_more(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "LOCK_TRIES", 2)
    store = FileStore(path)
    with path.open("rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            store.head()
    assert store.head() == head(9)


def test_who_keeps_it_locked_for_a_while_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = os.open(path, os.O_RDONLY)
    fcntl.flock(reader, fcntl.LOCK_EX)
    monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(reader, fcntl.LOCK_UN))
    assert FileStore(path).head() == head(9)
    os.close(reader)
