"""Logging in and out: tokens are hashed, expire and can be revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from knox.models import AuthToken
from rest_framework.settings import api_settings

from audits import context
from audits.api.sessions import AccountThrottle, LogInThrottle
from tests.support.client import ApiClient, client_of, person_of, problem
from tests.support.people import EXPORTER, OFFICER

pytestmark = pytest.mark.django_db
PASSWORD = "a long and winding password"  # noqa: S105 -- of the cast, and of nobody else


@pytest.fixture(autouse=True)
def fresh_throttle() -> None:
    cache.clear()


@pytest.fixture
def username() -> str:
    return person_of(OFFICER, password=PASSWORD).username


def log_in(username: str, password: str = PASSWORD, **sent: str) -> Any:
    address = sent.pop("remote_addr", "127.0.0.1")
    nobody = ApiClient(None, Client(raise_request_exception=False, REMOTE_ADDR=address))
    return nobody.post_plain("sessions", {"username": username, "password": password}, **sent)


def test_a_login_gives_a_token_that_works_and_expires(username: str) -> None:
    answer = log_in(username)
    body = answer.json()
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert body["token_type"] == "Bearer"  # noqa: S105 -- a word of RFC 6750
    token = AuthToken.objects.get()
    lasts = token.expiry - context.database_now()
    assert timedelta(hours=7, minutes=59) < lasts <= timedelta(hours=8)
    assert ApiClient(body["token"]).get("me").json() == body["me"]


def test_only_a_hash_of_the_token_is_kept(username: str) -> None:
    text = log_in(username).json()["token"]
    token = AuthToken.objects.get()
    assert text not in (token.digest, token.token_key)
    assert len(token.token_key) < len(text) / 2


def test_me_says_who_acts_for_whom(username: str) -> None:
    me = client_of(OFFICER).get("me").json()
    assert me["username"] == username
    assert me["actor"] == {
        "person_id": str(OFFICER.person_id),
        "organization_id": str(OFFICER.organization_id),
        "role": "officer",
        "agency": "BIS",
    }
    problem(ApiClient(None).get("me"), 401, "not_authenticated")


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(username: str) -> None:
    wrong = problem(log_in(username, "something else"), 401, "credentials_wrong")
    assert problem(log_in("nobody"), 401, "credentials_wrong") == wrong


def test_who_is_no_longer_active_cannot_log_in_nor_go_on(username: str) -> None:
    client = ApiClient(log_in(username).json()["token"])
    person = person_of(OFFICER)
    person.is_active = False
    person.save()
    problem(log_in(username), 401, "credentials_wrong")
    problem(client.get("me"), 401, "authentication_failed")


def test_a_person_without_password_cannot_log_in() -> None:
    person = person_of(EXPORTER)
    problem(log_in(person.username, "!"), 401, "credentials_wrong")


@pytest.mark.usefixtures("username")
def test_a_revoked_token_is_worth_nothing_at_once() -> None:
    client, other = client_of(OFFICER), client_of(OFFICER)
    assert client.delete("sessions").status_code == 204
    problem(client.get("me"), 401, "authentication_failed")
    assert other.get("me").status_code == 200
    problem(ApiClient(None).delete("sessions"), 401, "not_authenticated")


@pytest.mark.parametrize(("seconds", "status"), [(-1, 401), (60, 200)])
def test_an_expired_token_is_worth_nothing(seconds: int, status: int) -> None:
    client = client_of(OFFICER)
    expiry = context.database_now() + timedelta(seconds=seconds)
    AuthToken.objects.update(expiry=expiry)
    assert client.get("me").status_code == status


def test_a_login_of_another_shape_is_400() -> None:
    answer = ApiClient(None).post_plain("sessions", {"username": "x"})
    problem(answer, 400, "request_invalid")


def test_who_tries_passwords_too_fast_must_wait(
    username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LogInThrottle, "rate", "2/minute", raising=False)
    answers = [log_in(username, "guess").status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    answer = log_in(username)
    problem(answer, 429, "throttled")
    assert 1 <= int(answer["Retry-After"]) <= 60


@pytest.mark.parametrize(("proxies", "status"), [(None, 429), (1, 401)])
def test_an_address_that_the_client_claims_is_believed_from_our_proxy_alone(
    username: str, monkeypatch: pytest.MonkeyPatch, proxies: int | None, status: int
) -> None:
    monkeypatch.setattr(LogInThrottle, "rate", "1/minute", raising=False)
    if proxies is not None:  # else as it is unless set
        monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
    answers = [
        log_in(username, "guess", x_forwarded_for=f"192.0.2.7, 192.0.2.{place}").status_code
        for place in range(2)
    ]
    assert answers == [401, status]


# -- Per login name ------------------------------------------------------------------------


@pytest.fixture
def two_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccountThrottle, "rate", "2/hour", raising=False)


@pytest.mark.usefixtures("two_an_hour")
@pytest.mark.parametrize("unknown", ["", "nobody"])
def test_who_tries_one_login_too_often_must_wait_wherever_they_are(
    username: str, unknown: str
) -> None:
    name = unknown or username
    answers = [log_in(name, "guess", remote_addr=f"192.0.2.{n}").status_code for n in range(3)]
    assert answers == [401, 401, 429]
    answer = log_in(name, remote_addr="192.0.2.9")  # a right guess tells nothing, either
    problem(answer, 429, "throttled")
    assert 60 < int(answer["Retry-After"]) <= 3_600


@pytest.mark.usefixtures("two_an_hour")
def test_other_logins_go_on(username: str) -> None:
    other = person_of(EXPORTER, password=PASSWORD).username
    for _ in range(3):
        log_in(other, "guess")
    assert log_in(username).status_code == 201


@pytest.mark.usefixtures("two_an_hour")
def test_a_right_password_ends_the_count(username: str) -> None:
    for _ in range(3):
        assert log_in(username, "guess").status_code == 401
        assert log_in(username).status_code == 201


@pytest.mark.usefixtures("two_an_hour")
def test_a_name_in_other_characters_is_counted_with_the_name(username: str) -> None:
    """As the form of the page would read it."""
    wide = username.replace("person", "\N{FULLWIDTH LATIN SMALL LETTER P}erson")
    answers = [log_in(name, "guess").status_code for name in (wide, f" {username}", username)]
    assert answers == [401, 401, 429]
