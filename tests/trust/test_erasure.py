"""A person's name comes in over the API, goes out over it, and lies nowhere in between."""

import base64
import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import pytest
from django.contrib.auth import authenticate
from django.db import DatabaseError, connection, transaction

from audits import context as minting
from audits import grants, store, vault
from audits.enrollment import enroll_organization, enroll_person
from audits.kernel import Actor, Context, Event, Role
from audits.reading import load
from audits.sequencing import Sequencer
from audits.verification import Report, checks, verify
from config.celery import app
from customers.domain.customer import DECIDER as CUSTOMER
from customers.domain.customer.standing import listed_ownership_percent
from customers.domain.erasure.events import PersonalDataErased
from tests.audits.api.test_commands import problem
from tests.customers.api.test_customers import act, registered
from tests.support.client import ApiClient, client_of
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    LABORATORY,
    OFFICER,
    SECOND_OFFICER,
    TREASURY,
)
from tests.support.stage import CERTIFICATION, EDITIONS, SAMPLE_LIST
from tests.support.world import World, enroll_cast, logged_in

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


def in_the_broker() -> str:
    """Read everything that the broker holds, as text."""
    with app.connection_for_read() as connection:
        client: Any = connection.default_channel.client  # type: ignore[attr-defined]  # of its Redis transport
        reading = {
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"hash": client.hgetall,
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"string": client.get,
        }
        raw = "".join(str((key, reading[client.type(key)](key))) for key in client.keys("*"))
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', raw)
    return raw + "".join(base64.b64decode(body).decode() for body in bodies)


@pytest.mark.django_db(transaction=True)
def test_the_broker_is_told_of_work_and_of_nobody() -> None:
    certified(client_of(EXPORTER), remote_end_users=[{"name": SIGNATORY, "country": "SG"}])
    told = in_the_broker()
    assert '"callbacks"' in told  # the bodies of messages are among it
    assert SIGNATORY not in told


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


PERSON: Final[dict[str, Any]] = {
    "kind": "person",
    "name": "Thessaly Vandermoor",
    "aliases": ["T. Vandermoor-Quist"],
    "native_name": "范德莫尔",
    "uscc": None,
    "address": {
        "lines": ["Flat 7, 12 Lantern Steps"],
        "city": "Graywick",
        "postal_code": "QX4 7ZZ",
        "country": "CN",
    },
    "ultimate_parent": {"name": "Thessaly Vandermoor", "country": "CN"},
    "owners": [
        {"name": "Balthasar Inkpen-Roe", "country": "SG", "share_basis_points": 6_000},
        {"name": "Usama Bin Ladin", "country": "AF", "share_basis_points": 4_000},
    ],
}
OF_PERSON: Final = (
    *("Thessaly Vandermoor", "T. Vandermoor-Quist", "范德莫尔"),
    *("Flat 7, 12 Lantern Steps", "Graywick", "QX4 7ZZ"),
)
LISTED: Final = "Usama Bin Ladin"


@pytest.fixture
def person() -> str:
    """Register a natural person, one of whose owners is on the list, and screen them."""
    stage = World()
    stage.enforce((EDITIONS / "brief-2026.toml").read_text())
    text = SAMPLE_LIST.read_text()
    header, first, *_ = text.splitlines()
    row = next(csv.reader([first]))
    row[header.split(",").index("name")] = LISTED
    out = io.StringIO()
    csv.writer(out).writerow(row)
    stage.import_list(f"{text.rstrip()}\n{out.getvalue()}".encode())
    customer = f"customers/{registered(client_of(EXPORTER), **PERSON)}"
    stage.settle()
    return customer


def file_of(customer: str) -> Any:
    return client_of(OFFICER).get(customer).json()["state"]["file"]


def test_a_natural_person_is_screened_in_memory_and_kept_nowhere_in_clear(person: str) -> None:
    file = file_of(person)
    assert {name: file["party"][name] for name in PERSON} == PERSON
    hits = [hit for hit in file["screening"]["hits"] if hit["cause"]["kind"] == "list_match"]
    [found] = [hit for hit in hits if hit["screened"]["subject_name"] == LISTED]
    assert (found["screened"]["subject"], found["cause"]["alias"]) == ("owner", LISTED)
    with logged_in(superuser()):
        for text in (*OF_PERSON, "Balthasar Inkpen-Roe"):
            assert holding(text) == set(), text
        lists = {"customers_list_entry", "customers_list_name"}
        assert holding(LISTED) == lists  # where the government published it


def test_an_officer_adjudicates_and_releases_a_hit_on_a_sealed_owner(person: str) -> None:
    [hit] = [
        hit
        for hit in file_of(person)["screening"]["hits"]
        if hit["screened"]["subject_name"] == LISTED
    ]
    finding = {"hit_id": hit["hit_id"], "disposition": "true_match", "reason": "The same"}
    act(client_of(OFFICER), f"{person}/adjudications", finding)
    release = {"hit_id": hit["hit_id"], "reason": "Below half"}
    act(client_of(SECOND_OFFICER), f"{person}/releases", release)
    state: Any = load(CUSTOMER, UUID(person.removeprefix("customers/"))).state
    assert listed_ownership_percent(state.file) == 40


def test_erasing_a_person_blanks_the_whole_description_and_blocks_its_screening(
    person: str,
) -> None:
    subject = subject_in(person, PERSON["name"])
    request(subject)
    approve(subject)
    party = file_of(person)["party"]
    assert party["name"] == party["native_name"] == party["address"]["city"] == "[erased]"
    assert party["aliases"] == party["address"]["lines"] == ["[erased]"]
    assert party["address"]["country"] == "CN"
    assert party["owners"] == PERSON["owners"]
    with logged_in(superuser()):
        shown = everything_shown(person)
        assert not [text for text in OF_PERSON if text in shown]
        stage = World()
        stage.import_list(SAMPLE_LIST.read_bytes() + b"\n")
        stage.settle()
        assert verify() == Report(passed=tuple(checks()))
    causes = {
        (hit["screened"]["subject"], hit["cause"]["kind"])
        for hit in file_of(person)["screening"]["hits"]
    }
    assert ("party", "name_erased") in causes


def test_an_organization_keeps_its_name_in_clear_and_its_owners_sealed() -> None:
    owners = [{"name": "Balthasar Inkpen-Roe", "country": "SG", "share_basis_points": 100}]
    customer = f"customers/{registered(client_of(EXPORTER), owners=owners)}"
    assert file_of(customer)["party"]["owners"] == owners
    with logged_in(superuser()):
        assert holding("Harbor Cloud Services") >= {"audits_event", "customers_customer"}
        assert holding("Balthasar Inkpen-Roe") == set()


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


def test_an_enrolled_person_s_login_is_sealed_and_its_id_tells_nothing() -> None:
    with logged_in(superuser()):
        bank = enroll_organization("Harbor Bank", Role.BANK)
        first = enroll_person("quillon.ferrabee", bank, password=None)
        assert holding("quillon.ferrabee") == {"audits_person"}  # to log in by
        assert vault.named_in(first.id)[0].name == "quillon.ferrabee"
        again = enroll_person("quillon.ferrabee", bank, password=None)
        assert again.id == first.id
        assert first.id.version == 7  # minted, not derived


def test_erasing_an_enrolled_person_takes_the_login_away() -> None:
    with logged_in(superuser()):
        bank = enroll_organization("Harbor Bank", Role.BANK)
        person = enroll_person("quillon.ferrabee", bank, password="a long passphrase")  # noqa: S106 -- of this test
    subject = subject_in(str(person.id), "quillon.ferrabee")
    request(subject)
    assert approve(subject).status_code == 200
    assert authenticate(username="quillon.ferrabee", password="a long passphrase") is None  # noqa: S106 -- of this test
    with logged_in(superuser()):
        assert holding("quillon.ferrabee") == set()
        person.refresh_from_db()
        assert (person.username, person.is_active) == (f"erased-{person.id}", False)
        assert verify() == Report(passed=tuple(checks()))


def test_whoever_acted_is_on_record_for_five_years() -> None:
    [named] = vault.named_in(OFFICER.person_id)
    certified(client_of(EXPORTER))
    hold = {"target_id": str(OFFICER.person_id), "matter": "x", "reason": "x"}
    problem(client_of(OFFICER).post("legal-holds/", hold), 409, "target_unknown")
    problem(request(str(named.subject_id)), 409, "retention_running")


# -- What the database itself refuses ------------------------------------------------------


def forge(subject: UUID, actor: Actor, version: int, event: Event) -> None:
    """Append an event that nobody decided, as a compromised web process could."""
    now = minting.database_now()
    context = Context(actor=actor, now=now, command_id=minting.new_id(), correlation_id=subject)
    draft = store.Draft("erasure", subject, version, event)
    store.append(store.seal([draft], context, store.Cause("ApproveErasure", "0" * 64)))


@pytest.mark.parametrize("case", ["nobody asked", "the same person", "nobody is there"])
def test_no_key_goes_without_two_persons_whatever_is_appended(case: str) -> None:
    customer = certified(client_of(EXPORTER))
    subject = UUID(subject_in(customer))
    version = 1
    if case == "the same person":
        request(str(subject))
        version = 2
    if case == "nobody is there":
        subject = minting.new_id()
    erased = PersonalDataErased(
        holder_id=UUID(customer.removeprefix("customers/")),
        key_sha256="0" * 64,
        reason="Forged",
        requested_by=OFFICER.person_id,
        by=OFFICER.person_id,
    )
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        forge(subject, OFFICER, version, erased)
    assert getattr(caught.value.__cause__, "sqlstate", None) == "TG007"
    assert signed_by(client_of(EXPORTER), customer) == SIGNATORY


def test_verification_names_a_key_that_went_or_stayed_against_the_record() -> None:
    first, second = (certified(client_of(EXPORTER)) for _ in range(2))
    gone, kept = subject_in(first), subject_in(second)
    request(kept)
    approve(kept)
    statement = "ALTER TABLE audits_subject_key {} TRIGGER audits_subject_key_kept"
    with logged_in(superuser()), connection.cursor() as cursor:
        cursor.execute(statement.format("DISABLE"))
        cursor.execute(
            "UPDATE audits_subject_key SET wrapped_key = NULL, name_mark = NULL,"
            " destroyed_at = clock_timestamp() WHERE subject_id = %s",
            [gone],
        )
        report = verify(only=("erased_keys",))
        assert (report.kind, report.differences[0].subject) == (
            "key_destroyed_unrecorded",
            f"subject {gone}",
        )
        cursor.execute(
            "UPDATE audits_subject_key SET wrapped_key = '', name_mark = '', destroyed_at = NULL"
        )
        report = verify(only=("erased_keys",))
        assert (report.kind, report.differences[0].subject) == (
            "key_not_destroyed",
            f"subject {kept}",
        )
