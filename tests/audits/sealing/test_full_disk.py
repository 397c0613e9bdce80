"""A disk that is full, at any byte: nothing is said to be done that is not, and all goes on afterwards."""

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from audits.sealing.checkpoints import Published
from audits.sealing.outside import FileStore, Head
from audits.sealing.signer import Signer, SignRequest
from audits.sealing.signing import SignerAwayError
from tests.audits.sealing.filed import content, expected, note
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office
from tests.audits.sealing.test_signing import served

pytestmark = pytest.mark.django_db


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Let the system write no file of this process beyond so many bytes: less of a line, or none."""
    usual, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (usual, most))


def head(size: int) -> Head:
    return Head(size=size, root=bytes([size]) * 32)


def test_a_store_outside_that_is_full_takes_nothing_and_then_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints"
    assert FileStore(path).advance(None, head(1), at_s=NOON_S)
    whole = path.read_bytes()
    for room in range(len(whole)):
        path.write_bytes(whole)
        store = FileStore(path)
        for _ in range(2):  # the second try finds what the first has left
            with full_at(len(whole) + room):
                assert not is_taken(store)
            assert store.head() == FileStore(path).head() == head(1)
        assert store.advance(head(1), head(2), at_s=NOON_S)
        assert FileStore(path).head() == head(2)


def is_taken(store: FileStore) -> bool:
    """Try to go on; False as well where there is no room for a single byte."""
    try:
        return store.advance(head(1), head(2), at_s=NOON_S)
    except OSError:
        return False


def test_a_signer_that_cannot_remember_signs_nothing(office: Office, tmp_path: Path) -> None:
    seal(3)
    first = office.publish()
    before = office.signer.last()
    seal(3)
    for room in (0, 1, 50):
        office.now_s += 10
        with full_at(room), pytest.raises(OSError, match="too large"):
            office.signer.sign(again(first))
        assert office.signer.last() == before
    with served(office.signer, tmp_path / "socket") as client:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Signer, "_remember", no_room)
            with pytest.raises(SignerAwayError):
                client.sign(again(first))
        assert client.sign(again(first)).startswith(ORIGIN.encode())
    assert office.publish().size == 7


def again(last: Published) -> SignRequest:
    return SignRequest(old_size=last.size, size=last.size, root=last.root, proof=())


def no_room(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "no space is left")


def test_files_that_find_no_room_are_written_when_there_is_some(office: Office) -> None:
    seal(299)
    office.publish()
    for room in (0, 100, 1_000, 8_191, 8_192, 10_000):
        with full_at(room), pytest.raises(OSError, match="too large"):
            office.files.catch_up()
        assert office.files.read("checkpoint") is None
        tiles = {name for name in content(office.files.directory) if not name.endswith(".new")}
        assert {name: expected(44)[name] for name in tiles} == {
            name: content(office.files.directory)[name] for name in tiles
        }
    assert not office.files.catch_up()
    assert content(office.files.directory) == expected(44) | note()
