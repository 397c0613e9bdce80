"""A loss of power at any moment: what sealing has said was done is on disk, under its name."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from audits.sealing import keys
from audits.sealing.outside import FileStore, Head
from audits.sealing.signer import STATE_FILE
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office

pytestmark = pytest.mark.django_db
Kept = tuple[int, int, int]


class Disk:
    """What would be there after a loss of power: what `fsync` was called for, as it was then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._contents: set[Kept] = set()
        self._names: set[tuple[int, str, int]] = set()
        self._fsync, self._replace = os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", self.fsync)
        monkeypatch.setattr(os, "replace", self.replace)

    def fsync(self, file: int) -> None:
        """Remember the bytes of a file, or the names in a directory."""
        self._fsync(file)
        found = os.fstat(file)
        if stat.S_ISDIR(found.st_mode):
            for name in os.listdir(file):
                self._names.add((found.st_ino, name, os.stat(name, dir_fd=file).st_ino))
        else:
            self._contents.add(kept(found))

    def replace(self, fresh: Any, path: Any) -> None:
        """Let nothing take another's place before its own bytes are on disk."""
        assert kept(Path(fresh).stat()) in self._contents
        self._replace(fresh, path)

    def has(self, path: Path) -> bool:
        """Tell whether a file would be there, as it is now, under its name."""
        name = (path.parent.stat().st_ino, path.name, path.stat().st_ino)
        return name in self._names and (path.is_dir() or kept(path.stat()) in self._contents)


def kept(found: os.stat_result) -> Kept:
    return found.st_ino, found.st_size, found.st_mtime_ns


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_what_the_store_outside_was_told_is_on_disk(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "checkpoints"
    before = None
    for size in (1, 2, 3):
        head = Head(size=size, root=bytes(32))
        assert FileStore(path).advance(before, head, at_s=NOON_S)
        assert disk.has(path)
        before = head


def test_what_the_signer_signs_is_on_disk_before(office: Office, disk: Disk) -> None:
    seal(3)
    for _ in range(2):
        office.publish()
        assert disk.has(office.signer_directory / STATE_FILE)


def test_a_key_that_signs_is_on_disk(disk: Disk, tmp_path: Path) -> None:
    key = keys.add(tmp_path / "signer", ORIGIN)
    assert disk.has(tmp_path / "signer" / f"{key.key_id.hex()}.pem")


def test_every_file_that_a_checkpoint_covers_is_on_disk(office: Office, disk: Disk) -> None:
    seal(300)
    office.publish()
    office.files.catch_up()
    written = [each for each in office.files.directory.rglob("*") if each.name != ".lock"]
    assert len(written) > 6
    assert [each for each in written if not disk.has(each)] == []
