"""Refused without being read, a body does not cost the connection its next request."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from config.leftovers import READ_AT_MOST_BYTES
from config.wsgi import application
from customers.api.screening_lists import MAX_UPLOAD_BYTES

pytestmark = pytest.mark.django_db


def left_unread(path: str, body: bytes) -> tuple[int, int]:
    """Post a body as nobody; give the status and how much of the body nobody read."""
    environ = RequestFactory().post(path, body, content_type="text/csv").environ
    stream = BytesIO(body)
    response = application.get_response(WSGIRequest(environ | {"wsgi.input": stream}))
    return response.status_code, len(body) - stream.tell()


@pytest.mark.parametrize("path", ["/api/v1/screening-lists/", "/api/v1/nothing/", "/log-in/", "/"])
@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_what_a_refusal_did_not_read_is_read_before_the_next_request(path: str, size: int) -> None:
    status, unread = left_unread(path, b"x" * size)
    assert 400 <= status < 500
    assert unread == 0


def test_as_much_is_read_as_the_largest_list_has() -> None:
    status, unread = left_unread("/api/v1/screening-lists/", b"x" * MAX_UPLOAD_BYTES)
    assert (status, unread) == (401, 0)


def test_nobody_makes_it_read_for_ever() -> None:
    body = b"x" * (READ_AT_MOST_BYTES + 100_000)
    status, unread = left_unread("/api/v1/screening-lists/", body)
    assert status == 401
    assert unread == 100_000
