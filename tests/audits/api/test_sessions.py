"""Logging in and out: tokens are hashed, expire and can be revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from knox.models import AuthToken

from audits import context
from audits.api.sessions import LogInThrottle
from tests.audits.api.test_commands import problem
from tests.support.client import ApiClient, client_of, person_of
from tests.support.people import EXPORTER, OFFICER

pytestmark = pytest.mark.django_db
PASSWORD = "a long and winding password"  # noqa: S105 -- of the cast, and of nobody else


@pytest.fixture(autouse=True)
def fresh_throttle() -> None:
    cache.clear()


@pytest.fixture
def username() -> str:
    return person_of(OFFICER, password=PASSWORD).username


def log_in(username: str, password: str = PASSWORD) -> Any:
    return ApiClient(None).post_plain("sessions", {"username": username, "password": password})


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
