"""Verification of tree and checkpoints: it finds what was done to them behind the triggers' backs."""

from typing import Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits import context, verification
from audits.sealing import checkpoints, checks, keys
from audits.sealing.checkpoints import Published, moment
from audits.sealing.note import Checkpoint, Note, SigningKey, parse, sign
from audits.sealing.signer import SignRequest, timed
from audits.sealing.tiles import WIDTH
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office
from tests.audits.sealing.tampering import as_superuser
from tests.audits.sealing.trees import leaves, naive_root

pytestmark = pytest.mark.django_db

SEALED: Final = ("tree", "checkpoints")


def kind() -> str | None:
    return verification.verify(only=SEALED).kind


@pytest.fixture
def sealed(office: Office) -> Office:
    """Three hundred events, three checkpoints, a rotation of keys in between."""
    seal(WIDTH)
    office.publish()
    seal(44)
    keys.add(office.signer_directory, ORIGIN)
    office.publish()
    keys.retire(office.signer_directory, office.key)
    seal(5)
    office.publish()
    return office


@pytest.mark.usefixtures("sealed")
def test_what_is_sealed_is_sound() -> None:
    assert verification.verify(only=SEALED).passed == SEALED


def test_what_was_never_sealed_is_sound_too() -> None:
    assert kind() is None


ATTACKS: Final = {
    "an event": (
        "UPDATE audits_event SET canonical = canonical || ' '",
        "leaf_mismatch",
    ),
    "the log's end": ("DELETE FROM audits_log WHERE log_index > 290", "frontier_differs"),
    "a hole in the log": ("DELETE FROM audits_log WHERE log_index = 290", "log_gap"),
    "a hash in a tile": ("UPDATE audits_tile SET hashes = set_bit(hashes, 99, 1 - get_bit(hashes, 99))", "tile_differs"),
    "a tile gone": ("DELETE FROM audits_tile", "tile_differs"),
    "a tile too many": (
        "INSERT INTO audits_tile SELECT level, 1, hashes, root FROM audits_tile",
        "tiles_differ",
    ),
    "the frontier": (
        "UPDATE audits_frontier SET hashes = set_bit(hashes, 9, 1 - get_bit(hashes, 9))",
        "frontier_differs",
    ),
    "a checkpoint gone": ("DELETE FROM audits_checkpoint WHERE number = 1", "checkpoint_gap"),
    "its root": ("UPDATE audits_checkpoint SET root = sha256('') WHERE number = 1", "checkpoint_columns_wrong"),
    "its size": ("UPDATE audits_checkpoint SET size = 258 WHERE number = 1", "checkpoint_columns_wrong"),
    "its time": (
        "UPDATE audits_checkpoint SET signed_at = signed_at + interval '1 s' WHERE number = 1",
        "checkpoint_columns_wrong",
    ),
    "its note": (
        "UPDATE audits_checkpoint SET note = set_byte(note, 0, 65) WHERE number = 1",
        "signature_wrong",
    ),
    "no note": ("UPDATE audits_checkpoint SET note = '' WHERE number = 1", "note_malformed"),
    "a size that is not there": (
        "UPDATE audits_checkpoint SET size = 10000 WHERE number = 2",
        "checkpoint_columns_wrong",
    ),
    "where the key came from": (
        "DELETE FROM audits_event WHERE type = 'checkpoint_key_added' AND version = 1",
        "log_gap",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_done_to_it_is_found(name: str) -> None:
    statement, expected = ATTACKS[name]
    as_superuser(statement)
    assert kind() == expected


def test_what_a_key_signed_after_it_was_revoked_is_named(office: Office) -> None:
    office.now_s = int(context.database_now().timestamp()) - 1_000
    seal(5)
    first = office.publish()
    path = next(office.signer_directory.glob("*.pem"))
    secret = path.read_bytes()
    keys.revoke(office.signer_directory, office.key, reason="copied")
    assert kind() is None  # it was not, when it signed
    path.touch(mode=0o600)
    path.write_bytes(secret)
    office.now_s += 2_000
    proof = SignRequest(old_size=first.size, size=first.size, root=first.root, proof=())
    late = msgspec.structs.replace(
        first, number=1, note=office.signer.sign(proof), signed_at=moment(office.now_s)
    )
    checkpoints.add(late)
    assert kind() == "key_revoked"


@pytest.mark.parametrize(("size", "expected"), [(6, "checkpoint_differs"), (7, "checkpoint_ahead")])
def test_what_the_logs_own_key_signed_and_is_not_so_is_found(
    office: Office, size: int, expected: str
) -> None:
    seal(5)
    [key] = keys.load(office.signer_directory, ORIGIN)
    text = Checkpoint(ORIGIN, size, bytes(32)).text()
    note = Note(text, (sign(text, key), sign(text, timed(key), signed_at_s=NOON_S)))
    checkpoints.add(
        Published(number=0, size=size, root=bytes(32), note=bytes(note), signed_at=moment(NOON_S))
    )
    assert kind() == expected


def test_what_others_sign_after_a_key_was_revoked_is_sound(office: Office) -> None:
    seal(5)
    keys.add(office.signer_directory, ORIGIN)
    keys.revoke(office.signer_directory, office.key, reason="copied")
    office.now_s = int(context.database_now().timestamp()) + 1_000
    office.publish()
    assert kind() is None


def test_the_key_of_receipts_signs_no_checkpoints(office: Office) -> None:
    seal(5)
    key = SigningKey(ORIGIN, Ed25519PrivateKey.generate())
    keys.announce_receipt_key(key.verifier_key)
    published = office.publish()
    text = parse(published.note).text
    note = Note(text, (sign(text, key), sign(text, timed(key), signed_at_s=office.now_s + 10)))
    checkpoints.add(
        msgspec.structs.replace(
            published, number=1, note=bytes(note), signed_at=moment(office.now_s + 10)
        )
    )
    assert kind() == "note_unsigned"


def test_a_tile_of_the_third_level_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of sixteen million events, without them."""
    roots = leaves(WIDTH * WIDTH)
    level = [roots[at : at + WIDTH] for at in range(0, len(roots), WIDTH)]
    there = {(1, position): tile for position, tile in enumerate(level)}
    there[2, 0] = [naive_root(tile) for tile in level]
    monkeypatch.setattr(checks, "read_tile", lambda level, at, _size: there[level, at])
    size = WIDTH * len(roots)
    assert list(checks._higher_differences(roots, size)) == []  # noqa: SLF001 -- too much below it
    there[2, 0] = [*there[2, 0][:-1], bytes(32)]
    [found] = checks._higher_differences(roots, size)  # noqa: SLF001 -- as above
    assert (found.kind, found.subject) == ("tile_differs", "tile 2/0")


class Watching:
    """Adds up what checks say that there is to look at, and how much of it they did."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {}

    def begin(self, check: str, total: int) -> None:
        self.seen[check] = [total, 0]

    def advance(self, count: int) -> None:
        list(self.seen.values())[-1][1] += count


@pytest.mark.usefixtures("sealed")
def test_whoever_watches_sees_how_far_it_is() -> None:
    watching = Watching()
    verification.verify(watching, only=SEALED)
    last = checkpoints.last()
    assert last is not None
    size = last.size
    assert watching.seen == {"tree": [size, size], "checkpoints": [3, 3]}
