"""The auditors' feed: log order, filters, CloudEvents, and nobody else."""

from typing import Any
from uuid import UUID

import pytest

from audits import execution
from audits.models import EventRow
from audits.sequencing import Sequencer
from tests.audits.api.test_reading import next_of
from tests.audits.api.toy import opened
from tests.support.client import ApiClient, problem
from tests.support.people import EXPORTER, INTRUDER

pytestmark = pytest.mark.django_db


@pytest.fixture
def jars(exporter: ApiClient, intruder: ApiClient) -> list[str]:
    """Two jars of two exporters, three events, all in the log."""
    jars = [opened(exporter), opened(intruder, "food")]
    exporter.post(f"jars/{jars[0]}/deposits", {"amount_cents": "100"}, key="deposit")
    Sequencer().run_until_empty()
    return jars


def types(answer: Any) -> list[str]:
    return [item["type"] for item in answer.json()["items"]]


def test_the_feed_is_for_auditors_alone(
    exporter: ApiClient, officer: ApiClient, bank: ApiClient, jars: list[str]
) -> None:
    event = EventRow.objects.filter(stream_id=jars[0]).first()
    assert event is not None
    for client in (exporter, officer, bank):
        problem(client.get("events/"), 403, "role_not_permitted")
        problem(client.get(f"events/{event.event_id}"), 403, "role_not_permitted")
    problem(ApiClient(None).get("events/"), 401, "not_authenticated")


def test_an_event_is_a_cloud_event(auditor: ApiClient, jars: list[str]) -> None:
    row = EventRow.objects.get(stream_id=jars[0], version=2)
    [event] = auditor.get("events/", {"type": "jar_filled"}).json()["items"]
    assert event == {
        "specversion": "1.0",
        "id": str(row.event_id),
        "source": "urn:tollgate:jar",
        "type": "tollgate.jar_filled",
        "subject": jars[0],
        "time": row.recorded_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {"amount_cents": "100", "note": None},
        "sequence": "0000000000000000002",
        "streamversion": 2,
        "schemaversion": 1,
        "leafhash": row.leaf_hash.hex(),
        "command": "FillJar",
        "commandid": str(row.command_id),
        "correlationid": jars[0],
        "personid": str(EXPORTER.person_id),
        "organizationid": str(EXPORTER.organization_id),
        "role": "exporter",
    }


@pytest.mark.usefixtures("jars")
def test_the_feed_follows_the_log_index(auditor: ApiClient) -> None:
    items = auditor.get("events/").json()["items"]
    assert [int(item["sequence"]) for item in items] == [0, 1, 2]


@pytest.mark.usefixtures("jars")
def test_what_has_no_log_index_is_not_in_the_feed_yet(
    auditor: ApiClient, exporter: ApiClient
) -> None:
    late = opened(exporter)
    assert late not in [item["subject"] for item in auditor.get("events/").json()["items"]]
    row = EventRow.objects.get(stream_id=late)
    answer = auditor.get(f"events/{row.event_id}")
    assert answer.status_code == 200
    assert "sequence" not in answer.json()
    Sequencer().run_until_empty()
    assert auditor.get(f"events/{row.event_id}").json()["sequence"].endswith("3")


@pytest.mark.usefixtures("jars")
def test_a_single_event_is_structured_cloudevents_json(auditor: ApiClient) -> None:
    [event] = auditor.get("events/", {"type": "jar_filled"}).json()["items"]
    answer = auditor.get(f"events/{event['id']}")
    assert answer["Content-Type"] == "application/cloudevents+json"
    assert answer.json() == event
    problem(auditor.get(f"events/{UUID(int=1)}"), 404, "not_found")


@pytest.mark.usefixtures("jars")
def test_pages_lead_to_the_end_and_the_last_link_goes_on_from_there(
    auditor: ApiClient, exporter: ApiClient
) -> None:
    first = auditor.get("events/", {"limit": 2})
    second = auditor.get(next_of(first))
    assert [len(page.json()["items"]) for page in (first, second)] == [2, 1]
    onwards = next_of(second)
    empty = auditor.get(onwards)
    assert (empty.json()["items"], next_of(empty)) == ([], "")
    opened(exporter)
    Sequencer().run_until_empty()
    assert types(auditor.get(onwards)) == ["tollgate.jar_opened"]


@pytest.mark.usefixtures("jars")
def test_a_batch_is_answered_when_asked_for(auditor: ApiClient) -> None:
    batch = "application/cloudevents-batch+json"
    answer = auditor.get("events/", accept=batch)
    assert answer["Content-Type"] == batch
    assert answer.json() == auditor.get("events/").json()["items"]


def test_filters_narrow_the_feed(auditor: ApiClient, jars: list[str]) -> None:
    rows = {row.version: row for row in EventRow.objects.filter(stream_id=jars[0])}
    food = EventRow.objects.get(stream_id=jars[1])
    ids = {
        "first": str(rows[1].event_id),
        "food": str(food.event_id),
        "deposit": str(rows[2].event_id),
    }
    for parameters, expected in [
        ({"type": "jar_opened"}, ["first", "food"]),
        ({"aggregate": "jar"}, ["first", "food", "deposit"]),
        ({"stream_id": jars[1]}, ["food"]),
        ({"correlation_id": jars[0]}, ["first", "deposit"]),
        ({"person_id": str(INTRUDER.person_id)}, ["food"]),
        ({"organization_id": str(EXPORTER.organization_id)}, ["first", "deposit"]),
        ({"recorded_at_from": rows[2].recorded_at.isoformat()}, ["deposit"]),
        ({"recorded_at_until": rows[2].recorded_at.isoformat()}, ["first", "food"]),
        ({"type": "jar_opened", "stream_id": jars[0]}, ["first"]),
    ]:
        items = auditor.get("events/", parameters).json()["items"]
        assert [item["id"] for item in items] == [ids[name] for name in expected], parameters


@pytest.mark.usefixtures("jars")
def test_a_type_is_taken_as_an_event_shows_it(auditor: ApiClient) -> None:
    shown = auditor.get("events/").json()["items"][0]["type"]
    assert shown.startswith("tollgate.")
    assert set(types(auditor.get("events/", {"type": shown}))) == {shown}


@pytest.mark.usefixtures("jars")
def test_a_type_that_no_event_has_is_400_and_not_an_empty_page(auditor: ApiClient) -> None:
    body = problem(auditor.get("events/", {"type": "jar_fill"}), 400, "query_invalid")
    assert body["errors"][0]["path"] == "$.type"
    assert types(auditor.get("events/", {"type": "command_refused"})) == []  # none yet


@pytest.mark.usefixtures("jars")
def test_an_aggregate_that_no_event_has_is_400_and_not_an_empty_page(auditor: ApiClient) -> None:
    body = problem(auditor.get("events/", {"aggregate": "cup"}), 400, "query_invalid")
    assert body["errors"][0]["path"] == "$.aggregate"
    for there_may_be in ("finding", "halt", "refusal", "refused_command", "access", "enrollment"):
        assert types(auditor.get("events/", {"aggregate": there_may_be})) == []


def test_an_aggregate_of_an_older_version_is_found(auditor: ApiClient, jars: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(execution.house.visible, "jar")
        found = auditor.get("events/", {"aggregate": "jar"})
    assert len(types(found)) == len(jars) + 1


@pytest.mark.usefixtures("jars")
def test_filters_stay_in_the_links(auditor: ApiClient) -> None:
    first = auditor.get("events/", {"type": "jar_opened", "limit": 1})
    assert types(auditor.get(next_of(first))) == ["tollgate.jar_opened"]


def test_a_cursor_of_another_list_is_400(auditor: ApiClient, jars: list[str]) -> None:
    answer = auditor.get(f"jars/{jars[0]}/history", {"limit": 1})
    cursor = next_of(answer).partition("cursor=")[2]
    problem(auditor.get("events/", {"cursor": cursor}), 400, "cursor_invalid")
