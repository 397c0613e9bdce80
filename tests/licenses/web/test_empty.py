"""Pages of an installation in which nothing has happened yet say what is missing."""

import pytest
from django.test import Client

from tests.licenses.api.conftest import CAST
from tests.support.client import person_of
from tests.support.html import page

pytestmark = pytest.mark.django_db


def test_a_fresh_installation_says_what_is_missing(client: Client) -> None:
    document = page(client.get("/"))
    text = document.text()
    assert "append-only journal" in text
    assert "Database: running" in text
    assert "Work queue: empty" in text
    assert "None yet. Nothing can be licensed" in text
    assert "None yet. No customer can be screened" in text


@pytest.mark.parametrize("name", ["exporter", "officer", "auditor"])
def test_an_installation_without_deals_says_so(client: Client, name: str) -> None:
    client.force_login(person_of(CAST[name]))
    text = page(client.get("/deals/")).text()
    assert "has no deals yet" in text or "There are no deals yet" in text
