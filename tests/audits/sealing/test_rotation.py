"""Keys of the log: added, retired, revoked or forged, and who may read them."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection

from audits.kernel import Refused
from audits.sealing import keys, record
from audits.sealing.checkpoints import both_keys
from audits.sealing.halt import SealingHalted
from audits.sealing.keys import UnsafeKeyError
from audits.sealing.note import SigningKey, parse
from tests.audits.sealing.journals import log, seal
from tests.audits.sealing.office import ORIGIN, Office
from tests.audits.sealing.tampering import TRIES

pytestmark = pytest.mark.django_db


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


def test_a_key_of_somebody_else_signs_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(UnsafeKeyError):
        keys.load(office.signer_directory, ORIGIN)


def test_a_key_of_another_kind_signs_nothing(office: Office) -> None:
    path = office.signer_directory / "another.pem"
    path.touch(mode=0o600)
    other = X25519PrivateKey.generate()
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UnsafeKeyError, match="not an Ed25519 key"):
        keys.load(office.signer_directory, ORIGIN)


def test_no_key_is_made_where_others_may_read(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(UnsafeKeyError):
        keys.add(tmp_path / "open", ORIGIN)
    assert list((tmp_path / "open").iterdir()) == []
    assert record.current().current_keys == frozenset()


def test_without_a_key_nothing_is_signed(office: Office, tmp_path: Path) -> None:
    assert keys.load(tmp_path / "nowhere", ORIGIN) == []
    (office.signer_directory / f"{office.key.key_id.hex()}.pem").unlink()
    require_refusal_of_key(office, "no_signing_key")
