"""Natural persons are screened and enrolled, sealed like every name, and erased with all that describes them."""

import csv
import io
from typing import Any, Final
from uuid import UUID

import pytest
from django.contrib.auth import authenticate

from audits import vault
from audits.enrollment import enroll_organization, enroll_person
from audits.kernel import Actor, Role
from audits.reading import load
from audits.verification import Report, checks, verify
from customers.domain.customer import DECIDER as CUSTOMER
from customers.domain.customer.standing import listed_ownership_percent
from tests.customers.api.test_customers import act, registered
from tests.support.client import client_of, problem
from tests.support.people import BANK, EXPORTER, LABORATORY, OFFICER, SECOND_OFFICER, TREASURY
from tests.support.stage import EDITIONS, SAMPLE_LIST
from tests.support.world import World, logged_in
from tests.trust.names import (
    approve,
    certified,
    everything_shown,
    holding,
    request,
    subject_in,
    superuser,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_web")]


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
