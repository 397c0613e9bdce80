"""Pages as of a moment of the log: what they show, that it stays the same, and that every page can."""

import re
from contextlib import ExitStack
from typing import Any, Final
from unittest import mock

import pytest
from django.core.cache import cache

from audits import vault
from audits.api.throttling import READERS_AT_ONCE, PastThrottle, reading_log
from audits.models import LogEntry, Person
from audits.past import moments
from audits.personal import ERASED, SEALED_FORM
from audits.sequencing import Sequencer
from audits.web.pages import PersonPage
from config.urls import urlpatterns
from licenses.models import ApplicationRow, LicenseRow
from tests.config.test_routes import routes
from tests.licenses.web.conftest import People, address
from tests.support.deal import Deal
from tests.support.html import page
from tests.support.people import EXPORTER

OF_TODAY: Final = {
    "/": "what this installation is",
    "/log-in/": "a form",
    "/log-out/": "a form",
}
"""Pages that have no past."""
PERSONAL: Final = re.compile(SEALED_FORM.encode())


def index_of(kind: str, played: Deal) -> int:
    """Find the place of the deal's first event of a kind."""
    rows = LogEntry.objects.filter(event__type=kind, event__correlation_id=played.application_id)
    return rows.order_by("log_index").values_list("log_index", flat=True)[0]


def content(answer: Any) -> bytes:
    """Cut out what the page is about: around it stands who looks, and a token of their session."""
    assert answer.status_code == 200, answer.content
    inside: bytes = answer.content
    return inside[inside.index(b"<main") : inside.index(b"</main>")]


def test_every_page_can_be_asked_for_the_past_or_is_named_with_a_reason(
    people: People, played: Deal
) -> None:
    without = set()
    for path, found in routes(urlpatterns):
        if path.startswith(("/api/", "/tiles/", "/health/")):
            continue
        view = getattr(found.callback, "view_class", object)
        if not issubclass(view, PersonPage):
            without.add(path)
            continue
        there = path.replace("{id}", str(played.application_id))
        beyond = {"log_index": moments.last_index() + 1}
        assert people["auditor"].get(there).status_code == 200
        assert people["auditor"].get(there, beyond).status_code == 400, path
        assert people["auditor"].get(there, {"log_index": 0}).status_code == 200, path
    assert without == set(OF_TODAY)


@pytest.mark.parametrize("name", ["exporter", "officer", "auditor", "intruder"])
@pytest.mark.usefixtures("played")
def test_at_the_end_of_the_log_the_deals_are_those_of_today(people: People, name: str) -> None:
    end = {"log_index": moments.last_index()}
    now, then = page(people[name].get("/deals/")), page(people[name].get("/deals/", end))
    shown = [[cell.text for cell in found.all("td")] for found in (now, then)]
    assert shown[0] == shown[1]
    assert bool(shown[0]) is (name != "intruder")


def test_a_deal_is_listed_as_it_stood(people: People, played: Deal) -> None:
    drafted = index_of("application_drafted", played)
    submitted = index_of("application_submitted", played)
    granted = index_of("license_granted", played)
    for name, at, words in (
        ("exporter", drafted - 1, "No deal that you may see had begun by then"),
        ("exporter", drafted, "Application draft"),
        ("officer", drafted, "No deal that you may see had begun by then"),
        ("officer", submitted, "Application submitted"),
        ("auditor", granted, "License active"),
    ):
        told = page(people[name].get("/deals/", {"log_index": at})).text()
        assert words in told, (name, at)
        assert f"log index {at}" in told
    listed = page(people["officer"].get("/deals/", {"log_index": submitted}))
    last = LogEntry.objects.select_related("event").get(log_index=submitted).event.recorded_at
    assert listed.all("time")[-1]["datetime"] == last.isoformat().replace("+00:00", "Z")
    then = page(people["auditor"].get(address(played), {"log_index": submitted}))
    assert (then.all("dt")[0].text, then.all("dd")[2].text) == ("Status then", "none")
    assert then.all("dd")[0].text == "Application submitted"
    early = page(people["auditor"].get(address(played), {"log_index": drafted - 1}))
    assert "Nothing had been recorded yet" in early.text()
    assert "Status" not in early.text()


def test_pages_of_the_past_are_the_same_bytes_whatever_follows(
    people: People, played: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = {"log_index": moments.last_index()}
    paths = ("/deals/", address(played))
    before = [content(people["auditor"].get(path, at)) for path in paths]
    json = people["auditor"].get(address(played, "history.json"), at).content
    assert b"personal:1:" in json
    assert b"personal:1:" in before[1]
    Deal(played.stage, played.customer_id, label="another").apply()
    Sequencer().run_until_empty()
    ApplicationRow.objects.update(status="denied")
    LicenseRow.objects.update(status="revoked", license_number="D0000000")
    Person.objects.filter(id=EXPORTER.person_id).update(username="renamed")
    monkeypatch.setattr(vault, "revealed", lambda sealed: PERSONAL.sub(ERASED.encode(), sealed))
    assert [content(people["auditor"].get(path, at)) for path in paths] == before
    assert people["auditor"].get(address(played, "history.json"), at).content == json


@pytest.mark.parametrize(
    "query",
    ["?log_index=x", "?log_index=-2", "?log_index=1e30", "?at=never", "?at=&log_index=9999"],
)
@pytest.mark.usefixtures("played")
def test_a_moment_that_cannot_be_read_is_400_and_lists_nothing(people: People, query: str) -> None:
    document = page(people["officer"].get(f"/deals/{query}"), 400)
    assert document.one("title").text.startswith("Error: ")
    assert not document.all("table")


@pytest.mark.usefixtures("played")
def test_a_person_who_asks_too_much_of_the_past_is_told_when_to_come_back(people: People) -> None:
    cache.clear()
    with mock.patch.object(PastThrottle, "rate", "2/minute", create=True):
        answers = [people["officer"].get("/deals/?log_index=1") for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert 0 < int(answers[2]["Retry-After"]) <= 60
        assert "Too many questions about the past" in page(answers[2], 429).text()
        assert people["officer"].get("/deals/?log_index=").status_code == 200
        assert people["auditor"].get("/deals/?log_index=1").status_code == 200
    cache.clear()


@pytest.mark.usefixtures("played")
def test_too_many_readers_of_the_log_at_once_are_sent_away(people: People) -> None:
    with ExitStack() as held:
        for _ in range(READERS_AT_ONCE):
            held.enter_context(reading_log())
        answer = people["officer"].get("/deals/?log_index=1")
        assert answer.status_code == 503
        assert answer["Retry-After"] == "1"
        assert people["officer"].get("/deals/").status_code == 200
    assert people["officer"].get("/deals/?log_index=1").status_code == 200
