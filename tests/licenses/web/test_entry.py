"""The entry page: how things stand, honestly, for everybody, also when little works."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from audits.api import health
from audits.api.health import Ready
from audits.web.status import broker_probe
from tests.licenses.api.conftest import CAST
from tests.licenses.web.conftest import People
from tests.support.client import person_of
from tests.support.html import Document, page

PASSWORD = "a long and winding password"  # noqa: S105 -- of the cast, and of nobody else


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    health.backlog.floor = 0
    broker_probe.forget()
    yield
    health.backlog.floor = 0
    broker_probe.forget()


def addresses(document: Document) -> set[str]:
    return {link["href"] for link in document.all("a")}


@pytest.mark.django_db
def test_every_link_leads_somewhere(client: Client) -> None:
    client.force_login(person_of(CAST["officer"]))
    document = page(client.get("/"))
    for path in addresses(document) - {"#content"}:
        assert client.get(path).status_code == 200, path
    wanted = {"/deals/", "/api/v1/docs/", "/api/v1/schema/", "/health/progress"}
    assert wanted <= addresses(document)


@pytest.mark.usefixtures("played")
def test_what_is_in_force_is_named(people: People) -> None:
    text = page(people["auditor"].get("/")).text()
    assert "brief-2026" in text
    assert "entries, fetched " in text
    assert "Log: complete" in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(CAST))
def test_everybody_may_look(client: Client, name: str) -> None:
    person = person_of(CAST[name])
    client.force_login(person)
    text = page(client.get("/")).text()
    assert f"{person.username}, {person.organization.role}" in text
    assert "Django REST framework" in text


@pytest.mark.django_db
def test_strangers_are_told_neither_versions_nor_logins(client: Client) -> None:
    person_of(CAST["officer"])
    text = page(client.get("/")).text()
    assert "Django" not in text
    assert "Logins of the demonstration" not in text
    assert "person-" not in text


@pytest.mark.django_db
def test_a_demonstration_names_its_logins_and_no_others(client: Client, settings: Settings) -> None:
    known, other = (person_of(CAST[name], password=PASSWORD) for name in ("officer", "bank"))
    settings.DEMONSTRATION_LOGINS = [known.username, "not-enrolled"]
    answer = client.get("/")
    document = page(answer)
    assert known.username in document.text()
    assert "not-enrolled" not in document.text()
    assert other.username not in document.text()
    for secret in (PASSWORD, known.password):
        assert secret not in answer.content.decode()


def test_without_a_database_the_page_asks_it_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This test may not touch the database: a query would raise.
    monkeypatch.setattr(health, "readiness", lambda: Ready(database=False, migrations=False))
    client.cookies["sessionid"] = "somebody's session"
    text = page(client.get("/")).text()
    assert "Database: away" in text
    assert "cannot be shown until the database is ready" in text


def test_without_its_tables_the_page_asks_them_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "readiness", lambda: Ready(database=True, migrations=False))
    assert "Database: not ready" in page(client.get("/")).text()


@pytest.mark.django_db
def test_a_broker_that_is_away_is_said_to_be(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audits.web.status._ask", lambda: False)
    assert "Broker: away" in page(client.get("/")).text()


@pytest.mark.django_db
def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/").status_code == 405
