"""An export that is killed in the middle and asked for again: the bundle it would have been anyway."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

from audits.differences import Silence
from audits.exporting import parts
from audits.exporting.bundle import FORMS, Order, export
from audits.exporting.scopes import Scope
from tests.audits.sealing.journals import seal
from tests.audits.sealing.published import LOG, publish
from tests.audits.test_watching import address
from verifier.verify_bundle import main

pytestmark = pytest.mark.django_db(transaction=True)

WHOLE: Final = Order(scope=Scope(kind="all"), forms=frozenset(FORMS))
EVENTS: Final = 11
KILLED: Final = -9


class Heard(Silence):
    """Progress as it was told."""

    def __init__(self) -> None:
        self.told: dict[str, list[int]] = {}

    def begin(self, check: str, total: int) -> None:
        """Hear of the total."""
        self.told[check] = [total, 0]

    def advance(self, count: int) -> None:
        """Add up what was done."""
        list(self.told.values())[-1][1] += count


def killed(place: Path, where: str, number: int) -> None:
    """Export to a place from a process that is killed."""
    module, name = where.split(":")
    ended = subprocess.run(  # noqa: S603 -- our own program
        [
            sys.executable,
            "-m",
            "tests.audits.exporting.cut_short",
            place,
            module,
            name,
            str(number),
        ],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": address("tollgate_auditor")},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == KILLED, ended.stderr


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("os:fsync", 3),  # the plan is written, the first part is not
        ("os:fsync", 9),  # between the events of a part and what stands beside them
        ("audits.exporting.contents:Contents.add", 9),  # in the middle of the tables
        ("zipfile:ZipFile.close", 2),  # the archive is all but closed
        ("pathlib:Path.rename", 1),  # it has everything but its place
    ],
)
def test_whatever_kills_it_the_bundle_has_the_same_bytes(
    where: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_EVENTS", 2)
    seal(EVENTS)
    publish()
    cut, through = tmp_path / "cut.zip", tmp_path / "through.zip"
    killed(cut, where, number)
    assert not cut.exists()
    same = tmp_path / "through.zip.partial"
    same.mkdir()
    shutil.copy(tmp_path / "cut.zip.partial/plan.json", same)
    seal(3)
    publish()  # what is signed meanwhile is for the next bundle
    progress = Heard()
    assert export(WHOLE, cut, progress).events == EVENTS
    assert progress.told == {"events": [EVENTS, EVENTS], "tables": [EVENTS, EVENTS]}
    export(WHOLE, through)
    assert cut.read_bytes() == through.read_bytes()
    assert main([str(cut), "--key", str(LOG.verifier_key)]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cut.zip", "through.zip"]
