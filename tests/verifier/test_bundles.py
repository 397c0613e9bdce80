"""Bundles: what holds is proved and said, whatever differs is found, and told by its place."""

import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.verifier.bundles import (
    FORGER,
    LOG,
    OTHER_WITNESS,
    WITNESS,
    Made,
    canonical,
    checkpoint,
    event,
    history,
    listed,
    part,
    whole,
)
from verifier import verify_bundle
from verifier.verify_bundle import SHOWN, main

EVENTS: Final = history(streams=4, versions=5)
WHOLE: Final = whole(EVENTS)
PART: Final = part(EVENTS, [1, 5, 9, 13, 17])
"""The second of the four streams."""


def found(place: Path, *options: str, key: str = LOG.key) -> tuple[int, dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr(sys.stdout, "write", written.append)
        code = main([str(place), "--key", key, "--json", *options])
    return code, json.loads(written[0])


def codes(made: Made, place: Path, *options: str) -> set[str]:
    code, answer = found(made.write(place), *options)
    assert code == 1
    assert not answer.get("proved")
    return {each["code"] for each in answer["differences"]}


def held(place: Path, size: int, *signers: Any) -> str:
    """Keep a checkpoint of the log's first events outside the bundle."""
    file = place.parent / f"{place.name}.held-{size}"
    file.write_bytes(checkpoint(WHOLE.leaves[:size], *signers))
    return f"--checkpoint={file}"


@pytest.mark.parametrize("made", [WHOLE, PART], ids=["whole", "part"])
def test_what_holds_is_proved(made: Made, tmp_path: Path) -> None:
    code, answer = found(made.write(tmp_path))
    assert code == 0
    assert answer["differences"] == []
    assert f"{len(made.events)} events are as they were signed" in answer["proved"][1]
    assert f"{4 if made.whole else 1} streams begin" in answer["proved"][2]


def test_what_is_not_proved_is_said(tmp_path: Path) -> None:
    _, whole_log = found(WHOLE.write(tmp_path / "whole"))
    _, some = found(PART.write(tmp_path / "part"))
    truth = "Whether what was recorded is true; only that it is still what was recorded."
    tables = "Whether tables for people say the same as events.jsonl."
    left_out = "Whether later events of these streams, or other streams, exist."
    assert {truth, tables} <= set(whole_log["not_proved"])
    assert set(some["not_proved"]) - set(whole_log["not_proved"]) == {left_out}
    assert any("--checkpoint" in text for text in whole_log["not_proved"])
    assert any("--witnesses" in text for text in whole_log["not_proved"])


def test_an_archive_is_read_like_a_directory(tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
    assert found(tmp_path / "bundle.zip") == found(place)


def test_an_archive_may_name_its_directories(tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    (place / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
    assert "empty/" in zipfile.ZipFile(tmp_path / "bundle.zip").namelist()
    assert found(tmp_path / "bundle.zip") == found(place)
    assert found(place)[0] == 0


def test_a_directory_of_an_archive_holds_nothing_itself(tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
        archive.writestr("hidden/", b"what nobody would look for")
    code, answer = found(tmp_path / "bundle.zip")
    assert (code, answer["differences"][0]["code"]) == (1, "file_differs")
    assert "hidden/" in answer["differences"][0]["detail"]


def linked(place: Path) -> None:
    (place / "events.jsonl").rename(place.parent / "elsewhere")
    (place / "events.jsonl").symlink_to(place.parent / "elsewhere")


NOT_PLAIN: Final[dict[str, Callable[[Path], None]]] = {
    "a link": linked,
    "a link to a directory": lambda place: (place / "more").symlink_to(place.parent),
    "a link to nothing": lambda place: (place / "more").symlink_to(place.parent / "nothing"),
    "a pipe": lambda place: os.mkfifo(place / "more"),
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_no_plain_file_is_not_opened(name: str, tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    NOT_PLAIN[name](place)
    code, answer = found(place)
    assert (code, list(answer)) == (2, ["unusable"])
    assert answer["unusable"][0].startswith("not_plain: ")


@pytest.mark.parametrize("name", ["manifest.json", "checkpoint", "leaves"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    (place / name).unlink()
    code, answer = found(place)
    assert (code, list(answer)) == (2, ["unusable"])
    assert str(place / name) in answer["unusable"][0]


@pytest.mark.parametrize("content", [b"null", b"5", b'{"format":"tollgate-bundle/1"}'])
def test_what_is_no_manifest_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    (place / "manifest.json").write_bytes(content)
    code, answer = found(place)
    assert (code, list(answer)) == (2, ["unusable"])
    assert answer["unusable"][0].startswith("not as the format has it: ")


def test_an_archive_may_not_hold_a_name_twice(tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.write(place / "checkpoint", "checkpoint")
    code, answer = found(tmp_path / "bundle.zip")
    assert (code, answer["differences"][0]["code"]) == (1, "file_differs")


def test_a_damaged_archive_is_a_difference(tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
    content = (tmp_path / "bundle.zip").read_bytes()
    (tmp_path / "bundle.zip").write_bytes(
        content.replace(b'"paid_cents":"100"', b'"paid_cents":"900"')
    )
    assert found(tmp_path / "bundle.zip")[0] == 1


@pytest.mark.parametrize("text", ["not a key", "name+00000000", LOG.key[:-4]])
def test_a_malformed_key_is_named_as_such_and_nothing_is_judged(text: str, tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path)
    for code, answer in (found(place, key=text), found(place, "--witness", text)):
        assert (code, list(answer)) == (2, ["unusable"])
        assert "key_malformed" in answer["unusable"][0]
        assert text in answer["unusable"][0]


def packed(place: Path, packing: int) -> bytearray:
    """Pack a bundle into an archive, `checkpoint` and `events.jsonl` last."""
    with zipfile.ZipFile(place.parent / "bundle.zip", "w", packing) as archive:
        for path in sorted(place.iterdir(), key=lambda each: "nts" in each.name):
            archive.write(path, path.name)
    return bytearray((place.parent / "bundle.zip").read_bytes())


def test_a_file_that_does_not_unpack_is_a_difference(tmp_path: Path) -> None:
    content = packed(WHOLE.write(tmp_path / "bundle"), zipfile.ZIP_DEFLATED)
    head = content.index(b"events.jsonl")
    content[head + len(b"events.jsonl")] = 0xFF  # no kind of block that there is
    (tmp_path / "bundle.zip").write_bytes(content)
    code, answer = found(tmp_path / "bundle.zip")
    assert code == 1
    assert (
        answer["differences"][0] | {"detail": "events.jsonl", "code": "file_broken"}
        == (answer["differences"][0])
    )


def test_a_file_that_goes_on_behind_the_archive_is_a_difference(tmp_path: Path) -> None:
    content = packed(WHOLE.write(tmp_path / "bundle"), zipfile.ZIP_STORED)
    entry = content.rindex(b"PK\x01\x02")  # the last file in the list of all
    assert content[entry + 46 :].startswith(b"events.jsonl")
    content[entry + 20 : entry + 28] = (1 << 24).to_bytes(4, "little") * 2  # packed, unpacked size
    (tmp_path / "bundle.zip").write_bytes(content)
    code, answer = found(tmp_path / "bundle.zip")
    assert code == 1
    assert "file_broken" in {each["code"] for each in answer["differences"]}


@pytest.mark.parametrize(("offset", "value"), [(8, 0x01), (10, 99)], ids=["encrypted", "packing"])
def test_an_archive_that_cannot_be_read_is_not_judged(
    offset: int, value: int, tmp_path: Path
) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
    content = bytearray((tmp_path / "bundle.zip").read_bytes())
    content[content.rindex(b"PK\x01\x02") + offset] = value
    (tmp_path / "bundle.zip").write_bytes(content)
    code, answer = found(tmp_path / "bundle.zip")
    assert (code, list(answer)) == (2, ["unusable"])


def test_a_changed_event_is_told_by_its_place(tmp_path: Path) -> None:
    events = [*EVENTS]
    events[6] = events[6].replace(b'"200"', b'"201"')
    code, answer = found(WHOLE.but(events=events).write(tmp_path))
    assert code == 1
    first = answer["differences"][0]
    assert (first["code"], first["log_index"]) == ("leaf_differs", 6)
    assert first["event_id"] == "00000002-0000-7000-8000-000000000002"
    assert answer["differences"][-1]["code"] == "root_differs"


def test_a_changed_event_of_a_part_has_no_proof(tmp_path: Path) -> None:
    events = [*PART.events]
    events[2] = events[2].replace(b'"300"', b'"301"')
    assert codes(PART.but(events=events), tmp_path) == {"inclusion_unproved"}


def test_an_event_moved_to_another_place_has_no_proof(tmp_path: Path) -> None:
    assert "inclusion_unproved" in codes(PART.but(places=[1, 5, 9, 13, 18]), tmp_path)


@pytest.mark.parametrize("at", [0, 7, 19])
def test_a_missing_event_is_found(at: int, tmp_path: Path) -> None:
    events, places = [*EVENTS], list(range(20))
    del events[at], places[at]
    differs = codes(WHOLE.but(events=events, places=places), tmp_path)
    assert "root_differs" in differs
    assert ("log_index_wrong" in differs) is (at < 19)  # behind the last there is no gap to see


def test_events_of_a_part_stand_in_log_order_and_once(tmp_path: Path) -> None:
    gaps = {"whole_streams": False}
    other = part(EVENTS, [1, 2, 6]).but(changes=gaps)
    assert found(other.write(tmp_path / "order"))[0] == 0
    swapped = part(EVENTS, [2, 1, 6]).but(changes=gaps)
    assert codes(swapped, tmp_path / "swapped") == {"log_index_wrong"}
    twice = part(EVENTS, [1, 1]).but(changes=gaps)
    assert codes(twice, tmp_path / "twice") == {"version_gap"}


def test_a_proof_names_the_place_that_it_proves(tmp_path: Path) -> None:
    place = PART.write(tmp_path)
    lines = (place / "proofs.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"log_index":9', b'"log_index":8')
    (place / "proofs.jsonl").write_bytes(b"".join(lines))
    assert found(place)[1]["differences"][0]["code"] == "inclusion_unproved"


def test_a_checkpoint_of_another_size_is_of_another_log(tmp_path: Path) -> None:
    for size in (19, 21):
        text = WHOLE.note.partition(b"\n\n")[0].replace(b"\n20\n", b"\n%d\n" % size) + b"\n"
        made = WHOLE.but(note=text + b"\n" + LOG.line(text))
        assert "root_differs" in codes(made, tmp_path / str(size))


def test_events_in_another_order_are_found(tmp_path: Path) -> None:
    events, places = [*EVENTS], list(range(20))
    events[3], events[4], places[3], places[4] = events[4], events[3], places[4], places[3]
    assert "log_index_wrong" in codes(WHOLE.but(events=events, places=places), tmp_path)


def test_an_event_in_another_form_is_found(tmp_path: Path) -> None:
    loose = EVENTS[3].replace(b'":', b'": ', 1)
    assert codes(whole([*EVENTS[:3], loose, *EVENTS[4:]]), tmp_path) == {
        "not_canonical",
        "count_differs",
        "version_gap",
        "total_differs",
    }


def test_a_gap_in_a_stream_is_found_even_if_it_was_signed(tmp_path: Path) -> None:
    assert codes(whole([*EVENTS[:8], *EVENTS[9:]]), tmp_path) == {"version_gap"}


def test_a_bundle_that_claims_no_whole_streams_may_have_gaps(tmp_path: Path) -> None:
    made = part(EVENTS, [1, 9]).but(changes={"whole_streams": False})
    code, answer = found(made.write(tmp_path / "gap"))
    assert code == 0
    assert not any("streams" in text for text in answer["proved"])
    twice = whole([event(1, 1), event(1, 1)]).but(changes={"whole_streams": False})
    assert codes(twice, tmp_path / "twice") == {"version_gap"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"counts": {"events": 21, "streams": 4, "types": {"jar_paid": 20}}}, "count_differs"),
        ({"counts": {"events": 20, "streams": 4, "types": {"jar_paid": 19}}}, "count_differs"),
        ({"counts": {"events": 20, "streams": 5, "types": {"jar_paid": 20}}}, "count_differs"),
        (
            {
                "totals": [
                    {
                        "name": "paid",
                        "type": "jar_paid",
                        "field": "paid_cents",
                        "by": "currency",
                        "sums": {"USD": "6001"},
                    }
                ]
            },
            "total_differs",
        ),
    ],
)
def test_counts_and_totals_are_taken_again(
    changes: dict[str, Any], code: str, tmp_path: Path
) -> None:
    assert codes(WHOLE.but(changes=changes), tmp_path) == {code}


def test_a_total_is_of_one_type_and_by_what_it_says(tmp_path: Path) -> None:
    notes = [
        event(1, 1, currency="EUR", paid_cents="5"),
        event(1, 2, currency="USD", paid_cents="7"),
    ]
    beside = whole([*notes, event(2, 1)]).but(changes={"names": {}})
    assert found(beside.write(tmp_path / "beside"))[0] == 0

    def claiming(by: str, sums: dict[str, str]) -> Made:
        total = {"name": "noted", "type": "jar_note_left", "field": "paid_cents"}
        totals = [total | {"by": by, "sums": sums}]
        return whole(notes).but(changes={"names": {}, "totals": totals})

    assert found(claiming("currency", {"EUR": "5", "USD": "7"}).write(tmp_path / "each"))[0] == 0
    assert found(claiming("", {"": "12"}).write(tmp_path / "all"))[0] == 0
    assert codes(claiming("currency", {"EUR": "12"}), tmp_path / "one") == {"total_differs"}
    assert codes(claiming("", {"EUR": "5", "USD": "7"}), tmp_path / "two") == {"total_differs"}


def test_files_are_as_the_manifest_says(tmp_path: Path) -> None:
    place = WHOLE.but(extra={"tables/events.csv": b"a,b\n"}).write(tmp_path)
    assert found(place)[0] == 0
    (place / "tables/events.csv").write_bytes(b"a,c\n")
    assert found(place)[1]["differences"][0]["code"] == "file_differs"
    (place / "tables/events.csv").unlink()
    assert found(place)[1]["difference_count"] == 1
    (place / "tables/events.csv").write_bytes(b"a,b\n")
    (place / "more").touch()
    assert found(place)[1]["difference_count"] == 1


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


@pytest.mark.parametrize("member", ["bytes", "lines", "sha256"])
def test_all_that_the_manifest_says_of_a_file_is_asked(member: str, tmp_path: Path) -> None:
    claims = {name: listed(name, content) for name, content in WHOLE.files().items()}
    claims["events.jsonl"] |= {member: 21}
    assert codes(WHOLE.but(changes={"files": claims}), tmp_path) == {"file_differs"}


def test_a_bundle_of_another_format_is_not_judged(tmp_path: Path) -> None:
    made = WHOLE.but(changes={"format": "tollgate-bundle/2"})
    assert found(made.write(tmp_path))[0] == 2


def test_a_file_that_events_name_has_the_hash_that_they_name(tmp_path: Path) -> None:
    text = b'name = "brief"\n'
    note = event(9, 1, sha256=listed("", text)["sha256"])
    made = whole([*EVENTS, note])
    assert found(made.but(extra={"named/brief.toml": text}).write(tmp_path / "same"))[0] == 0
    other = made.but(extra={"named/brief.toml": text + b"\n"})
    assert codes(other, tmp_path / "other") == {"file_differs"}


def test_a_forged_key_signs_nothing(tmp_path: Path) -> None:
    assert codes(whole(EVENTS, FORGER), tmp_path) == {"signature_missing"}


@pytest.mark.parametrize("size", [0, 1, 8, 13, 20])
def test_the_log_goes_on_from_an_older_checkpoint(size: int, tmp_path: Path) -> None:
    code, answer = found(WHOLE.write(tmp_path / "whole"), held(tmp_path, size))
    assert code == 0
    assert any(f"goes on from {size} events" in text for text in answer["proved"])
    made = PART.but(consistent_with=(size,) if 0 < size < 20 else ())
    assert found(made.write(tmp_path / "part"), held(tmp_path, size))[0] == 0


def test_without_the_proof_that_was_asked_for_nothing_is_judged(tmp_path: Path) -> None:
    code, answer = found(PART.write(tmp_path / "part"), held(tmp_path, 13))
    assert code == 2
    assert list(answer) == ["unusable"]


def test_a_log_that_was_signed_again_with_another_past_is_found(tmp_path: Path) -> None:
    other = [EVENTS[0].replace(b'"100"', b'"700"'), *EVENTS[1:]]
    assert codes(whole(other), tmp_path / "whole", held(tmp_path, 13)) == {"log_rewritten"}
    made = part(other, PART.places).but(consistent_with=(13,))
    assert codes(made, tmp_path / "part", held(tmp_path, 13)) == {"log_rewritten"}
    assert codes(whole(other), tmp_path / "same", held(tmp_path, 20)) == {"log_rewritten"}


def test_a_log_that_was_rolled_back_is_found(tmp_path: Path) -> None:
    assert codes(whole(EVENTS[:13]), tmp_path / "whole", held(tmp_path, 14)) == {"log_rolled_back"}
    made = part(EVENTS[:13], [1, 5, 9])
    assert codes(made, tmp_path / "part", held(tmp_path, 14)) == {"log_rolled_back"}


def test_as_many_witnesses_as_asked_for_have_cosigned(tmp_path: Path) -> None:
    place = whole(EVENTS, LOG, WITNESS, OTHER_WITNESS).write(tmp_path)
    one, two = f"--witness={WITNESS.key}", f"--witness={OTHER_WITNESS.key}"
    assert found(place, one, two, "--witnesses=2")[0] == 0
    code, answer = found(place, one, "--witnesses=2")
    assert (code, answer["differences"][0]["code"]) == (1, "witnesses_missing")
    assert found(place, one, one, "--witnesses=2")[0] == 1
    assert not any("cosigned" in text for text in found(place, "--witnesses=-1")[1]["proved"])


def test_the_first_differences_of_each_kind_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    """Many of one kind hide none of another: that the log was rewritten is found last."""
    events = [each.replace(b"jar", b"car") for each in history(streams=10, versions=5)]
    made = whole(history(streams=10, versions=5)).but(events=events)
    _, answer = found(made.write(tmp_path))
    shown = Counter(each["code"] for each in answer["differences"])
    assert shown["leaf_differs"] == SHOWN
    assert shown["root_differs"] == 1
    assert answer["difference_count"] > 50


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


@pytest.mark.parametrize("limit", ["MAX_LINE", "MAX_SMALL_FILE"])
def test_what_is_too_long_is_not_read_to_its_end(
    limit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = WHOLE.write(tmp_path)
    monkeypatch.setattr(verify_bundle, limit, 100)  # less than an event, and than a manifest
    assert found(place)[0] == 1


def test_it_runs_alone_and_says_it_in_words(tmp_path: Path) -> None:
    script = tmp_path / "alone.py"
    script.write_bytes((Path(__file__).parents[2] / "verifier/verify_bundle.py").read_bytes())
    place = WHOLE.write(tmp_path / "bundle")
    command = [sys.executable, "-I", str(script), str(place), "--key", LOG.key]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603 -- our own file
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "proved: 20 events are as they were signed; they are the whole log." in ended.stdout
    (place / "events.jsonl").write_bytes(b"")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1  # noqa: S603 -- our own file
    (place / "manifest.json").unlink()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2  # noqa: S603 -- our own file
