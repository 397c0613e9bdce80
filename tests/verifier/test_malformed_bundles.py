"""Malformed bundles: what is not as the format has it is named, and proves nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.verifier.bundles import LOG, Made, canonical, whole
from tests.verifier.judged import EVENTS, PART, WHOLE, codes, found


def test_an_event_in_another_form_is_found(tmp_path: Path) -> None:
    loose = EVENTS[3].replace(b'":', b'": ', 1)
    assert codes(whole([*EVENTS[:3], loose, *EVENTS[4:]]), tmp_path) == {
        "not_canonical",
        "count_differs",
        "version_gap",
        "total_differs",
    }


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("events.jsonl", (b'{"event":', b'{"events":'), "line_malformed"),
        ("events.jsonl", (b'"log_index":1}', b'"log_index":01}'), "line_malformed"),
        ("proofs.jsonl", (b'":', b'": '), "not_canonical"),
    ],
)
def test_a_line_has_the_one_form(
    name: str, change: tuple[bytes, bytes], code: str, tmp_path: Path
) -> None:
    place = PART.write(tmp_path)
    content = (place / name).read_bytes()
    (place / name).write_bytes(content.replace(*change, 1))
    assert code in {each["code"] for each in found(place)[1]["differences"]}


@pytest.mark.parametrize(
    "member",
    [
        {"data": []},
        {"data": None},
        {"data": {"currency": [], "paid_cents": "1"}},
        {"data": {"currency": "USD", "paid_cents": None}},
        {"data": {"currency": "USD", "paid_cents": "much"}},
        {"data": {"currency": "USD"}},
        {"stream_id": 7},
        {"stream_id": "zz"},
        {"type": []},
        {"version": "1"},
        {"version": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("made", [WHOLE, PART], ids=["whole", "part"])
def test_what_no_event_says_is_malformed(
    made: Made, member: dict[str, Any], tmp_path: Path
) -> None:
    other = canonical(json.loads(made.events[0]) | member)
    assert first_of(made.write(tmp_path), other) == ("event_malformed", made.places[0])


@pytest.mark.parametrize("content", [b"[]", b"7", b'"event"', b"null"])
def test_what_is_no_event_is_malformed(content: bytes, tmp_path: Path) -> None:
    assert first_of(WHOLE.write(tmp_path), content) == ("event_malformed", 0)


@pytest.mark.parametrize(
    "proof", [[], 7, {}, {"hashes": None}, {"hashes": [7]}, {"hashes": []}], ids=str
)
def test_what_is_no_proof_proves_nothing(proof: Any, tmp_path: Path) -> None:
    place = PART.write(tmp_path)
    lines = (place / "proofs.jsonl").read_bytes().splitlines(keepends=True)
    (place / "proofs.jsonl").write_bytes(canonical(proof) + b"\n" + b"".join(lines[1:]))
    assert first_of(place, PART.events[0]) == ("event_malformed", 1)


@pytest.mark.parametrize(
    ("last", "code"), [(10**11 - 1, "leaf_differs"), (10**11, "line_malformed")]
)
def test_no_place_is_too_high_to_be_judged(last: int, code: str, tmp_path: Path) -> None:
    text = WHOLE.note.partition(b"\n\n")[0].replace(b"\n20\n", b"\n%d\n" % 10**17) + b"\n"
    made = WHOLE.but(note=text + b"\n" + LOG.line(text), places=[*range(19), last])
    assert codes(made, tmp_path) == {code, "count_differs", "root_differs", "total_differs"} - (
        {"count_differs", "total_differs"} if code == "leaf_differs" else set()
    )


def first_of(place: Path, event: bytes) -> tuple[str, int]:
    """Put other bytes in place of a bundle's first event; tell the first difference and its place."""
    head, _, rest = (place / "events.jsonl").read_bytes().partition(b',"log_index"')
    assert head.startswith(b'{"event":')
    (place / "events.jsonl").write_bytes(b'{"event":' + event + b',"log_index"' + rest)
    code, answer = found(place)
    assert code == 1
    first = answer["differences"][0]
    return first["code"], first["log_index"]


def test_a_bundle_of_another_format_is_not_judged(tmp_path: Path) -> None:
    made = WHOLE.but(changes={"format": "tollgate-bundle/2"})
    assert found(made.write(tmp_path))[0] == 2


@pytest.mark.parametrize("content", [b"null", b"5", b'{"format":"tollgate-bundle/1"}'])
def test_what_is_no_manifest_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    (place / "manifest.json").write_bytes(content)
    code, answer = found(place)
    assert (code, list(answer)) == (2, ["unusable"])
    assert answer["unusable"][0].startswith("not as the format has it: ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b""),
        ("manifest.json", b"[]"),
        ("manifest.json", b'{"format":"tollgate-bundle/2"}'),
        ("manifest.json", b'{"format":"tollgate-bundle/1"}'),
        ("manifest.json", None),
        ("leaves", None),
        ("checkpoint", None),
    ],
)
def test_what_is_no_bundle_is_not_judged_good(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    place = WHOLE.write(tmp_path)
    (place / name).unlink()
    if content is not None:
        (place / name).write_bytes(content)
    assert found(place)[0] != 0
