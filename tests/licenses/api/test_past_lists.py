"""The journal's own lists as they stood: the feed, histories, the access log, a clearance."""

from typing import Any
from uuid import UUID

import jsonschema
import pytest

from audits import access
from audits.models import LogEntry
from audits.past import moments
from audits.sequencing import Sequencer
from tests.licenses.api.test_past import in_pages
from tests.licenses.api.test_reading import described, schemas
from tests.support.client import ApiClient, problem
from tests.support.deal import Deal
from tests.support.people import AUDITOR, OFFICER

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]


@pytest.fixture
def dispatched(deal: Deal) -> Deal:
    """Send the lot off and give every event its place."""
    deal.dispatch()
    Sequencer().run_until_empty()
    return deal


def index_of(kind: str, stream_id: UUID) -> int:
    """Find the last event of a kind of one stream in the log."""
    rows = LogEntry.objects.filter(event__type=kind, event__stream_id=stream_id)
    return rows.order_by("log_index").values_list("log_index", flat=True).last() or 0


def asked(auditor: ApiClient, path: str, **parameters: Any) -> Any:
    answer = auditor.get(path, parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.usefixtures("dispatched")
def test_the_feed_ends_at_the_moment_on_every_page_and_with_every_filter(people: People) -> None:
    auditor, at = people["auditor"], moments.last_index() // 2
    body = asked(auditor, "events/", log_index=at, limit=200)
    assert [int(event["sequence"]) for event in body["items"]] == list(range(at + 1))
    assert body["stands_on"] == {"log_index": at, "settled": True}
    jsonschema.validate(body, described(schemas(), "events/"))
    assert list(in_pages(auditor, "events/", {"log_index": at})) == body["items"]
    of_kind = asked(auditor, "events/", log_index=at, aggregate="customer")["items"]
    assert of_kind == [each for each in body["items"] if each["source"] == "urn:tollgate:customer"]
    assert asked(auditor, "events/", log_index=-1)["items"] == []


def test_a_history_ends_at_the_moment_and_is_not_there_before_it_began(
    people: People, dispatched: Deal
) -> None:
    auditor, path = people["auditor"], f"shipments/{dispatched.shipment_id}/history"
    whole = asked(auditor, path)["items"]
    places = [LogEntry.objects.get(event_id=each["event_id"]).log_index for each in whole]
    for count, place in enumerate(places, start=1):
        body = asked(auditor, path, log_index=place)
        assert (body["items"], body["stands_on"]["log_index"]) == (whole[:count], place)
        assert list(in_pages(auditor, path, {"log_index": place})) == whole[:count]
    problem(auditor.get(path, {"log_index": places[0] - 1}), 404, "not_found")
    problem(people["intruder"].get(path, {"log_index": places[0]}), 404, "not_found")


def test_a_clearance_of_then_is_the_last_judgment_on_record(
    people: People, dispatched: Deal
) -> None:
    auditor, path = people["auditor"], f"shipments/{dispatched.shipment_id}/clearance"
    left = index_of("shipment_dispatched", dispatched.shipment_id)
    assessed = index_of("clearance_assessed", dispatched.shipment_id)
    begun = index_of("shipment_requested", dispatched.shipment_id)
    now, then = asked(auditor, path), asked(auditor, path, log_index=left)
    assert then.pop("stands_on") == {"log_index": left, "settled": True}
    assert then == now
    earlier = asked(auditor, path, log_index=left - 1)
    judged = LogEntry.objects.select_related("event").get(log_index=assessed).event.recorded_at
    assert earlier["judged_at"] == judged.isoformat().replace("+00:00", "Z") != then["judged_at"]
    jsonschema.validate(earlier, described(schemas(), "shipments/{id}/clearance"))
    problem(auditor.get(path, {"log_index": begun}), 409, "clearance_never_assessed")
    problem(auditor.get(path, {"log_index": begun - 1}), 404, "not_found")


@pytest.mark.usefixtures("dispatched")
def test_the_access_log_of_then_holds_what_events_had_recorded(people: People) -> None:
    auditor, before = people["auditor"], moments.last_index()
    for reader, path in ((AUDITOR, "/api/v1/one/"), (OFFICER, "/api/v1/two/")):
        access.note(reader, path, None)
    access.record()
    Sequencer().run_until_empty()
    after = moments.last_index()
    assert asked(auditor, "accesses/", log_index=before)["items"] == []
    live = [each for each in asked(auditor, "accesses/")["items"] if each["event_id"]]
    body = asked(auditor, "accesses/", log_index=after)
    assert (body["items"], body["stands_on"]["log_index"]) == (live, after)
    assert [each["path"] for each in live] == ["/api/v1/one/", "/api/v1/two/"]
    jsonschema.validate(body, described(schemas(), "accesses/"))
    assert list(in_pages(auditor, "accesses/", {"log_index": after})) == live
    theirs = asked(auditor, "accesses/", log_index=after, person_id=OFFICER.person_id)["items"]
    assert theirs == live[1:]
