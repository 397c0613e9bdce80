"""`verify` compares the files with the log: each that is wrong, missing or late is named."""

from pathlib import Path
from typing import Any, Final

import pytest
from pytest_django import Settings

from audits import verification
from tests.audits.sealing.filed import grow
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office

pytestmark = pytest.mark.django_db


def test_a_process_that_knows_of_no_files_looks_at_none() -> None:
    assert verification.verify(only=("files",)).is_sound


def test_files_that_are_the_log_are_sound(office: Office, settings: Settings) -> None:
    settings.TOLLGATE_TILE_DIRECTORY = str(grow(office, 600).directory)
    seal(5)
    office.publish()  # and not yet in files
    assert verification.verify(only=("files",)).is_sound


@pytest.mark.parametrize(("waits_s", "is_told"), [(300, False), (301, True)])
def test_files_that_stand_still_are_told_of(
    office: Office, settings: Settings, *, waits_s: int, is_told: bool
) -> None:
    settings.TOLLGATE_TILE_DIRECTORY = str(grow(office, 10).directory)
    seal(5)
    first = office.publish()
    office.now_s += waits_s - 10
    seal(5)
    office.publish()
    report = verification.verify(only=("files",))
    assert report.is_sound is not is_told
    said = f"it ends at 10; checkpoint 1 is of {first.signed_at.isoformat()}"
    assert [each.detail for each in report.differences] == [said] * is_told
    assert report.is_sound or report.kind == "files_late"


def test_a_directory_that_stays_empty_is_told_of(
    office: Office, settings: Settings, tmp_path: Path
) -> None:
    settings.TOLLGATE_TILE_DIRECTORY = str(tmp_path / "nowhere")
    seal(5)
    office.publish()
    assert verification.verify(only=("files",)).is_sound
    office.now_s += 300
    office.publish()
    assert verification.verify(only=("files",)).kind == "files_late"


ATTACKS: Final[dict[str, tuple[str, Any, str]]] = {
    "hashes": ("tile/0/000", lambda path: path.write_bytes(bytes(8192)), "file_differs"),
    "events": ("tile/entries/001", lambda path: path.write_bytes(b""), "file_differs"),
    "an edge": ("tile/0/002.p/88", lambda path: path.write_bytes(bytes(88 * 32)), "file_differs"),
    "an old edge": ("tile/0/002.p/9", lambda path: path.write_bytes(bytes(9)), "file_differs"),
    "a tile gone": ("tile/0/001", lambda path: path.unlink(), "file_missing"),
    "events gone": ("tile/entries/002.p/88", lambda path: path.unlink(), "file_missing"),
    "an edge gone": ("tile/1/000.p/2", lambda path: path.unlink(), "file_missing"),
    "a stranger": ("tile/0/1", lambda path: path.write_bytes(b"?"), "file_unexpected"),
    "a root": ("checkpoint", lambda path: path.write_bytes(other_root(path)), "file_differs"),
    "no note": ("checkpoint", lambda path: path.write_bytes(b"?"), "file_damaged"),
}


def other_root(path: Path) -> bytes:
    content = path.read_bytes()
    return content.replace(content.splitlines()[2], b"A" * 43 + b"=")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_was_done_to_a_file_is_found(
    attack: tuple[str, Any, str], office: Office, settings: Settings
) -> None:
    settings.TOLLGATE_TILE_DIRECTORY = str(grow(office, 600).directory)
    name, act, kind = attack
    act(office.files.directory / name)
    report = verification.verify(only=("files",))
    assert report.kind == kind
    assert name in {each.subject.removeprefix("the file ") for each in report.differences}
