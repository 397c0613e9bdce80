"""Notes and checkpoints: published vectors, every strictness, and whom a signature convinces."""

import base64
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits.sealing.note import (
    COSIGNATURE,
    MAX_SIGNATURES,
    Checkpoint,
    Note,
    NoteError,
    SigningKey,
    Verified,
    VerifierKey,
    parse,
    parse_checkpoint,
    parse_verifier_key,
    sign,
    verify,
)

LOG: Final = SigningKey("tollgate.example/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER: Final = SigningKey(LOG.name, Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
WITNESS: Final = SigningKey(
    "witness.example", Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)), COSIGNATURE
)
CHECKPOINT: Final = Checkpoint(LOG.name, 42, bytes(range(32)))
NOON_S: Final = 1_795_348_800


def note(*signatures: str, text: str = CHECKPOINT.text()) -> bytes:
    return (text + "\n" + "".join(signatures)).encode()


def signed(*keys: SigningKey, text: str = CHECKPOINT.text()) -> bytes:
    lines = [
        str(sign(text, key, signed_at_s=NOON_S if key.algorithm == COSIGNATURE else None))
        for key in keys
    ]
    return note(*lines, text=text)


# -- Published vectors ---------------------------------------------------------------------

GO_KEY: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT: Final = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE: Final = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)


def test_the_note_of_the_go_project_verifies() -> None:
    key = parse_verifier_key(GO_KEY)
    assert str(key) == GO_KEY
    assert verify(parse(note(GO_SIGNATURE, text=GO_TEXT)), [key]) == [Verified(key, None)]


def test_the_note_of_the_go_project_altered_does_not() -> None:
    altered = note(GO_SIGNATURE, text=GO_TEXT.replace("answer", "reply"))
    with pytest.raises(NoteError) as refused:
        verify(parse(altered), [parse_verifier_key(GO_KEY)])
    assert refused.value.code == "signature_wrong"


# -- Signing and verifying -----------------------------------------------------------------


def test_what_is_signed_is_read_back() -> None:
    content = signed(LOG, WITNESS)
    found = parse(content)
    assert bytes(found) == content
    assert parse_checkpoint(found.text) == CHECKPOINT
    assert verify(found, [LOG.verifier_key, WITNESS.verifier_key]) == [
        Verified(LOG.verifier_key, None),
        Verified(WITNESS.verifier_key, NOON_S),
    ]


def test_strangers_are_ignored() -> None:
    found = parse(signed(OTHER, LOG, WITNESS))
    assert verify(found, [LOG.verifier_key]) == [Verified(LOG.verifier_key, None)]


def test_a_note_that_only_strangers_signed_is_worth_nothing() -> None:
    for keys in ([], [LOG.verifier_key]):
        with pytest.raises(NoteError) as refused:
            verify(parse(signed(OTHER, WITNESS)), keys)
        assert refused.value.code == "note_unsigned"


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    right = str(sign(CHECKPOINT.text(), LOG))
    wrong = str(sign(CHECKPOINT.text().replace("42", "43"), LOG))
    for lines in ((wrong,), (right, wrong), (wrong, right)):
        with pytest.raises(NoteError) as refused:
            verify(parse(note(*lines)), [LOG.verifier_key])
        assert refused.value.code == "signature_wrong"


def test_a_signature_counts_once() -> None:
    line = str(sign(CHECKPOINT.text(), LOG))
    assert len(verify(parse(note(line, line)), [LOG.verifier_key])) == 1


def test_the_time_of_a_witness_is_signed_too() -> None:
    found = parse(signed(WITNESS))
    [line] = found.signatures
    later = (NOON_S + 1).to_bytes(8) + line.content[8:]
    forged = Note(found.text, (type(line)(line.name, line.key_id, later),))
    with pytest.raises(NoteError) as refused:
        verify(forged, [WITNESS.verifier_key])
    assert refused.value.code == "signature_wrong"


@pytest.mark.parametrize("key", [LOG, WITNESS])
def test_a_signature_of_another_length_is_wrong(key: SigningKey) -> None:
    found = parse(signed(key))
    [line] = found.signatures
    for content in (line.content[:-1], line.content + b"\x00"):
        longer = Note(found.text, (type(line)(line.name, line.key_id, content),))
        with pytest.raises(NoteError) as refused:
            verify(longer, [key.verifier_key])
        assert refused.value.code == "signature_wrong"


def test_only_a_witness_signs_with_a_time() -> None:
    with pytest.raises(ValueError, match="has a time"):
        sign("text\n", LOG, signed_at_s=NOON_S)
    with pytest.raises(ValueError, match="has a time"):
        sign("text\n", WITNESS)


def test_one_secret_makes_two_keys_as_log_and_as_witness() -> None:
    both = VerifierKey(LOG.name, LOG.verifier_key.public_bytes, COSIGNATURE)
    assert both.key_id != LOG.verifier_key.key_id
    with pytest.raises(NoteError) as refused:
        verify(parse(signed(LOG)), [both])
    assert refused.value.code == "note_unsigned"


def test_a_key_never_shows_its_secret() -> None:
    assert "AAAAAAAA" not in repr(LOG)
    assert str(LOG.verifier_key) in repr(LOG)


# -- Strictness ----------------------------------------------------------------------------

LINE: Final = str(sign(CHECKPOINT.text(), LOG))
TEXT: Final = CHECKPOINT.text()
MALFORMED: Final = {
    "nothing": b"",
    "only a text": TEXT.encode(),
    "no signature": note(),
    "no text": note(LINE, text=""),
    "no empty line": (TEXT + LINE).encode(),
    "no final newline": note(LINE)[:-1],
    "two final newlines": note(LINE) + b"\n",
    "not UTF-8": note(LINE) + b"\xff\n",
    "a tab": note(LINE, text="one\ttwo\n"),
    "a carriage return": note(LINE, text="one\r\n"),
    "a NUL": note(LINE, text="one\x00\n"),
    "a hyphen for a dash": note(LINE.replace("—", "-")),
    "no name": note("— " + LINE.split(" ", 2)[2]),
    "a plus in the name": note(LINE.replace("tollgate", "toll+gate")),
    "a second space": note(LINE.replace("— ", "—  ")),
    "trailing space": note(LINE[:-1] + " \n"),
    "something else than base64": note("— name !!!!\n"),
    "unpadded": note(LINE.replace("=", "")),
    "another form of the same bytes": note("— name AAAAAAB=\n"),
    "a key id and no signature": note("— name AAAAAA==\n"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_note_is_refused(name: str) -> None:
    with pytest.raises(NoteError) as refused:
        parse(MALFORMED[name])
    assert refused.value.code == "note_malformed"


def test_a_text_may_hold_empty_lines() -> None:
    assert parse(signed(LOG, text="one\n\ntwo\n")).text == "one\n\ntwo\n"


def test_a_note_has_at_most_so_many_signatures() -> None:
    assert len(parse(note(*[LINE] * MAX_SIGNATURES)).signatures) == MAX_SIGNATURES
    with pytest.raises(NoteError) as refused:
        parse(note(*[LINE] * (MAX_SIGNATURES + 1)))
    assert refused.value.code == "note_too_large"


def test_a_note_has_at_most_so_many_bytes() -> None:
    spare = 16_384 - len(note(LINE, text="\n"))
    parse(note(LINE, text="x" * spare + "\n"))
    with pytest.raises(NoteError) as refused:
        parse(note(LINE, text="x" * (spare + 1) + "\n"))
    assert refused.value.code == "note_too_large"


ROOT: Final = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"log\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"log\n01\n{ROOT}\n",
        f"log\n-1\n{ROOT}\n",
        f"log\n\n{ROOT}\n",
        f"log\n१\n{ROOT}\n",
        f"log\n{10**19}\n{ROOT}\n",
        f"log\n1\n{ROOT[4:]}\n",
        f"log\n1\n{ROOT[:-1]}\n",
        f"log\n1\n{ROOT}\nextension\n",
        f"log\n1\n{ROOT}\nextension",
        f"log\n1\n{ROOT}\n\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError) as refused:
        parse_checkpoint(text)
    assert refused.value.code == "checkpoint_malformed"


@pytest.mark.parametrize("size", [0, 1, 10**18])
def test_a_checkpoint_of_any_size_is_read_back(size: int) -> None:
    checkpoint = Checkpoint("log", size, bytes(32))
    assert parse_checkpoint(checkpoint.text()) == checkpoint


KEY: Final = str(LOG.verifier_key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY + "\n",
        KEY.replace("+", " ", 1),
        KEY.replace("tollgate", "Tollgate"),
        KEY[: KEY.rindex("+") + 1] + base64.b64encode(b"\x01" + bytes(31)).decode(),
        KEY[: KEY.rindex("+") + 1] + base64.b64encode(b"\x05" + bytes(32)).decode(),
        KEY[: KEY.rindex("+") + 1] + "AAAAA",
        KEY.replace("log+", "log+00", 1),
    ],
)
def test_a_malformed_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError) as refused:
        parse_verifier_key(text)
    assert refused.value.code == "key_malformed"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb", "a\u2003b"])
def test_a_key_needs_a_name_that_a_note_can_carry(name: str) -> None:
    with pytest.raises(NoteError) as refused:
        SigningKey(name, LOG.private)
    assert refused.value.code == "key_malformed"
