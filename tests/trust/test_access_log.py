"""Nothing is shown to anybody without a trace: every address, by who asked, sealed as events."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from audits import access, grants, tasks, verification
from audits.events import AccessesRecorded
from audits.kernel import Actor
from audits.models import AccessRow, EventRow
from audits.reading import decode
from audits.sequencing import Sequencer
from tests.licenses.verification.tampering import run
from tests.support.client import ApiClient, client_of, person_of
from tests.support.people import AUDITOR, EXPORTER, INTRUDER, OFFICER
from tests.support.world import logged_in
from tests.trust.scenes import Scenes

pytestmark = pytest.mark.django_db
FOR_EVERYBODY: Final = {
    *("api/v1/schema/", "api/v1/docs/", "health/live", "health/ready", "health/progress"),
    *("", "log-in/", "api/v1/"),
}
"""What nobody has to log in for, and holds nothing of anybody."""
HASHES: Final = ("tiles/checkpoint", "tiles/tile/<level:level>")
"""Hashes, for everybody; entries, which hold events, are not."""
ABOUT_THE_LOG: Final = "api/v1/audits/"


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, Any]]:
    """List every address of the service, with its view."""
    for each in resolver.url_patterns:
        whole = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, whole)
        elif isinstance(each, URLPattern):
            yield whole, each.callback


def readable() -> list[str]:
    """List the addresses that answer GET."""
    found = []
    for address, callback in patterns(get_resolver()):
        kind = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        if hasattr(kind, "get") and not address.startswith("static/"):
            found.append(address)
    return found


READABLE: Final = readable()


def candidates(address: str, scenes: Scenes) -> list[str]:
    """Fill an address with everything that may stand in it, the likeliest first."""
    kind = address.removeprefix("api/v1/").partition("s/")[0].replace("-", "_")
    if "<uuid:id>" in address:
        things = sorted(
            scenes.things.items(), key=lambda thing: not thing[0][0].startswith(kind[:6])
        )
        event = EventRow.objects.values_list("event_id", flat=True)[0]
        ids = [event] if kind == "event" else [each for _, each in things]
        return [address.replace("<uuid:id>", str(each)) for each in ids]
    for name, value in (("<int:size>", "1"), ("<level:level>", "0"), ("<tile:place>", "000")):
        address = address.replace(name, value)
    return [address]


def ask(actor: Actor, path: str, asked: str = "") -> int:
    """Ask for a page or an answer, with a token and with a session alike."""
    client = client_of(actor)
    client.http.force_login(person_of(actor))
    return int(client.get(f"/{path}{asked}").status_code)


@pytest.mark.parametrize("address", sorted(set(READABLE) - FOR_EVERYBODY))
def test_every_address_that_shows_something_notes_who_was_shown_it(
    address: str, scenes: Scenes
) -> None:
    shown: list[AccessRow] = []
    asked = {
        "api/v1/audits/differences": "?from_index=0",
        "api/v1/audits/counterfactual": "?edition=rule-2026",
        "api/v1/subjects/": f"?thing_id={scenes.buyer}",
    }.get(address, "")
    if address.startswith(ABOUT_THE_LOG):
        Sequencer().run_until_empty()  # it is about the log
    for path in candidates(address, scenes):
        for actor in (AUDITOR, OFFICER, EXPORTER):
            before = AccessRow.objects.count()
            status = ask(actor, path, asked)
            noted = list(AccessRow.objects.order_by("id")[before:])
            assert len(noted) == (status == 200), (path, status)
            if noted:
                [row] = noted
                assert (row.person_id, row.role, row.path) == (
                    *(actor.person_id, actor.role.value, f"/{path}"),
                )
                shown.append(row)
        if shown:
            break
    is_sealing = "tile" in address or "checkpoint" in address or "proof" in address
    assert shown or is_sealing, f"nobody was ever shown {address}"  # those wait for a checkpoint


def test_the_map_is_walked_whole() -> None:
    assert len(READABLE) > 40
    assert set(READABLE) >= FOR_EVERYBODY


@pytest.mark.parametrize("address", sorted(set(READABLE) - FOR_EVERYBODY))
def test_whoever_is_not_logged_in_is_shown_nothing(address: str, scenes: Scenes) -> None:
    for path in candidates(address, scenes)[:1]:
        status = ApiClient(None).http.get(f"/{path}").status_code
        is_public = address.startswith(HASHES)
        assert status in ({200, 404, 503} if is_public else {302, 401}), (path, status)


# -- From rows to events -------------------------------------------------------------------


def test_reads_become_events_once_with_the_deal_that_they_are_about(scenes: Scenes) -> None:
    license_id = scenes.things["license", "active"]
    deal = EventRow.objects.get(stream_id=license_id, version=1).correlation_id
    client = client_of(OFFICER)
    client.get(f"licenses/{license_id}")
    client.get("licenses/")
    client_of(INTRUDER).get(f"licenses/{license_id}")  # 404: shown nothing
    waiting = AccessRow.objects.filter(event=None).count()
    assert tasks.record_accesses("whatever", else_="too") == waiting
    rows = list(AccessRow.objects.order_by("-id")[:2])
    assert [(row.path, row.subject_id, row.correlation_id) for row in rows] == [
        ("/api/v1/licenses/", None, None),
        (f"/api/v1/licenses/{license_id}", license_id, deal),
    ]
    told = {each.access_id: each for each in recorded()}
    for row in rows:
        fact = told[row.id]
        assert (fact.person_id, fact.path, fact.subject_id, fact.correlation_id, fact.at) == (
            *(row.person_id, row.path, row.subject_id, row.correlation_id, row.at),
        )
        assert fact.role is OFFICER.role
    assert tasks.record_accesses() == 0
    assert verification.verify(only=("bytes", "versions", "streams")).is_sound


def recorded() -> list[Any]:
    rows = EventRow.objects.filter(type="accesses_recorded").order_by("stream_id", "version")
    events = [decode(bytes(row.canonical)).data for row in rows]
    assert all(isinstance(event, AccessesRecorded) for event in events)
    return [each for event in events for each in event.accesses]


def test_many_reads_become_several_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "OF_ONE_EVENT", 2)
    monkeypatch.setattr(access, "BATCH", 3)
    for number in range(5):
        access.note(AUDITOR, f"/{number}", None)
    assert tasks.record_accesses() == 5
    assert [each.path for each in recorded()] == [f"/{number}" for number in range(5)]
    assert EventRow.objects.filter(type="accesses_recorded").count() == 3


def test_the_longest_reads_fit_into_an_event() -> None:
    for _ in range(access.OF_ONE_EVENT):
        access.note(AUDITOR, "/" + "\U0001f600" * 400, AUDITOR.person_id)
    assert tasks.record_accesses() == access.OF_ONE_EVENT
    assert len(recorded()) == access.OF_ONE_EVENT


def test_what_cannot_be_noted_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: Any) -> None:
        raise DatabaseError

    client = client_of(AUDITOR)
    assert client.get("me").status_code == 200
    monkeypatch.setattr(access, "note", fails)
    answer = client.get("me")
    assert answer.status_code == 500
    assert str(AUDITOR.person_id) not in answer.content.decode()


def test_a_database_that_goes_away_before_a_read_is_noted_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def goes_away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError from psycopg.OperationalError("server closed the connection")

    client = client_of(AUDITOR)
    monkeypatch.setattr(access, "note", goes_away)
    answer = client.get("me")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer["Retry-After"] == "1"
    client.http.force_login(person_of(AUDITOR))
    page = client.http.get(reverse("deals"))
    assert (page.status_code, page["Retry-After"]) == (503, "1")
    assert "The database is away" in page.content.decode()


def test_the_auditor_reads_the_log_and_is_in_it(scenes: Scenes) -> None:
    buyer = scenes.buyer
    client_of(OFFICER).get(f"customers/{buyer}")
    auditor = client_of(AUDITOR)
    found = auditor.get(f"accesses/?subject_id={buyer}").json()["items"]
    assert found[-1]["person_id"] == str(OFFICER.person_id)
    mine = auditor.get(f"accesses/?person_id={AUDITOR.person_id}").json()["items"]
    assert mine[-1]["path"] == "/api/v1/accesses/"
    assert client_of(OFFICER).get("accesses/").status_code == 403


@pytest.mark.parametrize("login", [grants.WEB, grants.WORKER])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audits_access",
        "TRUNCATE audits_access",
        "UPDATE audits_access SET path = '/'",
        "UPDATE audits_access SET event_id = NULL, correlation_id = NULL",
    ],
)
def test_no_login_takes_a_read_back(login: str, statement: str) -> None:
    access.note(AUDITOR, "/", None)
    tasks.record_accesses()
    with logged_in(login), pytest.raises(DatabaseError) as caught, transaction.atomic():
        run(statement)
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.sqlstate in {"42501", "TG003"}


def test_the_web_notes_and_the_worker_records(settings: Settings) -> None:
    assert settings.MIDDLEWARE[-1] == "audits.api.access_log.AccessLog"
    with logged_in(grants.WEB):
        access.note(AUDITOR, "/", None)
    with logged_in(grants.WORKER):
        assert access.record() == 1
    assert connection.in_atomic_block


def test_one_read_is_one_row_of_the_person_who_asked() -> None:
    client = client_of(EXPORTER)
    client.get("me")
    [row] = AccessRow.objects.filter(person_id=EXPORTER.person_id)
    assert (row.organization_id, row.path) == (EXPORTER.organization_id, "/api/v1/me")
    assert isinstance(row.person_id, UUID)
