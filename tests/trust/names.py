"""Looks for names wherever the database, the log and the API could show them, and has them erased."""

from collections.abc import Iterator
from typing import Any, Final

from django.db import connection

from audits import grants
from audits.kernel import Actor
from audits.sequencing import Sequencer
from tests.customers.api.test_customers import act, registered
from tests.support.client import ApiClient, client_of
from tests.support.people import AUDITOR, OFFICER, SECOND_OFFICER
from tests.support.stage import CERTIFICATION
from tests.support.world import logged_in

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


def subject_in(customer: str, name: str = SIGNATORY) -> str:
    """Find, as an officer does, under which id a person's data are kept."""
    thing = customer.removeprefix("customers/")
    found = client_of(OFFICER).get("subjects/", {"thing_id": thing}).json()["items"]
    [subject] = [each for each in found if each["name"] == name]
    return str(subject["subject_id"])


def request(subject: str) -> Any:
    return client_of(OFFICER).post("erasures/", {"subject_id": subject, "reason": "Asked for"})


def approve(subject: str, actor: Actor = SECOND_OFFICER) -> Any:
    return client_of(actor).post(f"erasures/{subject}/approvals", {}, if_match="*")


def everything_shown(customer: str) -> str:
    """Collect what an officer and an auditor can read about a customer, and the whole feed."""
    officer, auditor = client_of(OFFICER), client_of(AUDITOR)
    Sequencer().run_until_empty()
    with logged_in(grants.WEB):
        answers = [
            *(officer.get(address) for address in (customer, f"{customer}/history")),
            *(officer.get("customers/"), auditor.get(customer), auditor.get("events/")),
            officer.get("subjects/", {"thing_id": customer.removeprefix("customers/")}),
        ]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.content.decode() for answer in answers)
