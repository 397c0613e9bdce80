"""Attacks on what is sealed, as a superuser with all the time in the world: nothing is signed over."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from audits.sealing import record
from audits.sealing.checkpoints import moment
from audits.sealing.halt import SealingHalted
from audits.sealing.note import parse_verifier_key
from audits.sealing.outside import FileStore
from audits.sealing.signer import STATE_FILE
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import (
    REHASH,
    REWRITE,
    as_superuser,
    forget_after,
    rebuild,
    require_refusal,
)

pytestmark = pytest.mark.django_db


# -- The journal goes back, or another way -------------------------------------------------


def test_an_older_backup_gets_no_signature(office: Office) -> None:
    seal(300)
    office.publish()
    seal(100)
    office.publish()
    forget_after(301)
    require_refusal(office, "outside_ahead")


def test_an_older_backup_that_went_on_gets_no_signature(office: Office) -> None:
    seal(300)
    office.publish()
    seal(100)
    office.publish()
    forget_after(301)
    seal(150)
    require_refusal(office, "outside_differs")


def test_a_wiped_journal_gets_no_signature(office: Office) -> None:
    seal(300)
    office.publish()
    forget_after(0)
    require_refusal(office, "outside_ahead")


@pytest.mark.parametrize("lost", [1, 2, 100])
def test_a_journal_without_its_end_gets_no_signature(office: Office, lost: int) -> None:
    seal(300)
    office.publish()
    forget_after(301 - lost)
    require_refusal(office, "outside_ahead")


@pytest.mark.parametrize("which", ["= 7", "= 299", ">= 0"])
def test_a_history_rewritten_consistently_gets_no_signature(office: Office, which: str) -> None:
    seal(300)
    office.publish()
    as_superuser(REWRITE.format(which), REHASH)
    rebuild()
    seal(5)
    require_refusal(office, "outside_differs")


def test_two_events_swapped_get_no_signature(office: Office) -> None:
    seal(300)
    office.publish()
    as_superuser(
        "UPDATE audits_log SET log_index = 1000000 WHERE log_index = 7",
        "UPDATE audits_log SET log_index = 7 WHERE log_index = 8",
        "UPDATE audits_log SET log_index = 8 WHERE log_index = 1000000",
    )
    rebuild()
    require_refusal(office, "outside_differs")


def test_a_rewritten_checkpoint_gets_no_signature(office: Office) -> None:
    seal(300)
    office.publish()
    as_superuser("UPDATE audits_checkpoint SET root = sha256('')")
    require_refusal(office, "checkpoint_differs")


# -- The store outside, too ----------------------------------------------------------------


def test_a_store_outside_that_lost_its_end_stops_sealing(office: Office) -> None:
    seal(10)
    office.publish()
    before = office.store_path.read_bytes()
    seal(10)
    office.publish()
    office.store_path.write_bytes(before)
    require_refusal(office, "outside_behind", "outside_damaged")


DAMAGES: Final[dict[str, Callable[[Path], object]]] = {
    "removed": Path.unlink,
    "emptied": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_store_outside_that_is_gone_stops_sealing(office: Office, name: str) -> None:
    seal(10)
    office.publish()
    DAMAGES[name](office.store_path)
    require_refusal(office, "outside_behind", "outside_damaged")


def test_lines_cut_out_or_changed_outside_stop_sealing(office: Office) -> None:
    for _ in range(3):
        seal(10)
        office.publish()
    lines = office.store_path.read_text().splitlines(keepends=True)
    for damaged in (lines[1:], lines[:1] + lines[2:], [lines[0].replace("1", "2"), *lines[1:]]):
        office.store_path.write_text("".join(damaged))
        office.store = FileStore(office.store_path)
        require_refusal(office, "outside_damaged")


def test_database_and_store_outside_taken_back_together_meet_the_signer(office: Office) -> None:
    seal(10)
    office.publish()
    before = office.store_path.read_bytes()
    seal(10)
    office.publish()
    office.store_path.write_bytes(before)
    office.store = FileStore(office.store_path)
    forget_after(11)
    require_refusal(office, "signer_ahead")


def test_a_signer_that_lost_its_memory_stops_sealing(office: Office) -> None:
    seal(10)
    office.publish()
    (office.signer_directory / STATE_FILE).unlink()
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code == "signer_behind"


def test_a_clock_set_back_stops_signing(office: Office) -> None:
    seal(10)
    office.publish()
    signed_s = office.now_s
    seal(1)
    office.now_s = signed_s - 5 - 10  # a publication comes ten seconds later
    assert office.publish().signed_at == moment(signed_s)
    office.now_s = signed_s - 6 - 10
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code == "clock_went_back"


def test_a_halt_is_recorded_once_until_sealing_goes_on(office: Office) -> None:
    """The event makes the log longer, and so what is said of its size at the next start."""
    seal(3)
    office.publish()
    assert record.record_halt("outside_ahead", "the tree has 4")
    for size in (4, 5):
        assert not record.record_halt("outside_ahead", f"the tree has {size}")
        seal(1)
    assert record.record_halt("tile_missing", "the tree has 6")
    seal(1)
    assert not record.record_halt("tile_missing", "the tree has 7")
    office.publish()
    assert record.record_halt("tile_missing", "the tree has 8")
    assert not record.record_halt("tile_missing", "the tree has 9")
    halt = record.current().halt
    assert halt is not None
    assert (halt.code, halt.detail) == ("tile_missing", "the tree has 8")
    assert parse_verifier_key(next(iter(record.current().current_keys))) == office.key
