"""The body of a command: its shape, its size and its media type."""

from typing import Any

import pytest

from tests.audits.api.toy import opened
from tests.support.client import ApiClient, problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$"),
        ({"label": ""}, "$.label"),
        ({"label": 1}, "$.label"),
        ({"label": "x", "color": "red"}, "$"),
        ({"label": "x", "price_cents": 250}, "$.price_cents"),
        ({"label": "x", "price_cents": "2.50"}, "$.price_cents"),
        ({"label": "x", "price_cents": "-1"}, "$.price_cents"),
        ({"label": "x", "price_cents": "007"}, "$.price_cents"),
        ({"label": "x", "price_cents": str(2**63)}, "$.price_cents"),
        ({"label": "x\x00"}, "$.label"),
        ([], "$"),
    ],
)
def test_a_body_of_another_shape_is_400_and_says_where(
    exporter: ApiClient, body: Any, path: str
) -> None:
    answer = problem(exporter.post("jars/", body), 400, "request_invalid")
    assert [fault["path"] for fault in answer["errors"]] == [path]


def test_the_largest_amount_is_taken(exporter: ApiClient) -> None:
    answer = exporter.post("jars/", {"label": "x", "price_cents": str(2**63 - 1)})
    assert answer.status_code == 201


def test_a_backslash_before_u0000_is_no_nul(exporter: ApiClient) -> None:
    assert exporter.post("jars/", {"label": "\\u0000"}).status_code == 201


@pytest.mark.parametrize(
    "body", [b"{", b'{"label": "x"} more', b"\xff", b'{"label": "\xff"}', b"[" * 50_000]
)
def test_what_is_no_json_is_400(exporter: ApiClient, body: bytes) -> None:
    problem(exporter.post("jars/", body), 400, "json_malformed")


@pytest.mark.parametrize(
    "body",
    [
        b'{"label": "plums", "label": "pears"}',
        b'{"label": "plums", "l\\u0061bel": "plums"}',
    ],
)
def test_a_name_that_comes_twice_is_400(exporter: ApiClient, body: bytes) -> None:
    problem(exporter.post("jars/", body), 400, "member_repeated")


def test_another_media_type_is_415_and_names_ours(exporter: ApiClient) -> None:
    answer = exporter.post("jars/", b"label=x", content_type="application/x-www-form-urlencoded")
    problem(answer, 415, "media_type_unsupported")
    assert answer["Accept"] == "application/json"


def test_a_charset_in_the_media_type_is_fine(exporter: ApiClient) -> None:
    answer = exporter.post(
        "jars/", b'{"label": "x"}', content_type="application/json; charset=utf-8"
    )
    assert answer.status_code == 201


def test_a_command_without_fields_needs_no_body(exporter: ApiClient) -> None:
    jar = opened(exporter)
    assert exporter.post(f"jars/{jar}/smashing", b"", if_match="*").status_code == 200


def test_an_event_beyond_the_size_of_the_journal_is_413(exporter: ApiClient) -> None:
    jar = opened(exporter)
    answer = exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1", "note": "x" * 65_536})
    problem(answer, 413, "body_too_large")


def test_a_body_beyond_the_size_of_a_request_is_413(exporter: ApiClient) -> None:
    problem(exporter.post("jars/", b" " * 3_000_000), 413, "body_too_large")
