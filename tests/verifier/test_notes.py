"""The verifier's reading of notes and canonical JSON: published vectors, and every strictness."""

from dataclasses import replace
from typing import Final

import pytest

from tests.verifier.bundles import (
    COSIGNATURE,
    FORGER,
    LOG,
    ORIGIN,
    OTHER_WITNESS,
    WITNESS,
    Signer,
    checkpoint,
)
from tests.verifier.naive import leaf
from verifier.verify_bundle import (
    MAX_SIGNATURES,
    Wrong,
    read_canonical,
    read_key,
    read_note,
    signers,
)

LEAVES: Final = [leaf(b"%d" % number) for number in range(7)]
NOTE: Final = checkpoint(LEAVES)
GO_KEY: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_LINE: Final = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
"""Key and signature of the example in Go's golang.org/x/mod/sumdb/note."""


TIMED: Final = replace(LOG, kind=COSIGNATURE)
LINE: Final = NOTE.rpartition(b"\n\n")[2]


def code_of(content: bytes, *signers: Signer) -> str:
    with pytest.raises(Wrong) as caught:
        read_note(content, [read_key(each.key) for each in signers or (LOG,)])
    return caught.value.code


def test_a_published_key_and_its_signature() -> None:
    key = read_key(GO_KEY)
    text = (
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n"
    )
    assert list(signers(text, GO_LINE.rstrip("\n"), [key])) == [(key, 0)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        "name+00000000",
        "name+00000000+",
        f"name+é0000000+{GO_KEY[-44:]}",
        GO_KEY[:-1] + "é",
        GO_KEY.removeprefix("PeterNeumann"),
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("PeterNeumann", "PeterNeuman"),
        GO_KEY.replace("ARpc", "AhpC"),
        GO_KEY[:-4],
    ],
)
def test_a_key_must_hash_to_what_it_says(text: str) -> None:
    with pytest.raises(ValueError, match=r"^key_malformed: .*Ed25519 key: ") as caught:
        read_key(text)
    assert str(caught.value).endswith(text)


def test_a_key_is_of_a_kind_that_signs_checkpoints_in_the_one_base64() -> None:
    assert read_key(replace(LOG, kind=COSIGNATURE).key).kind == COSIGNATURE
    with pytest.raises(ValueError, match="key_malformed"):
        read_key(replace(LOG, kind=2).key)
    with pytest.raises(ValueError, match="key_malformed"):
        read_key(LOG.key[:-1] + "!" + LOG.key[-1])


def test_a_checkpoint_tells_size_root_and_witnesses() -> None:
    note = checkpoint(LEAVES, LOG, WITNESS, OTHER_WITNESS)
    found = read_note(note, [read_key(LOG.key), read_key(WITNESS.key)])
    assert (found.size, len(found.root)) == (7, 32)
    assert found.witnesses == {WITNESS.private.public_key().public_bytes_raw()}


def test_a_checkpoint_bears_so_many_signatures_and_no_more() -> None:
    most = NOTE + LINE * (MAX_SIGNATURES - 1)
    assert read_note(most, [read_key(LOG.key)]).size == 7
    assert code_of(most + LINE) == "note_malformed"


def test_a_witness_may_say_any_time() -> None:
    for at_s in (0, 1 << 56, (1 << 64) - 1):
        note = checkpoint(LEAVES, LOG, replace(WITNESS, at_s=at_s))
        assert read_note(note, [read_key(LOG.key), read_key(WITNESS.key)]).witnesses


def test_unknown_signatures_are_ignored_but_one_known_is_needed() -> None:
    assert read_note(checkpoint(LEAVES, FORGER, LOG), [read_key(LOG.key)]).size == 7
    assert code_of(checkpoint(LEAVES, FORGER)) == "signature_missing"
    assert code_of(checkpoint(LEAVES, WITNESS), LOG, WITNESS) == "signature_missing"


def test_a_key_signs_only_for_the_log_of_its_name() -> None:
    assert code_of(checkpoint(LEAVES, origin="another.test/log")) == "signature_missing"


def test_a_wrong_signature_of_a_known_key_is_refused_even_beside_a_right_one() -> None:
    both = checkpoint(LEAVES, LOG, FORGER)
    assert read_note(both, [read_key(LOG.key)]).size == 7
    assert code_of(both.replace(b"\n7\n", b"\n8\n")) == "signature_wrong"
    assert code_of(NOTE + FORGER.line(b"anything"), LOG, FORGER) == "signature_wrong"


def test_a_witness_vouches_for_its_time_too() -> None:
    note = checkpoint(LEAVES, LOG, WITNESS)
    later = WITNESS.line(b"")
    head, _, tail = note.rpartition("— witness.test".encode())
    assert tail
    assert code_of(head + later, LOG, WITNESS) == "signature_wrong"


def test_a_log_signs_plainly_before_it_says_when() -> None:
    assert code_of(checkpoint(LEAVES, TIMED)) == "signature_missing"
    assert read_note(checkpoint(LEAVES, LOG, TIMED), [read_key(LOG.key)]).at_s == TIMED.at_s


def test_of_two_times_of_one_log_the_earlier_counts() -> None:
    keys = [read_key(LOG.key), read_key(FORGER.key)]  # of one name, as in a rotation
    for later in (5, -5):
        other = replace(FORGER, kind=COSIGNATURE, at_s=TIMED.at_s + later)
        note = checkpoint(LEAVES, LOG, FORGER, TIMED, other)
        assert read_note(note, keys).at_s == min(TIMED.at_s, other.at_s)


def test_another_log_neither_dates_nor_witnesses() -> None:
    other = replace(FORGER, name="another.test/log")
    keys = [read_key(LOG.key), read_key(other.key)]
    found = read_note(checkpoint(LEAVES, LOG, other, replace(FORGER, kind=COSIGNATURE)), keys)
    assert (found.at_s, found.witnesses) == (0, set())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        NOTE[:-1],
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(ORIGIN.encode(), ORIGIN.encode() + b"\r"),
        NOTE.replace(b"\n7\n", b"\n07\n"),
        NOTE.replace(b"\n7\n", b"\n-7\n"),
        NOTE.replace(b"\n7\n", b"\n" + b"7" * 19 + b"\n"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE + b"not a signature\n",
        NOTE[: -len(LINE)],
        NOTE[:-1] + b" more\n",
        NOTE[:-3] + bytes([NOTE[-3] + 1]) + NOTE[-2:],  # the same signature, written otherwise
        NOTE + LINE[:-1],
        NOTE + LINE * MAX_SIGNATURES,
        NOTE[:-2] + b"\xff\n",
        NOTE.replace(b"\n\n", b"\nmore\xff\n\n"),
        f"{ORIGIN}\n7\n\n".encode() + LOG.line(f"{ORIGIN}\n7\n".encode()),
    ],
)
def test_what_is_no_checkpoint_is_refused(content: bytes) -> None:
    assert code_of(content) == "note_malformed"


@pytest.mark.parametrize("character", ["\t", "\0", "\x1f"])
def test_what_people_do_not_see_is_in_no_checkpoint(character: str) -> None:
    text = NOTE.partition(b"\n\n")[0] + f"\nmore{character}\n".encode()
    assert code_of(text + b"\n" + LOG.line(text)) == "note_malformed"
    text = text.replace(character.encode(), b" ")
    assert read_note(text + b"\n" + LOG.line(text), [read_key(LOG.key)]).size == 7


def test_a_root_is_32_bytes_in_the_one_base64() -> None:
    text = f"{ORIGIN}\n7\nAAAA\n".encode()
    assert code_of(text + b"\n" + LOG.line(text)) == "hash_malformed"
    text = f"{ORIGIN}\n7\n{'A' * 43}=\n".encode()
    assert read_note(text + b"\n" + LOG.line(text), [read_key(LOG.key)]).root == bytes(32)
    text = text.replace(b"A=", b"B=")  # the same bytes, written otherwise
    assert code_of(text + b"\n" + LOG.line(text)) == "hash_malformed"


@pytest.mark.parametrize(
    "text",
    ["{}", '{"a":1,"b":[true,null,"é€😀"]}', '{"a":-9007199254740991}', '"\\b\\f\\n\\r\\t\\u001f"'],
)
def test_canonical_json_is_read(text: str) -> None:
    read_canonical(text.encode())


@pytest.mark.parametrize(
    "content",
    [
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":9007199254740992}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u001F"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        '{"é":1}'.encode(),
        b'{"a":1',
        b"[" * 100_000,
        b"",
    ],
)
def test_any_other_form_is_refused(content: bytes) -> None:
    with pytest.raises(Wrong) as caught:
        read_canonical(content)
    assert caught.value.code == "not_canonical"


@pytest.mark.parametrize(
    "number", ["1.0", "1e2", "NaN", "-Infinity", "9007199254740992", "1" * 5_000]
)
def test_what_is_no_integer_is_said_to_be_none(number: str) -> None:
    with pytest.raises(Wrong, match=f": {number[:40]} is no integer of at most "):
        read_canonical(b"[%b]" % number.encode())
