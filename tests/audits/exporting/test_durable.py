"""A bundle in its place is on the disk: a machine that stops takes nothing back, and leaves no half."""

import os
from pathlib import Path

import pytest

from audits.exporting.bundle import FORMS, Order, export
from audits.exporting.scopes import Scope
from tests.audits.sealing.journals import seal
from tests.audits.sealing.published import publish

pytestmark = pytest.mark.django_db(transaction=True)


class Disk:
    """Notes what is synced, before and after something gets its place."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.before: set[tuple[int, int]] = set()
        self.after: set[tuple[int, int]] = set()
        self._place = place
        self._sync = os.fsync
        monkeypatch.setattr(os, "fsync", self._note)

    def _note(self, file: int) -> None:
        self._sync(file)
        (self.after if self._place.exists() else self.before).add(version(os.fstat(file)))


def version(found: os.stat_result) -> tuple[int, int]:
    """Name a file with the size that it had: what is written after a sync is not synced."""
    return found.st_ino, found.st_size


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_all_of_a_bundle_is_synced_before_it_gets_its_place_and_the_place_then(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(3)
    publish()
    place = tmp_path / "exports" / name
    disk = Disk(place, monkeypatch)
    export(Order(scope=Scope(kind="all"), forms=frozenset(FORMS)), place)
    unsynced = [
        each for each in (place, *place.rglob("*")) if version(each.stat()) not in disk.before
    ]
    assert unsynced == []
    assert place.parent.stat().st_ino in {inode for inode, _ in disk.after}
