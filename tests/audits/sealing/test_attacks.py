"""Attacks on what is sealed, as a superuser with all the time in the world: nothing is signed over."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection

from audits.kernel import Refused
from audits.models import CheckpointRow
from audits.sealing import keys, record
from audits.sealing.checkpoints import both_keys, moment
from audits.sealing.growing import grow_until_idle
from audits.sealing.halt import SealingHalted
from audits.sealing.keys import UnsafeKeyError
from audits.sealing.note import SigningKey, parse, parse_verifier_key
from audits.sealing.outside import FileStore
from audits.sealing.signer import STATE_FILE
from tests.audits.sealing.journals import log, seal
from tests.audits.sealing.office import ORIGIN, Office

pytestmark = pytest.mark.django_db

TRIES: Final = 20


def as_superuser(*statements: str, size: int = 0) -> None:
    """Do what only triggers and rights forbid."""
    tables = ("event", "log", "tile", "frontier", "checkpoint", "cosignature")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE audits_{table} DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement, {"size": size})
        for table in tables:
            cursor.execute(f"ALTER TABLE audits_{table} ENABLE TRIGGER ALL")


def require_refusal(office: Office, *codes: str) -> None:
    """Try to publish, again and again, as the same process and as others; nothing is signed."""
    before = (CheckpointRow.objects.count(), office.signer.last())
    for number in range(TRIES):
        office.now_s += 10
        publisher = office.publisher if number % 2 else office.restarted()
        with pytest.raises(SealingHalted) as halted:
            publisher.publish(now_s=office.now_s)
        assert halted.value.code in codes
    assert (CheckpointRow.objects.count(), office.signer.last()) == before


def rebuild() -> None:
    """Rebuild the tree over whatever is in the log now, consistently."""
    as_superuser("DELETE FROM audits_tile", "DELETE FROM audits_frontier")
    grow_until_idle()


def forget_after(size: int) -> None:
    """Restore a backup made when the log had this size; checkpoints of that time stay."""
    as_superuser(
        "DELETE FROM audits_cosignature WHERE checkpoint_id IN"
        " (SELECT number FROM audits_checkpoint WHERE size > %(size)s)",
        "DELETE FROM audits_checkpoint WHERE size > %(size)s",
        "CREATE TEMP TABLE lost AS SELECT event_id FROM audits_log WHERE log_index >= %(size)s",
        "DELETE FROM audits_log WHERE log_index >= %(size)s",
        "DELETE FROM audits_event WHERE event_id IN (SELECT event_id FROM lost)",
        "DROP TABLE lost",
        size=size,
    )
    rebuild()


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


REWRITE: Final = """
    UPDATE audits_event SET canonical = convert_to(replace(
        convert_from(canonical, 'UTF8'), '"because"', '"to hide"'), 'UTF8')
    WHERE event_id IN (SELECT event_id FROM audits_log WHERE log_index {})
"""
REHASH: Final = "UPDATE audits_event SET leaf_hash = sha256('\\x00'::bytea || canonical)"


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


# -- Keys ----------------------------------------------------------------------------------


def foreign_key(office: Office) -> None:
    """Put a key beside the office's that the journal does not know."""
    key = SigningKey(ORIGIN, Ed25519PrivateKey.generate())
    path = office.signer_directory / f"{key.verifier_key.key_id.hex()}.pem"
    path.touch(mode=0o600)
    path.write_bytes(key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_a_forged_key_signs_nothing_that_is_published(office: Office) -> None:
    seal(10)
    foreign_key(office)
    published = parse(office.publish().note)
    assert {line.key_id for line in published.signatures} == {
        key.key_id for key in both_keys(str(office.key))
    }
    (office.signer_directory / f"{office.key.key_id.hex()}.pem").unlink()
    require_refusal_of_key(office, "note_unsigned")


def require_refusal_of_key(office: Office, code: str) -> None:
    for _ in range(TRIES):
        with pytest.raises(SealingHalted) as halted:
            office.publish()
        assert halted.value.code == code


def test_both_keys_sign_while_a_rotation_lasts(office: Office) -> None:
    seal(10)
    assert len(parse(office.publish().note).signatures) == 2
    fresh = keys.add(office.signer_directory, ORIGIN)
    assert len(parse(office.publish().note).signatures) == 4
    keys.retire(office.signer_directory, office.key)
    names = {line.key_id for line in parse(office.publish().note).signatures}
    assert names == {key.key_id for key in both_keys(str(fresh))}
    state = record.current()
    assert set(state.current_keys) == {str(fresh)}
    assert set(state.retired_keys) == {str(office.key)}


def test_a_revoked_key_stops_sealing_until_it_is_gone(office: Office) -> None:
    seal(10)
    office.publish()
    path = office.signer_directory / f"{office.key.key_id.hex()}.pem"
    secret = path.read_bytes()
    keys.add(office.signer_directory, ORIGIN)
    keys.revoke(office.signer_directory, office.key, reason="a copy was found")
    assert not path.exists()
    office.publish()
    path.touch(mode=0o600)
    path.write_bytes(secret)  # somebody brings it back
    require_refusal_of_key(office, "key_revoked")


def test_a_retired_key_alone_signs_nothing(office: Office) -> None:
    seal(10)
    path = office.signer_directory / f"{office.key.key_id.hex()}.pem"
    secret = path.read_bytes()
    fresh = keys.add(office.signer_directory, ORIGIN)
    keys.retire(office.signer_directory, office.key)
    (office.signer_directory / f"{fresh.key_id.hex()}.pem").unlink()
    path.touch(mode=0o600)
    path.write_bytes(secret)
    require_refusal_of_key(office, "note_unsigned")


def test_keys_are_added_retired_and_revoked_for_a_reason(office: Office) -> None:
    directory = office.signer_directory
    stranger = SigningKey(ORIGIN, Ed25519PrivateKey.generate()).verifier_key
    for attempt, code in (
        (lambda: keys.create(directory, ORIGIN), "signing_key_exists"),
        (lambda: keys.retire(directory, office.key), "signing_key_last"),
        (lambda: keys.retire(directory, stranger), "signing_key_not_current"),
        (lambda: keys.revoke(directory, stranger, reason="no"), "signing_key_unknown"),
        (lambda: keys.revoke(directory, office.key, reason=" "), "reason_missing"),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == code
    assert keys.load(directory, ORIGIN)[0].verifier_key == office.key


def test_revoking_twice_is_recorded_once(office: Office) -> None:
    for _ in range(2):
        keys.revoke(office.signer_directory, office.key, reason="lost")
    log(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audits_event WHERE type = 'checkpoint_key_revoked'")
        assert cursor.fetchall() == [(1,)]


def test_a_key_that_others_may_read_signs_nothing(office: Office) -> None:
    path = office.signer_directory / f"{office.key.key_id.hex()}.pem"
    for place, mode in ((path, 0o640), (path, 0o604), (office.signer_directory, 0o750)):
        usual = place.stat().st_mode
        place.chmod(mode)
        with pytest.raises(UnsafeKeyError):
            keys.load(office.signer_directory, ORIGIN)
        place.chmod(usual)
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_key_nothing_is_signed(office: Office, tmp_path: Path) -> None:
    assert keys.load(tmp_path / "nowhere", ORIGIN) == []
    (office.signer_directory / f"{office.key.key_id.hex()}.pem").unlink()
    require_refusal_of_key(office, "no_signing_key")


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
