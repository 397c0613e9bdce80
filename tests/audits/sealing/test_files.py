"""The log as plain files: all of it, never other bytes, nothing to repair."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audits.models import CheckpointRow, EventRow
from audits.sealing import files, record
from audits.sealing.cycle import AGAIN_SECONDS, IDLE_SECONDS, Cycle
from audits.sealing.files import LOCK, Place, TileFiles, places
from audits.sealing.halt import SealingHalted
from audits.sealing.witnesses import Policy
from tests.audits.sealing.filed import content, expected, grow, note
from tests.audits.sealing.journals import leaves_of_log, log, seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import tamper
from tests.support.database import in_threads

pytestmark = pytest.mark.django_db


# -- What is written -----------------------------------------------------------------------


def test_the_whole_log_stands_in_files(office: Office) -> None:
    grow(office, 256)
    written = grow(office, 600)
    assert content(written.directory) == expected(88) | note()


def test_what_was_not_full_stays_until_it_is(office: Office) -> None:
    grow(office, 7)
    grow(office, 200)
    written = grow(office, 255)
    assert content(written.directory) == expected(7, 200, 255) | note()
    grow(office, 256)
    assert content(written.directory) == expected() | note()


def test_before_the_first_checkpoint_there_is_nothing(office: Office) -> None:
    seal(3)
    assert not office.files.catch_up()
    assert content(office.files.directory) == {}


def test_an_idle_log_has_its_newest_checkpoint(office: Office) -> None:
    written = grow(office, 5)
    before = content(written.directory)
    office.publish()
    written.catch_up()
    assert content(written.directory) == before | note()
    assert before["checkpoint"] != note()["checkpoint"]


def test_once_more_writes_nothing(office: Office) -> None:
    written = grow(office, 300)

    def state() -> dict[Path, tuple[int, int]]:
        found = written.directory.rglob("*")
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}

    before = state()
    assert not written.catch_up()
    assert state() == before


def test_others_of_the_group_may_read_and_nobody_else(office: Office) -> None:
    written = grow(office, 300)
    for path in (written.directory, *written.directory.rglob("*")):
        closed = 0o600 if path.name == LOCK else 0o640
        assert path.stat().st_mode & 0o777 == (0o750 if path.is_dir() else closed)


def test_a_directory_that_begins_late_catches_up_checkpoint_by_checkpoint(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LEAVES_AT_ONCE", 100)
    for count in (30, 30, 200, 10):
        seal(count)
        office.publish()
    sizes = []
    more = True
    while more:
        more = office.files.catch_up()
        said = office.files.said()
        assert said is not None
        sizes.append(said.size)
        assert all((office.files.directory / each.path).exists() for each in places(0, said.size))
    first = len(leaves_of_log()) - 270  # the key is an event
    assert sizes == [first + 60, first + 260, first + 270]


def test_what_a_crash_left_half_written_is_written(office: Office) -> None:
    written = grow(office, 300)
    full = content(written.directory)
    shutil.rmtree(written.directory / "tile/0")
    (written.directory / "checkpoint").unlink()
    (written.directory / "tile/0").mkdir()
    (written.directory / "tile/0/000.new").write_bytes(b"half")
    written.catch_up()
    assert content(written.directory) == full


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_are_merely_slow(office: Office) -> None:
    seal(300 - EventRow.objects.count())
    office.publish()
    assert in_threads(TileFiles.catch_up, [office.files] * 4, threads=4) == [False] * 4
    assert content(office.files.directory) == expected(44) | note()


def test_whoever_may_only_read_cannot_keep_the_sealer_waiting(office: Office) -> None:
    written = grow(office, 5)
    with opened(written.directory) as reader:
        fcntl.flock(reader, fcntl.LOCK_EX)
        grow(office, 10)
    assert (written.directory / LOCK).stat().st_mode & 0o777 == 0o600


@contextmanager
def opened(directory: Path) -> Iterator[int]:
    file = os.open(directory, os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)


# -- What halts it -------------------------------------------------------------------------


def halted(written: TileFiles) -> str:
    before = content(written.directory)
    with pytest.raises(SealingHalted) as caught:
        written.catch_up()
    assert content(written.directory) == before
    return caught.value.code


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"])
def test_other_bytes_are_never_written_over(office: Office, name: str) -> None:
    written = grow(office, 300)
    path = written.directory / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert halted(written) == "file_differs"


def test_a_tile_that_is_there_too_early_and_wrong_halts(office: Office) -> None:
    written = grow(office, 200)
    (written.directory / "tile/0/000").write_bytes(b"planted")
    seal(100)
    office.publish()
    assert halted(written) == "file_differs"


def test_a_restored_database_does_not_write_beside_what_came_later(office: Office) -> None:
    written = grow(office, 5)
    seal(3)
    office.publish()
    written.catch_up()
    tamper("DELETE FROM audits_checkpoint WHERE number = 1", "audits_checkpoint")
    assert halted(written) == "files_ahead"
    tamper("DELETE FROM audits_checkpoint", "audits_checkpoint")
    assert halted(written) == "files_ahead"


def test_the_files_of_another_history_are_left_alone(office: Office) -> None:
    written = grow(office, 5)
    text = (written.directory / "checkpoint").read_text()
    root = text.splitlines()[2]
    (written.directory / "checkpoint").write_text(text.replace(root, "A" * 43 + "="))
    assert halted(written) == "file_differs"
    (written.directory / "checkpoint").write_text("nothing of the kind")
    assert halted(written) == "file_damaged"


def test_events_that_are_not_those_of_the_tree_are_not_written(office: Office) -> None:
    seal(5)
    office.publish()
    tamper("UPDATE audits_event SET canonical = canonical || ' '", "audits_event")
    with pytest.raises(SealingHalted) as caught:
        office.files.catch_up()
    assert caught.value.code == "tile_missing"
    assert "tile/entries/000.p/6" not in content(office.files.directory)
    assert "checkpoint" not in content(office.files.directory)


# -- In the sealer's work ------------------------------------------------------------------


class Clock:
    """Time that passes when it is told to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def cycle(office: Office, clock: Clock) -> Cycle:
    return Cycle(office.restarted(), Policy((), 0), lambda: office.now_s, clock, office.files)


def work(sealer: Cycle, clock: Clock, office: Office, *, seconds: float) -> None:
    clock.seconds += seconds
    office.now_s += int(seconds)
    while sealer.step():
        pass


def test_a_sealer_writes_what_it_publishes(office: Office) -> None:
    clock = Clock()
    sealer = cycle(office, clock)
    log(300)
    work(sealer, clock, office, seconds=0)
    work(sealer, clock, office, seconds=0)
    assert office.files.read("checkpoint") == note()["checkpoint"]


def test_a_difference_stops_publication_and_is_on_record(office: Office) -> None:
    clock = Clock()
    sealer = cycle(office, clock)
    log(5)
    for _ in range(2):
        work(sealer, clock, office, seconds=0)
    [path] = (office.files.directory / "tile/0/000.p").iterdir()
    path.write_bytes(b"planted")
    for _ in range(2):
        sealer = cycle(office, clock)  # started again
        with pytest.raises(SealingHalted):
            work(sealer, clock, office, seconds=IDLE_SECONDS)
    assert CheckpointRow.objects.count() == 1
    halt = record.current().halt
    assert halt is not None
    assert halt.code == "file_differs"


def test_a_directory_that_is_away_stops_nothing(office: Office) -> None:
    clock = Clock()
    sealer = cycle(office, clock)
    office.files.directory.write_text("a file")
    log(5)
    for _ in range(2):
        work(sealer, clock, office, seconds=IDLE_SECONDS)
    assert CheckpointRow.objects.count() == 2
    office.files.directory.unlink()
    work(sealer, clock, office, seconds=AGAIN_SECONDS)
    assert office.files.read("checkpoint") == note()["checkpoint"]


def test_a_place_is_written_in_one_way() -> None:
    for place in places(0, 70_000):
        assert Place.parsed(place.path) == place
    for path in ("tile/00/000", "tile/-1/000", "tile/0/0", "tile/0/000.p/256", "tile/x/000", "a/b"):
        with pytest.raises(ValueError):  # noqa: PT011 -- what a bad name raises, whatever it says
            Place.parsed(path)
