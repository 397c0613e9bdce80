"""The timeline of a deal: what happened, by whom, as of when, and to whom it is shown."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audits import reading, vault
from audits.kernel import Role
from audits.models import EventRow, LogEntry
from audits.sequencing import Sequencer
from licenses.domain import application
from licenses.domain.application.commands import DraftApplication, WithdrawApplication
from licenses.models import LabTestRow
from licenses.queries import VISIBLE_ROWS
from licenses.web import deals
from tests.licenses.verification.tampering import as_superuser
from tests.licenses.web.conftest import HOSTILE, People, address, items
from tests.support.deal import Deal
from tests.support.html import Document, page
from tests.support.people import EXPORTER, identity

OFFICERS = ("officer", "second_officer", "auditor")


def rows(document: Document) -> list[int]:
    """Read the numbers of the events shown."""
    return [int(cell.text) for cell in document.all("th", scope="row")]


def times(document: Document) -> list[str]:
    """Read all moments that the page shows, as machines read them."""
    return [moment["datetime"] for moment in document.all("time")]


def whole(deal: Deal) -> list[Any]:
    """Read all events of the deal, in log order."""
    found = EventRow.objects.filter(correlation_id=deal.application_id)
    return list(found.order_by("log_entry__log_index"))


@pytest.mark.parametrize("name", OFFICERS)
def test_the_office_sees_every_event_in_log_order(people: People, played: Deal, name: str) -> None:
    document = page(people[name].get(address(played)))
    expected = whole(played)
    assert rows(document) == list(range(1, len(expected) + 1))
    shown = items(people[name].get(address(played, "history.json")))
    assert [item["event_id"] for item in shown] == [str(row.event_id) for row in expected]
    for row in expected:
        assert bytes(row.leaf_hash).hex() in document.content


def test_an_exporter_sees_its_own_deal_without_the_places_in_the_log(
    people: People, played: Deal
) -> None:
    seen = items(people["exporter"].get(address(played, "history.json")))
    assert [item["event_id"] for item in seen] == [str(row.event_id) for row in whole(played)]
    assert "log index" not in page(people["exporter"].get(address(played))).text()


def test_things_that_one_may_not_see_are_not_in_the_timeline(
    people: People, played: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = LabTestRow.objects.none()
    monkeypatch.setitem(
        cast("dict[str, Any]", VISIBLE_ROWS),
        "lab_test",
        lambda actor: nothing if actor.role is Role.EXPORTER else LabTestRow.objects.all(),
    )
    expected = [str(row.event_id) for row in whole(played) if row.aggregate != "lab_test"]
    assert len(expected) < len(whole(played))
    seen = items(people["exporter"].get(address(played, "history.json")))
    assert [item["event_id"] for item in seen] == expected
    document = page(people["exporter"].get(address(played)))
    assert rows(document) == list(range(1, len(expected) + 1))
    assert "Laboratory drew its sample" not in document.text()
    assert "Laboratory drew its sample" in page(people["officer"].get(address(played))).text()


@pytest.mark.parametrize("name", ["intruder", "laboratory", "bank", "treasury"])
@pytest.mark.parametrize("rest", ["", "history.json"])
def test_for_everybody_else_there_is_no_such_deal(
    people: People, played: Deal, name: str, rest: str
) -> None:
    missing = f"/deals/{identity('no such deal')}/{rest}"
    found, absent = people[name].get(address(played, rest)), people[name].get(missing)
    page(found, 404)
    assert found.content == absent.content


@pytest.mark.parametrize("rest", ["", "history.json"])
@pytest.mark.django_db
def test_nobody_is_asked_to_log_in(played: Deal, client: Client, rest: str) -> None:
    answer = client.get(address(played, rest))
    assert answer.status_code == 302
    assert answer["Location"] == f"/log-in/?next={address(played, rest)}"


def test_the_office_does_not_see_a_draft(people: People, played: Deal) -> None:
    draft = Deal(played.stage, played.customer_id, label="a draft")
    played.stage.do(EXPORTER, DraftApplication(), draft.application_id)
    for name in OFFICERS:
        page(people[name].get(address(draft)), 404)
    document = page(people["exporter"].get(address(draft)))
    assert "Draft of " in document.one("h1").text


def test_an_event_is_told_in_words_with_who_and_where(people: People, played: Deal) -> None:
    document = page(people["auditor"].get(address(played)))
    text = document.text()
    assert document.one("h1").text.startswith("Deal ")
    assert "Exporter filed the application" in text
    assert "officer (BIS), organization " in text
    assert "Tollgate by itself" in text
    assert "Twelve conditions assessed" in text
    assert "Application, version 1" in text
    first = LogEntry.objects.get(event__stream_id=played.application_id, event__version=1)
    assert f"log index {first.log_index} " in text
    assert "edition brief-2026" in text


def test_money_has_its_currency(people: People, played: Deal) -> None:
    document = page(people["officer"].get(address(played)))
    assert "Unit price USD 30,000.00" in document.text()
    assert "minor units" not in document.text()
    assert not [term for term in document.all("dt") if "cents" in term.text]


def test_times_are_utc_and_exact(people: People, played: Deal) -> None:
    document = page(people["officer"].get(address(played)))
    assert all(moment.text.endswith(" UTC") for moment in document.all("time"))
    for row in whole(played):
        assert row.recorded_at.isoformat().replace("+00:00", "Z") in times(document)


@pytest.mark.parametrize("name", ["exporter", "officer", "auditor"])
def test_hostile_names_stay_text(people: People, played: Deal, name: str) -> None:
    document = page(people[name].get(address(played)))
    assert HOSTILE not in document.content
    assert "alert(" in document.text()
    assert not document.all("script")
    assert not document.all("b")


def test_the_table_is_one_for_screen_readers(people: People, played: Deal) -> None:
    document = page(people["officer"].get(address(played)))
    table = document.one("table")
    assert table["role"] == "table"
    assert document.one("caption").text == "Events of the deal"
    assert len(document.all("th", scope="col")) == 5
    assert {cell["role"] for cell in document.all("td")} == {"cell"}


# -- As of -----------------------------------------------------------------------------------


def test_as_of_an_event_shows_the_events_up_to_it(people: People, played: Deal) -> None:
    document = page(people["officer"].get(address(played, "?event=3")))
    assert rows(document) == [1, 2, 3]
    assert "3 events by then" in document.text()
    assert document.one("input", name="event")["value"] == "3"
    assert document.all("a", href="?event=3")
    assert document.all("a", href=address(played))


def test_as_of_a_moment_includes_it_and_nothing_after(people: People, played: Deal) -> None:
    events = whole(played)
    moment = sorted(row.recorded_at for row in events)[len(events) // 2]
    log = LogEntry.objects.order_by("log_index").select_related("event")
    later = next(each.log_index for each in log if each.event.recorded_at > moment)
    before = {each.event_id for each in log if each.log_index < later}
    expected = [n for n, row in enumerate(events, start=1) if row.event_id in before]
    assert 0 < len(expected) < len(events)
    answer = people["officer"].get(address(played), {"at": moment.isoformat()})
    assert rows(page(answer)) == expected


def test_as_of_before_everything_is_said_to_be_empty(people: People, played: Deal) -> None:
    document = page(people["officer"].get(address(played, "?at=2001-01-01T00:00:00")))
    assert "Nothing had been recorded yet" in document.text()
    assert not document.all("table")


@pytest.mark.parametrize("query", ["?event=x", "?at=never", "?at=2026-11-23T12:00&event=1"])
def test_a_moment_that_cannot_be_read_is_400_and_shows_nothing(
    people: People, played: Deal, query: str
) -> None:
    document = page(people["officer"].get(address(played, query)), 400)
    assert document.one("title").text.startswith("Error: ")
    assert not document.all("table")
    answer = people["officer"].get(address(played, f"history.json{query}"))
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_the_json_is_of_the_same_moment_and_as_the_api_has_it(people: People, played: Deal) -> None:
    document = page(people["auditor"].get(address(played, "?event=2")))
    [link] = [a["href"] for a in document.all("a") if "history.json" in a["href"]]
    assert link == address(played, "history.json?event=2")
    found = items(people["auditor"].get(link))
    [_, second] = reading.load(application.DECIDER, played.application_id).recorded[:2]
    assert UUID(found[1]["event_id"]) == second.event_id
    assert datetime.fromisoformat(found[1]["recorded_at"]) == second.recorded_at


def test_events_without_a_place_in_the_log_come_last_and_say_so(
    people: People, played: Deal
) -> None:
    fresh = Deal(played.stage, played.customer_id, label="fresh").apply()
    Sequencer().run_until_empty()
    assert "no place in the log yet" not in page(people["auditor"].get(address(fresh))).text()
    withdrawal = WithdrawApplication(reason="The buyer canceled")
    played.stage.do(EXPORTER, withdrawal, fresh.application_id)
    document = page(people["auditor"].get(address(fresh)))
    assert document.text().count("no place in the log yet") == 1
    seen = items(people["auditor"].get(address(fresh, "history.json")))
    assert [item["version"] for item in seen] == [1, 2, 3, 4]


# -- Many events -----------------------------------------------------------------------------


def test_a_long_timeline_comes_in_pages(
    people: People, played: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deals, "EVENTS_A_PAGE", 10)
    count = len(whole(played))
    first = page(people["officer"].get(address(played)))
    assert rows(first) == list(range(1, 11))
    assert not first.all("a", rel="prev")
    seen = rows(first)
    document = first
    while following := document.all("a", rel="next"):
        document = page(people["officer"].get(address(played, following[0]["href"])))
        seen += rows(document)
    assert seen == list(range(1, count + 1))
    assert len(document.all("a", rel="prev")) == 1


def test_pages_keep_the_moment(
    people: People, played: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deals, "EVENTS_A_PAGE", 2)
    first = page(people["officer"].get(address(played, "?event=3")))
    second = page(people["officer"].get(address(played, first.one("a", rel="next")["href"])))
    assert rows(second) == [3]


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=999999999999999999999"])
def test_a_page_that_there_is_not_is_the_nearest(people: People, played: Deal, query: str) -> None:
    assert rows(page(people["officer"].get(address(played, query))))


@pytest.mark.parametrize("name", ["exporter", "auditor"])
def test_many_events_take_as_many_queries_as_few(people: People, played: Deal, name: str) -> None:
    client = people[name]

    def count(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(played, query)).status_code == 200
        return len(queries)

    assert count("?event=1") == count("") <= 20


def test_what_the_page_says_of_an_event_is_what_its_bytes_say(people: People, played: Deal) -> None:
    for item in items(people["auditor"].get(address(played, "history.json"))):
        row = EventRow.objects.get(event_id=item["event_id"])
        assert item["data"] == msgspec.json.decode(vault.revealed(bytes(row.canonical)))["data"]


@pytest.mark.parametrize("rest", ["", "history.json"])
def test_a_deal_with_an_event_that_cannot_be_read_says_which(
    people: People, played: Deal, rest: str
) -> None:
    row = whole(played)[3]
    statement = "UPDATE audits_event SET canonical = %s WHERE event_id = %s"
    content = bytes(row.canonical).replace(b'"data":', b'"other":')
    as_superuser("audits_event", statement, content, row.event_id)
    document = page(people["officer"].get(address(played, rest)), 500)
    assert str(row.event_id) in document.text()
