"""Pages when all is not well: they say what is the matter and keep the rules of all pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings
from structlog.testing import capture_logs

from audits.api.problems import Rejected
from audits.unreadable import StoredEventUnreadable
from audits.web.pages import Page
from config import urls
from tests.support.html import page


def failing(error: Exception) -> Callable[..., Any]:
    """Make a page on which this happens."""

    class Failing(Page):
        def get(self, _request: HttpRequest) -> HttpResponse:
            raise error

    return Failing.as_view()


DAMAGED = b'{"event_id":"0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a001","data":"a secret of ours"}'
urlpatterns = [
    *urls.urlpatterns,
    path("away/", failing(OperationalError("the connection is lost"))),
    path("closed/", failing(InterfaceError("connection already closed"))),
    path("rejected/", failing(Rejected(400, "cursor_invalid", "Take cursors as they come"))),
    path("unreadable/", failing(StoredEventUnreadable(DAMAGED))),
    path("bug/", failing(ValueError("a secret of ours"))),
    path("forbidden/", failing(PermissionDenied("a secret of ours"))),
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture
def visitor(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def test_there_is_a_page_for_addresses_without_one(visitor: Client) -> None:
    document = page(visitor.get("/nothing/<b>here</b>"), 404)
    assert "There is no such page" in document.text()


@pytest.mark.parametrize("address", ["/away/", "/closed/"])
def test_a_database_that_is_away_is_said_to_be(visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    document = page(answer, 503)
    assert answer["Retry-After"] == "5"
    assert "The database is away" in document.text()
    assert "connection" not in document.text()


def test_a_record_that_cannot_be_read_is_named_and_logged(visitor: Client) -> None:
    with capture_logs() as logs:
        document = page(visitor.get("/unreadable/"), 500)
    assert "A record cannot be read" in document.text()
    assert "event 0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a001 of the journal" in document.text()
    assert "secret" not in document.content
    [logged] = [each for each in logs if each["event"] == "stored_event_unreadable"]
    assert logged["log_level"] == "error"
    assert "0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a001" in logged["what"]


def test_an_address_that_cannot_be_meant_is_400(visitor: Client) -> None:
    assert "That address cannot be read" in page(visitor.get("/rejected/"), 400).text()


def test_a_bug_says_nothing_of_its_insides(visitor: Client) -> None:
    document = page(visitor.get("/bug/"), 500)
    assert "That is our mistake" in document.text()
    assert "secret" not in document.content


def test_what_is_forbidden_has_a_page(visitor: Client) -> None:
    document = page(visitor.get("/forbidden/"), 403)
    assert "That is not permitted" in document.text()
    assert "secret" not in document.content


def test_pages_are_never_kept(visitor: Client) -> None:
    kept = visitor.get("/away/")["Cache-Control"]
    assert {"no-store", "private"} <= {word.strip() for word in kept.split(",")}


@pytest.mark.parametrize("name", ["tollgate.css", "mark.svg"])
def test_what_pages_need_is_served_from_here(visitor: Client, name: str) -> None:
    answer = visitor.get(f"/static/audits/{name}")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "http" not in content.replace("http://www.w3.org/2000/svg", "")
    assert "@import" not in content
