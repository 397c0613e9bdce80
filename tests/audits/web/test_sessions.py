"""Logging in and out of the pages: the same people, the same limits as in the API."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from audits.api.sessions import AccountThrottle, LogInThrottle
from audits.models import Person
from tests.support.client import ApiClient, person_of
from tests.support.html import page
from tests.support.people import BANK, OFFICER

pytestmark = pytest.mark.django_db
PASSWORD = "a long and winding password"  # noqa: S105 -- of the cast, and of nobody else
NO_SUCH_LOGIN = "There is no such login. Check the login name and the password."


@pytest.fixture(autouse=True)
def fresh_throttle() -> None:
    cache.clear()


@pytest.fixture
def person() -> Person:
    return person_of(OFFICER, password=PASSWORD)


def log_in(client: Client, username: str, password: str = PASSWORD, **fields: str) -> Any:
    return client.post("/log-in/", {"username": username, "password": password, **fields})


def is_known(client: Client) -> bool:
    return bool(client.get("/deals/").status_code == 200)


def test_the_page_has_two_labeled_fields(client: Client) -> None:
    document = page(client.get("/log-in/"))
    assert document.one("title").text == "Log in · Tollgate"
    assert document.one("input", name="username")["autocomplete"] == "username"
    assert document.one("input", name="password")["autocomplete"] == "current-password"


def test_who_has_a_login_gets_in(client: Client, person: Person) -> None:
    answer = log_in(client, person.username)
    assert (answer.status_code, answer["Location"]) == (302, "/deals/")
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 8 * 3_600
    document = page(client.get("/deals/"))
    assert f"{person.username}, officer" in document.text()


def test_nobody_is_asked_twice(client: Client, person: Person) -> None:
    log_in(client, person.username)
    assert client.get("/log-in/")["Location"] == "/deals/"


@pytest.mark.parametrize(
    ("username", "password"), [("", "something else"), ("nobody", PASSWORD), ("x\x00", PASSWORD)]
)
def test_a_wrong_login_stays_out(
    client: Client, person: Person, username: str, password: str
) -> None:
    answer = log_in(client, username or person.username, password)
    document = page(answer)
    assert document.one("title").text.startswith("Error: ")
    assert not is_known(client)
    assert password not in answer.content.decode()


def test_a_wrong_password_an_unknown_name_and_an_inactive_person_are_told_the_same(
    client: Client, person: Person
) -> None:
    for name in (person.username, "nobody"):
        assert NO_SUCH_LOGIN in page(log_in(client, name, "guess")).one("div", role="alert").text
    Person.objects.update(is_active=False)
    assert NO_SUCH_LOGIN in page(log_in(client, person.username)).one("div", role="alert").text


def test_who_is_no_longer_active_is_out_at_once(client: Client, person: Person) -> None:
    log_in(client, person.username)
    assert is_known(client)
    Person.objects.update(is_active=False)
    assert not is_known(client)


def test_a_page_for_people_sends_others_to_log_in_and_back(client: Client, person: Person) -> None:
    asked = client.get("/deals/?cursor=abc")
    assert asked["Location"] == "/log-in/?next=/deals/%3Fcursor%3Dabc"
    document = page(client.get(asked["Location"]))
    assert "for people who are logged in" in document.text()
    following = document.one("input", name="next")["value"]
    assert log_in(client, person.username, next=following)["Location"] == "/deals/?cursor=abc"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:x"])
def test_nobody_is_sent_to_another_host(client: Client, person: Person, elsewhere: str) -> None:
    assert log_in(client, person.username, next=elsewhere)["Location"] == "/deals/"


def test_logging_out_ends_the_session_and_takes_a_post(client: Client, person: Person) -> None:
    log_in(client, person.username)
    assert client.get("/log-out/").status_code == 405
    assert is_known(client)
    answer = client.post("/log-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not is_known(client)


def test_forms_of_other_sites_are_refused_with_a_page(person: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    document = page(log_in(strict, person.username), 403)
    assert "The form has expired" in document.text()
    strict.force_login(person)
    assert strict.post("/log-out/").status_code == 403
    assert is_known(strict)


def test_the_page_carries_what_its_form_needs(person: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    token = page(strict.get("/log-in/")).one("input", name="csrfmiddlewaretoken")["value"]
    answer = log_in(strict, person.username, csrfmiddlewaretoken=token)
    assert answer.status_code == 302


def test_who_tries_passwords_too_fast_must_wait_whichever_way(
    client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LogInThrottle, "rate", "2/minute", raising=False)
    page(log_in(client, person.username, "guess"))
    guess = {"username": person.username, "password": "guess"}
    assert ApiClient(None).post_plain("sessions", guess).status_code == 401
    answer = log_in(client, person.username)
    document = page(answer, 429)
    assert f"Try again in {answer['Retry-After']} second" in document.text()
    assert not is_known(client)
    page(client.get("/log-in/"))


def test_who_tries_one_login_too_often_must_wait_whichever_way(
    client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AccountThrottle, "rate", "2/hour", raising=False)
    for _ in range(2):
        page(log_in(client, person.username, "guess"))
        assert log_in(client, person.username).status_code == 302  # which ends the count
        client.post("/log-out/")
    page(log_in(client, person.username, "guess"))
    guess = {"username": person.username, "password": "guess"}
    assert ApiClient(None).post_plain("sessions", guess).status_code == 401
    answer = log_in(client, person.username)
    assert "with this login name" in page(answer, 429).text()
    assert 60 < int(answer["Retry-After"]) <= 3_600
    assert not is_known(client)


def test_the_web_role_of_the_database_may_do_all_that_a_login_needs(client: Client) -> None:
    person = person_of(BANK, password=PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE tollgate_web")
    assert log_in(client, person.username).status_code == 302
    assert is_known(client)
    assert client.post("/log-out/").status_code == 302
