"""The log as it is served from files: as from the tables, with tags, and never what is not sealed."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import tamper
from tests.support.client import ApiClient, problem

pytestmark = pytest.mark.django_db

ANYBODYS = ("0/000", "0/001", "0/002.p/88", "0/000.p/3", "0/001.p/44", "1/000.p/2", "1/000.p/1")
AUDITORS = ("entries/000", "entries/002.p/88", "entries/000.p/3", "entries/001.p/44")
NOBODYS = (
    "00/000",
    "00/002.p/88",
    "0/002",
    "0/002.p/89",
    "0/003.p/1",
    "1/000",
    "1/000.p/3",
    "2/000.p/1",
    "99999999/000",
    f"{'9' * 300}/000.p/1",
)


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:  # noqa: ARG001 -- its key is an event
    return Office(tmp_path)


@pytest.fixture
def written(office: Office, settings: Settings) -> Office:
    """Write a log of three checkpoints into files: of 300, 500 and 600 events."""
    settings.TOLLGATE_TILE_DIRECTORY = str(office.files.directory)
    seal(299)  # and the key
    office.publish()
    office.files.catch_up()
    for count in (200, 100):
        seal(count)
        office.publish()
        office.files.catch_up()
    return office


def tile(client: ApiClient, name: str) -> Any:
    return client.get(f"/tiles/tile/{name}")


@pytest.mark.usefixtures("written")
def test_files_and_tables_say_the_same(auditor: ApiClient, settings: Settings) -> None:
    def answers() -> list[tuple[int, bytes, str]]:
        given = [tile(auditor, name) for name in (*ANYBODYS, *AUDITORS)]
        given.append(auditor.get("/tiles/checkpoint"))
        return [(each.status_code, each.content, each["Cache-Control"]) for each in given]

    from_files = answers()
    settings.TOLLGATE_TILE_DIRECTORY = ""
    assert answers() == from_files
    assert {status for status, *_ in from_files} == {200}


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("name", NOBODYS)
def test_what_the_checkpoint_does_not_cover_is_not_there(name: str) -> None:
    assert tile(ApiClient(None), name).status_code == 404


@pytest.mark.usefixtures("written")
def test_no_table_is_read() -> None:
    nobody = ApiClient(None)
    with CaptureQueriesContext(connection) as asked:
        for name in ANYBODYS:
            assert tile(nobody, name).status_code == 200
        assert nobody.get("/tiles/checkpoint").status_code == 200
    assert len(asked) == 0


@pytest.mark.usefixtures("written")
def test_events_are_for_auditors(exporter: ApiClient) -> None:
    for name in AUDITORS:
        problem(tile(exporter, name), 403, "role_not_permitted")
        problem(tile(ApiClient(None), name), 401, "not_authenticated")


@pytest.mark.usefixtures("written")
def test_who_has_it_gets_it_not_again(auditor: ApiClient) -> None:
    for address in ("checkpoint", "tile/0/000", "tile/entries/000"):
        first = auditor.get(f"/tiles/{address}")
        again = auditor.get(f"/tiles/{address}", if_none_match=first["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert again["Cache-Control"] == first["Cache-Control"]
        other = auditor.get(f"/tiles/{address}", if_none_match='"another"')
        assert (other.status_code, other.content) == (200, first.content)


def test_what_a_new_checkpoint_says_has_another_tag(written: Office) -> None:
    before = ApiClient(None).get("/tiles/checkpoint")["ETag"]
    seal(1)
    written.publish()
    assert ApiClient(None).get("/tiles/checkpoint")["ETag"] == before
    written.files.catch_up()
    assert ApiClient(None).get("/tiles/checkpoint")["ETag"] != before


def test_what_is_not_yet_in_files_is_not_yet_there(written: Office) -> None:
    seal(1)
    written.publish()
    assert tile(ApiClient(None), "0/002.p/89").status_code == 404
    written.files.catch_up()
    assert tile(ApiClient(None), "0/002.p/89").status_code == 200


def test_what_is_written_before_its_checkpoint_is_not_served(written: Office) -> None:
    (written.files.directory / "tile/0/002.p/89").write_bytes(bytes(89 * 32))
    assert tile(ApiClient(None), "0/002.p/89").status_code == 404


@pytest.mark.parametrize("name", ["0/000", "0/002.p/88", "entries/001", "1/000.p/2"])
def test_a_file_that_is_gone_is_not_made_up(written: Office, auditor: ApiClient, name: str) -> None:
    (written.files.directory / "tile" / name).unlink()
    answer = tile(auditor, name)
    problem(answer, 409, "log_changed")
    assert "immutable" not in answer.get("Cache-Control", "")


def test_a_width_that_no_checkpoint_ended_in_is_cut_of_the_full_tile_alone(
    written: Office, auditor: ApiClient
) -> None:
    assert tile(auditor, "0/002.p/87").status_code == 404
    seal(168)
    written.publish()
    written.files.catch_up()
    assert len(tile(auditor, "0/002.p/87").content) == 87 * 32


def test_a_width_whose_full_tile_is_gone_is_not_made_up(
    written: Office, auditor: ApiClient
) -> None:
    seal(168)
    written.publish()
    written.files.catch_up()
    (written.files.directory / "tile/0/002").unlink()
    problem(tile(auditor, "0/002.p/87"), 409, "log_changed")


def test_a_damaged_checkpoint_proves_nothing(written: Office, auditor: ApiClient) -> None:
    (written.files.directory / "checkpoint").write_bytes(b"?")
    problem(tile(auditor, "0/000"), 409, "log_changed")


def test_files_do_not_follow_what_was_done_to_the_tables(
    written: Office, auditor: ApiClient
) -> None:
    del written
    before = tile(auditor, "0/000").content
    tamper("DELETE FROM audits_tile", "audits_tile")
    assert tile(auditor, "0/000").content == before


def test_before_the_first_checkpoint_there_is_nothing(office: Office, settings: Settings) -> None:
    settings.TOLLGATE_TILE_DIRECTORY = str(office.files.directory)
    assert ApiClient(None).get("/tiles/checkpoint").status_code == 404
    assert tile(ApiClient(None), "0/000.p/1").status_code == 404
