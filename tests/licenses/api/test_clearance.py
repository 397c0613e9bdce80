"""The clearance explains all twelve conditions; reading it records nothing."""

from typing import Any

import pytest

from audits.models import EventRow
from tests.support.client import ApiClient, problem
from tests.support.deal import Deal

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]


def clearance(client: ApiClient, deal: Deal) -> dict[str, Any]:
    answer = client.get(f"shipments/{deal.shipment_id}/clearance")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_cleared_shipment_shows_twelve_conditions_that_hold(deal: Deal, people: People) -> None:
    before = EventRow.objects.count()
    shown = clearance(people["exporter"], deal)
    assert [each["condition"] for each in shown["conditions"]] == [f"C{n}" for n in range(1, 13)]
    assert shown["holds"] is True
    assert shown["edition"] == "brief-2026"
    known = {str(key) for key in EventRow.objects.values_list("event_id", flat=True)}
    for each in shown["conditions"]:
        assert each["holds"] is True
        assert each["reason"]
        assert each["citation"]
        assert set(each["evidence"]) <= known
    assert any(each["evidence"] for each in shown["conditions"])
    assert EventRow.objects.count() == before


def test_a_condition_that_fails_says_why(deal: Deal, people: People) -> None:
    tag = people["officer"].get(f"licenses/{deal.license_id}")["ETag"]
    suspended = people["officer"].post(
        f"licenses/{deal.license_id}/suspensions", {"reason": "A red flag"}, if_match=tag
    )
    assert suspended.status_code == 200, suspended.content
    shown = clearance(people["officer"], deal)
    failing = [each["condition"] for each in shown["conditions"] if not each["holds"]]
    assert (shown["holds"], failing) == (False, ["C10"])


def test_a_shipment_that_left_shows_what_was_judged_then(deal: Deal, people: People) -> None:
    deal.dispatch()
    row = EventRow.objects.get(stream_id=deal.shipment_id, type="shipment_dispatched")
    shown = clearance(people["auditor"], deal)
    assert shown["holds"] is True
    assert shown["judged_at"] == row.recorded_at.isoformat().replace("+00:00", "Z")


def test_a_shipment_given_up_before_any_assessment_has_none(deal: Deal, people: People) -> None:
    deal.stage.sell_at_home(8, reference="INV-2")
    other = Deal(deal.stage, deal.customer_id, "other").apply().grant().acknowledge()
    exporter = people["exporter"]
    body = {
        "license_id": str(other.license_id),
        "line": 1,
        "quantity": 1,
        "serials": ["LONE-1"],
        "consignee_ids": [str(other.customer_id)],
    }
    lone = exporter.post("shipments/", body).json()["stream_id"]
    exporter.post(f"shipments/{lone}/cancellations", {"reason": "Postponed"}, if_match='"1"')
    problem(exporter.get(f"shipments/{lone}/clearance"), 409, "clearance_never_assessed")


@pytest.mark.parametrize("name", ["intruder", "laboratory", "bank"])
def test_nobody_else_sees_it(deal: Deal, people: People, name: str) -> None:
    problem(people[name].get(f"shipments/{deal.shipment_id}/clearance"), 404, "not_found")
