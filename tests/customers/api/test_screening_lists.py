"""Uploading a screening list: plain or packed, whole or not at all, by officers alone."""

import gzip
from typing import Any, Final

import pytest

from audits.models import EventRow
from customers.models import ListSnapshot
from tests.support.client import ApiClient, problem
from tests.support.stage import SAMPLE_LIST

pytestmark = pytest.mark.django_db

PLAIN: Final = SAMPLE_LIST.read_bytes()
ADDRESS: Final = "screening-lists/?source=sample.csv&fetched_at=2026-01-05T00:00:00Z"


def upload(
    client: ApiClient, content: bytes = PLAIN, media_type: str = "text/csv", **sent: Any
) -> Any:
    return client.post(ADDRESS, content, content_type=media_type, **sent)


def test_a_list_is_taken_into_use_and_everybody_may_know_which(
    officer: ApiClient, bank: ApiClient
) -> None:
    answer = upload(officer)
    assert answer.status_code == 201, answer.content
    [row] = bank.get("screening-lists/").json()["items"]
    snapshot = ListSnapshot.objects.get()
    assert (row["status"], row["sha256"]) == ("in_use", snapshot.sha256)
    assert row["entries"] == snapshot.entries > 30
    shown = bank.get(answer["Location"]).json()["state"]
    assert shown["fetched_at"] == "2026-01-05T00:00:00Z"


def test_a_packed_list_is_the_same_list(officer: ApiClient) -> None:
    upload(officer)
    again = upload(officer, gzip.compress(PLAIN), "application/gzip")
    assert (again.status_code, again.json()["events"]) == (200, [])
    assert ListSnapshot.objects.count() == 1


def test_an_upload_sent_again_answers_the_same(officer: ApiClient) -> None:
    first = upload(officer, key="once")
    assert upload(officer, key="once").content == first.content
    assert EventRow.objects.filter(type="list_imported").count() == 1


def test_bad_rows_are_named_by_line(officer: ApiClient) -> None:
    answer = upload(officer, PLAIN + b"broken row\n")
    assert answer.status_code == 201, answer.content
    [event] = officer.get(answer["Location"] + "/history").json()["items"]
    [bad] = event["data"]["bad_rows"]
    assert bad["line"] == PLAIN.count(b"\n") + 1


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"no,list", "text/csv"),
        (b"\n", "text/csv"),
        (gzip.compress(PLAIN)[:-9], "application/gzip"),
    ],
)
def test_what_is_no_list_is_refused_and_nothing_is_stored(
    officer: ApiClient, content: bytes, media_type: str
) -> None:
    answer = upload(officer, content, media_type)
    assert answer.status_code == 409, answer.content
    assert answer.json()["code"].startswith("list_")
    assert not ListSnapshot.objects.exists()


def test_only_officers_upload_and_nothing_of_others_is_stored(
    exporter: ApiClient, auditor: ApiClient
) -> None:
    for client in (exporter, auditor):
        problem(upload(client), 403, "role_not_permitted")
    assert not ListSnapshot.objects.exists()


def test_an_upload_needs_its_source_and_its_day(officer: ApiClient) -> None:
    answer = officer.post("screening-lists/?source=x", PLAIN, content_type="text/csv")
    problem(answer, 400, "request_invalid")


def test_another_media_type_is_415(officer: ApiClient) -> None:
    answer = upload(officer, b"{}", "application/json")
    problem(answer, 415, "media_type_unsupported")
    assert answer["Accept"] == "text/csv, application/gzip"


def test_a_body_beyond_all_lists_is_413(
    officer: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.api.screening_lists.MAX_UPLOAD_BYTES", len(PLAIN))
    assert upload(officer).status_code == 201
    problem(upload(officer, PLAIN + b"\n"), 413, "body_too_large")
