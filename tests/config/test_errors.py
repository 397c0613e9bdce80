"""One table from exceptions to HTTP; what it does not name is a bug."""

import json
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import psycopg_pool
import pytest
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions as rest

from audits.api.problems import Rejected
from audits.codec import CodecError
from audits.execution import CommandIdReused, NotFound
from audits.kernel import NotPermitted, Refused, WrongExpectedVersion
from config import errors

STREAM = UUID(int=1)


def answered(error: Exception, path: str = "/api/v1/things/") -> Any:
    request = RequestFactory().post(path)
    answer = errors.handle(error, {"request": request})
    assert answer is not None
    assert answer["Content-Type"] == "application/problem+json"
    return answer, json.loads(answer.content)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refused("cap_exceeded", "No headroom"), 409, "cap_exceeded"),
        (NotPermitted("role_not_permitted", "Not you"), 403, "role_not_permitted"),
        (NotFound("x"), 404, "not_found"),
        (Http404(), 404, "not_found"),
        (WrongExpectedVersion(STREAM, expected=1, found=2), 412, "wrong_expected_version"),
        (CommandIdReused("x"), 422, "idempotency_key_reused"),
        (Rejected(428, "if_match_required", "Say which"), 428, "if_match_required"),
        (msgspec.ValidationError("Expected `int`"), 400, "request_invalid"),
        (CodecError("text_with_nul", "U+0000"), 400, "text_with_nul"),
        (CodecError("text_not_unicode", "A surrogate"), 400, "text_not_unicode"),
        (CodecError("integer_out_of_range", "Too long"), 400, "integer_out_of_range"),
        (RequestDataTooBig(), 413, "body_too_large"),
        (SuspiciousOperation(), 400, "request_malformed"),
        (BadRequest(), 400, "request_malformed"),
        (rest.NotAuthenticated(), 401, "not_authenticated"),
        (rest.AuthenticationFailed(), 401, "authentication_failed"),
        (rest.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (rest.Throttled(), 429, "throttled"),
    ],
)
def test_each_exception_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    answer, body = answered(error)
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"/problems/{code}"
    assert body["title"] == code.replace("_", " ").capitalize()
    assert body["instance"] == "/api/v1/things/"
    assert body["detail"]


def test_a_refusal_carries_citation_and_further_members() -> None:
    _, body = answered(
        Refused("cap_exceeded", "No headroom", citation="91 FR 1684", extra={"headroom": 3})
    )
    assert body["citation"] == "91 FR 1684"
    assert body["headroom"] == 3


def test_further_members_never_replace_those_of_the_problem() -> None:
    _, body = answered(Refused("cap_exceeded", "No headroom", extra={"status": 200, "code": "x"}))
    assert (body["status"], body["code"]) == (409, "cap_exceeded")


def test_a_wrong_version_says_expected_and_found() -> None:
    _, body = answered(WrongExpectedVersion(STREAM, expected=1, found=None))
    assert (body["expected"], body["found"]) == (1, None)


@pytest.mark.parametrize(
    ("message", "path", "detail"),
    [
        (
            "Expected `int`, got `str` - at `$.items[0].x`",
            "$.items[0].x",
            "Expected `int`, got `str`",
        ),
        ("Object missing required field `a`", "$", "Object missing required field `a`"),
    ],
)
def test_a_wrong_shape_says_where(message: str, path: str, detail: str) -> None:
    _, body = answered(msgspec.ValidationError(message))
    assert body["errors"] == [{"path": path, "detail": detail}]


def test_a_throttled_client_is_told_when_to_come_back() -> None:
    answer, _ = answered(rest.Throttled(wait=12.2))
    assert answer["Retry-After"] == "13"


def test_an_exhausted_pool_is_503_and_may_be_tried_again() -> None:
    answer, body = answered(caused(OperationalError("x"), psycopg_pool.PoolTimeout("x")))
    assert (answer.status_code, body["code"], answer["Retry-After"]) == (503, "busy", "1")


def test_a_database_that_is_away_is_503() -> None:
    answer, _ = answered(caused(OperationalError("x"), psycopg.OperationalError("refused")))
    assert answer.status_code == 503


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_503() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 10")
        with pytest.raises(OperationalError) as raised, transaction.atomic():
            cursor.execute("SELECT pg_sleep(5)")
    answer, _ = answered(raised.value)
    assert answer.status_code == 503


@pytest.mark.parametrize(
    "bug",
    [
        ZeroDivisionError("x"),
        KeyError("x"),
        caused(OperationalError("x"), psycopg.errors.DiskFull("x")),
        caused(IntegrityError("x"), psycopg.errors.UniqueViolation("x")),
        IntegrityError("x"),
    ],
)
def test_anything_else_is_a_bug_and_rises(bug: Exception) -> None:
    assert errors.handle(bug, {"request": RequestFactory().get("/api/v1/")}) is None


def test_outside_the_api_people_get_pages() -> None:
    request = RequestFactory().get("/somewhere")
    assert errors.page_not_found(request, Http404())["Content-Type"].startswith("text/html")
    assert errors.server_error(request)["Content-Type"].startswith("text/html")
    assert errors.bad_request(request, BadRequest())["Content-Type"].startswith("text/html")
    forbidden = errors.permission_denied(request, PermissionError())
    assert forbidden["Content-Type"].startswith("text/html")


def test_inside_the_api_django_speaks_in_problems_too() -> None:
    request = RequestFactory().get("/api/v1/x")
    answers = {
        404: errors.page_not_found(request, Http404()),
        500: errors.server_error(request),
        400: errors.bad_request(request, BadRequest()),
        403: errors.permission_denied(request, PermissionError()),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
