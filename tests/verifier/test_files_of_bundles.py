"""Files of a bundle: those that the manifest lists, plain ones, in a directory or an archive."""

import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.verifier.bundles import LOG, event, listed, whole
from tests.verifier.judged import EVENTS, PART, WHOLE, codes, found, held
from verifier import verify_bundle


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


@pytest.mark.parametrize("member", ["bytes", "lines", "sha256"])
def test_all_that_the_manifest_says_of_a_file_is_asked(member: str, tmp_path: Path) -> None:
    claims = {name: listed(name, content) for name, content in WHOLE.files().items()}
    claims["events.jsonl"] |= {member: 21}
    assert codes(WHOLE.but(changes={"files": claims}), tmp_path) == {"file_differs"}


def test_a_file_that_events_name_has_the_hash_that_they_name(tmp_path: Path) -> None:
    text = b'name = "brief"\n'
    note = event(9, 1, sha256=listed("", text)["sha256"])
    made = whole([*EVENTS, note])
    assert found(made.but(extra={"named/brief.toml": text}).write(tmp_path / "same"))[0] == 0
    other = made.but(extra={"named/brief.toml": text + b"\n"})
    assert codes(other, tmp_path / "other") == {"file_differs"}


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
    assert answer["unusable"][0].startswith(f"file_missing: no {name} in it")


def test_a_proof_that_was_not_exported_is_asked_for_in_plain_words(tmp_path: Path) -> None:
    place = PART.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.rglob("*"):
            archive.write(path, path.relative_to(place))
    for bundle in (place, tmp_path / "bundle.zip"):
        code, answer = found(bundle, held(place, 8))
        assert (code, list(answer)) == (2, ["unusable"])
        assert "no consistency/8.json in it" in answer["unusable"][0]
        assert "--since" in answer["unusable"][0]


def test_a_name_that_is_no_text_is_told_in_plain_characters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever a terminal can show; and no line of a bundle's own among those of the verifier."""
    place = WHOLE.write(tmp_path / "bundle")
    (place / os.fsdecode(b"\xc3\xa9\xff\nproved: all")).touch()
    written: list[str] = []
    monkeypatch.setattr(sys.stdout, "write", written.append)
    assert verify_bundle.main([str(place), "--key", LOG.key]) == 1
    assert written[0].isascii()
    assert not any(line.startswith("proved") for line in written[0].splitlines())


@pytest.mark.parametrize("limit", ["MAX_LINE", "MAX_SMALL_FILE"])
def test_what_is_too_long_is_not_read_to_its_end(
    limit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = WHOLE.write(tmp_path)
    monkeypatch.setattr(verify_bundle, limit, 100)  # less than an event, and than a manifest
    assert found(place)[0] == 1


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


def test_an_empty_file_of_an_archive_is_one_of_its_files(tmp_path: Path) -> None:
    place = WHOLE.but(extra={"tables/none.csv": b""}).write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.rglob("*"):
            archive.write(path, path.relative_to(place))
    assert found(tmp_path / "bundle.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "bundle.zip", "a") as archive:
        archive.writestr("more", b"")
    code, answer = found(tmp_path / "bundle.zip")
    assert (code, answer["differences"][0]["code"]) == (1, "file_differs")


def test_a_directory_of_an_archive_holds_nothing_itself(tmp_path: Path) -> None:
    place = WHOLE.write(tmp_path / "bundle")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
        archive.writestr("hidden/", b"what nobody would look for")
    code, answer = found(tmp_path / "bundle.zip")
    assert (code, answer["differences"][0]["code"]) == (1, "file_differs")
    assert "hidden/" in answer["differences"][0]["detail"]


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
