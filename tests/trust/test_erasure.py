"""A person's name comes in over the API, goes out over it, and lies nowhere in between."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import connection

from audits import grants
from audits.kernel import Actor
from audits.sequencing import Sequencer
from audits.verification import Report, checks, verify
from tests.audits.api.test_commands import problem
from tests.customers.api.test_customers import act, registered
from tests.support.client import ApiClient, client_of
from tests.support.deal import CERTIFICATION
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    LABORATORY,
    OFFICER,
    SECOND_OFFICER,
    TREASURY,
)
from tests.support.world import enroll_cast, logged_in

pytestmark = pytest.mark.django_db

SIGNATORY: Final = "Quillon Ferrabee-Oduya"
SEALED: Final = "personal:1:019ab0c4-51c2-7d10-8f43-6a1d2b3c4d5e:AAAAAAAAAAAAAAAAAAAAAAAA"
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


# -- Erasure -------------------------------------------------------------------------------


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


def hashes() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id, canonical, leaf_hash FROM audits_event ORDER BY event_id")
        return [(row[0], bytes(row[1]), bytes(row[2])) for row in cursor.fetchall()]


def test_two_persons_erase_a_signatory_everywhere_and_every_proof_still_holds() -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    subject = subject_in(customer)
    with logged_in(superuser()):
        assert SIGNATORY in everything_shown(customer)
        before = hashes()
    assert request(subject).status_code == 201
    problem(approve(subject, OFFICER), 409, "four_eyes")
    assert approve(subject).status_code == 200
    assert signed_by(exporter, customer) == "[erased]"
    with logged_in(superuser()):
        shown = everything_shown(customer)
        assert SIGNATORY not in shown
        assert "[erased]" in shown
        assert holding(SIGNATORY) == set()
        assert {event[0]: event for event in hashes()}.items() >= {e[0]: e for e in before}.items()
        assert verify() == Report(passed=tuple(checks()))


def test_a_repeated_request_answers_as_before_and_another_person_is_another_subject() -> None:
    exporter = client_of(EXPORTER)
    customer = f"customers/{registered(exporter)}"
    sent = {"certification": CERTIFICATION | {"signed_by": SIGNATORY}}
    path = f"{customer}/end-use-certifications"
    first, again = (exporter.post(path, sent, key="one", if_match="*") for _ in range(2))
    assert first.json() == again.json()
    same = exporter.post(path, sent, key="two", if_match="*")
    assert same.json()["events"] == []
    sent["certification"]["signed_by"] = "Ilmari Wexcombe"
    assert exporter.post(path, sent, key="three", if_match="*").json()["events"]
    assert subject_in(customer) != subject_in(customer, "Ilmari Wexcombe")


def test_erasing_one_person_leaves_the_others() -> None:
    exporter = client_of(EXPORTER)
    others = [{"name": "Ilmari Wexcombe", "country": "SG"}]
    customer = certified(exporter, remote_end_users=others)
    subject = subject_in(customer)
    request(subject)
    approve(subject)
    certification = exporter.get(customer).json()["state"]["file"]["certification"]
    assert certification["signed_by"] == "[erased]"
    assert certification["remote_end_users"] == others


def test_whoever_comes_again_after_an_erasure_is_somebody_new() -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    subject = subject_in(customer)
    request(subject)
    approve(subject)
    act(
        exporter,
        f"{customer}/end-use-certifications",
        {"certification": CERTIFICATION | {"signed_by": SIGNATORY}},
    )
    assert signed_by(exporter, customer) == SIGNATORY
    assert subject_in(customer) != subject


@pytest.mark.parametrize("text", ["[erased]", SEALED, f"see {SEALED} there"])
def test_nobody_brings_what_stands_for_personal_data(text: str) -> None:
    exporter = client_of(EXPORTER)
    customer = f"customers/{registered(exporter)}"
    for changes in ({"signed_by": text}, {"end_use": text, "signed_by": "X"}):
        if text == "[erased]" and "end_use" in changes:
            continue  # a word like any other, in free text
        answer = exporter.post(
            f"{customer}/end-use-certifications",
            {"certification": CERTIFICATION | changes},
            if_match="*",
        )
        problem(answer, 400, "request_invalid")


def test_a_legal_hold_forbids_the_erasure_until_two_officers_lift_it() -> None:
    customer = certified(client_of(EXPORTER))
    target, subject = customer.removeprefix("customers/"), subject_in(customer)
    officer, second = client_of(OFFICER), client_of(SECOND_OFFICER)
    matter = {"matter": "Docket 26-0417"}
    why = {"reason": "The agency asked to keep the records"}
    assert request(subject).status_code == 201
    hold = officer.post("legal-holds/", {"target_id": target, **matter, **why}).json()["stream_id"]
    problem(approve(subject), 409, "legal_hold")
    officer.post(f"legal-holds/{hold}/lifting-proposals", {**matter, **why}, if_match="*")
    own = officer.post(f"legal-holds/{hold}/liftings", matter, if_match="*")
    problem(own, 409, "four_eyes")
    problem(approve(subject), 409, "legal_hold")
    second.post(f"legal-holds/{hold}/liftings", matter, if_match="*")
    assert approve(subject).status_code == 200
    with logged_in(superuser()):
        assert verify() == Report(passed=tuple(checks()))


@pytest.mark.parametrize("actor", [EXPORTER, BANK, LABORATORY, TREASURY])
def test_only_the_office_and_auditors_see_subjects_holds_and_erasures(actor: Actor) -> None:
    customer = certified(client_of(EXPORTER))
    subject = subject_in(customer)
    request(subject)
    client = client_of(actor)
    thing = {"thing_id": customer.removeprefix("customers/")}
    problem(client.get("subjects/", thing), 403, "role_not_permitted")
    problem(client.get(f"erasures/{subject}"), 404, "not_found")
    assert client.get("erasures/").json()["items"] == []
    problem(
        client.post("erasures/", {"subject_id": subject, "reason": "x"}), 403, "role_not_permitted"
    )
