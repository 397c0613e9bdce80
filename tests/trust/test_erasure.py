"""A person's name comes in over the API, goes out over it, and lies nowhere in between."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import connection

from audits import grants
from audits.verification import verify
from tests.customers.api.test_customers import act, registered
from tests.support.client import ApiClient, client_of
from tests.support.deal import CERTIFICATION
from tests.support.people import EXPORTER, OFFICER
from tests.support.world import enroll_cast, logged_in

pytestmark = pytest.mark.django_db

SIGNATORY: Final = "Quillon Ferrabee-Oduya"
TABLES: Final = """
    SELECT c.relname FROM pg_class c
    WHERE c.relkind IN ('r', 'v') AND c.relnamespace = 'public'::regnamespace
"""


def dumped() -> Iterator[tuple[str, str]]:
    """Read every row of every table as text; bytes as the text that they hold, if they do."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- the catalog's own names
            for row in cursor.fetchall():
                for value in row:
                    raw = isinstance(value, bytes | memoryview)
                    yield table, bytes(value).decode(errors="replace") if raw else str(value)


def superuser() -> str:
    """Name the login of the tests themselves, who see everything."""
    return str(connection.settings_dict["USER"])


def holding(text: str) -> set[str]:
    """Name the tables that hold a text."""
    return {table for table, value in dumped() if text in value}


def certified(exporter: ApiClient, **changes: Any) -> str:
    customer = f"customers/{registered(exporter)}"
    act(
        exporter,
        f"{customer}/end-use-certifications",
        {"certification": CERTIFICATION | {"signed_by": SIGNATORY} | changes},
    )
    return customer


def signed_by(client: ApiClient, customer: str) -> Any:
    return client.get(customer).json()["state"]["file"]["certification"]["signed_by"]


@pytest.fixture(autouse=True)
def _web() -> Iterator[None]:
    """Do all of it as the web service's login, after enrolling the cast."""
    enroll_cast()
    with logged_in(grants.WEB):
        yield


def test_a_signatory_is_shown_in_clear_and_kept_nowhere() -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    assert signed_by(exporter, customer) == SIGNATORY
    assert signed_by(client_of(OFFICER), customer) == SIGNATORY
    history = exporter.get(f"{customer}/history")
    assert SIGNATORY in json.dumps(history.json())
    assert history["Cache-Control"] == "private, no-store"
    with logged_in(superuser()):
        assert holding(SIGNATORY) == set()
        assert holding("personal:1:") >= {"audits_event"}
        assert verify().is_sound
