"""The list of deals: whose, in which order, in pages, and what it says when there are none."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audits.kernel import Role
from licenses.models import ApplicationRow, LicenseRow
from licenses.web import deals
from licenses.web.listed import status
from tests.licenses.api.conftest import CAST
from tests.licenses.web.conftest import People, address
from tests.support.deal import Deal
from tests.support.html import page

EMPTY = {
    "intruder": "Your organization has no deals yet.",
    "laboratory": "Deals are shown to their exporter, to officers and to auditors.",
    "bank": "Deals are shown to their exporter, to officers and to auditors.",
    "treasury": "Deals are shown to their exporter, to officers and to auditors.",
}


@pytest.mark.parametrize("name", ["exporter", "officer", "auditor"])
def test_a_deal_is_listed_for_those_who_may_see_it(people: People, played: Deal, name: str) -> None:
    document = page(people[name].get("/deals/"))
    row = ApplicationRow.objects.get(id=played.application_id)
    granted = LicenseRow.objects.get(application_id=played.application_id)
    assert document.one("a", href=address(played)).text == row.control_number
    text = document.text()
    assert granted.license_number in text
    assert "License exhausted" in text
    assert str(row.exporter_id) in text  # the organizations of the cast are named by their ids
    assert document.one("a", **{"aria-current": "true"})["href"] == "/deals/"


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_who_sees_no_deals_is_told_why(people: People, name: str) -> None:
    document = page(people[name].get("/deals/"))
    assert EMPTY[name] in document.text()
    assert not document.all("table")


@pytest.mark.django_db
def test_nobody_is_asked_to_log_in(client: Client) -> None:
    assert client.get("/deals/")["Location"] == "/log-in/?next=/deals/"


def drafts(played: Deal, count: int) -> None:
    """Copy the application's row: the list reads nothing else."""
    row = ApplicationRow.objects.get(id=played.application_id)
    for number in range(count):
        copy = Deal(played.stage, played.customer_id, label=f"copy {number}")
        row.id = row.correlation_id = copy.application_id
        row.control_number = f"B{number:06d}"
        row.save(force_insert=True)


def test_the_newest_deals_come_first_in_pages(
    people: People, played: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deals, "DEALS_A_PAGE", 3)
    drafts(played, 6)
    document = page(people["officer"].get("/deals/"))
    seen = [cell.text for cell in document.all("th", scope="row")]
    assert not document.all("a", rel="prev")
    while following := document.all("a", rel="next"):
        document = page(people["officer"].get(f"/deals/{following[0]['href']}"))
        seen += [cell.text for cell in document.all("th", scope="row")]
    assert len(seen) == len(set(seen)) == 7
    back = page(people["officer"].get(f"/deals/{document.one('a', rel='prev')['href']}"))
    assert [cell.text for cell in back.all("th", scope="row")] == seen[3:6]


def test_many_deals_take_as_many_queries_as_few(people: People, played: Deal) -> None:
    officer = people["officer"]

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert officer.get("/deals/").status_code == 200
        return len(queries)

    few = count()
    drafts(played, 10)
    assert count() == few <= 10


def test_a_cursor_of_something_else_is_400(people: People) -> None:
    page(people["officer"].get("/deals/?cursor=nonsense"), 400)


@pytest.mark.parametrize(
    ("application", "license_", "words"),
    [
        ("submitted", None, "Application submitted"),
        ("approved", "active", "License active"),
    ],
)
def test_how_far_a_deal_is(application: str, license_: str | None, words: str) -> None:
    granted = LicenseRow(status=license_) if license_ else None
    assert status(ApplicationRow(status=application), granted) == words


def test_every_role_has_looked() -> None:
    assert {actor.role for actor in CAST.values()} == set(Role) - {Role.SYSTEM}
