"""What was refused in a deal stands in its history, for officers and auditors alone."""

from collections.abc import Callable
from typing import Any

import pytest

from audits.kernel import NotPermitted, Refused
from audits.models import EventRow
from licenses.domain.application import commands as application
from licenses.domain.shipment import commands as shipment
from tests.licenses.web.conftest import People, address, items
from tests.support.deal import Deal
from tests.support.people import BANK, EXPORTER, INTRUDER, OFFICER
from tests.support.stage import body

pytestmark = pytest.mark.django_db


def told(people: People, name: str, deal: Deal) -> list[str]:
    """Read which refusals somebody finds in the deal's history."""
    return [item["data"]["code"] for item in shown(people, name, deal, "command_refused")]


def shown(people: People, name: str, deal: Deal, kind: str) -> list[Any]:
    """Read the events of a kind that somebody finds in the deal's history."""
    found: list[Any] = []
    number, pages = 1, 1
    while number <= pages:
        answer = people[name].get(address(deal, f"history.json?page={number}"))
        found += items(answer)
        number, pages = number + 1, answer.json()["pages"]
    return [item for item in found if item["type"] == kind]


def request(deal: Deal) -> Any:
    return body(
        shipment.RequestShipment,
        license_id=str(deal.license_id),
        line=1,
        quantity=1,
        serials=["ONE-MORE"],
        consignee_ids=[str(deal.customer_id)],
    )


def refused(attempt: Callable[[], object]) -> None:
    with pytest.raises((Refused, NotPermitted)):
        attempt()


def test_a_refusal_on_a_thing_of_the_deal_is_in_its_history(people: People, played: Deal) -> None:
    stage, target = played.stage, played.application_id
    assert told(people, "officer", played) == []
    withdraw = body(application.WithdrawApplication, reason="Too late")
    refused(lambda: stage.do(EXPORTER, withdraw, target))
    refused(lambda: stage.do(BANK, withdraw, target))  # not for this role
    for name in ("officer", "auditor"):
        codes = told(people, name, played)
        assert len(codes) == 2
        assert codes[1] == "role_not_permitted"
    assert told(people, "exporter", played) == []


def test_what_was_refused_is_for_auditors_alone(people: People, played: Deal) -> None:
    """It may be a draft that the exporter never filed."""
    revise = body(application.ReviseApplication, end_use="A secret of ours")
    refused(lambda: played.stage.do(EXPORTER, revise, played.application_id))
    [kept] = shown(people, "auditor", played, "refused_command_kept")
    assert "A secret of ours" in kept["data"]["body_json"]
    for name in ("officer", "exporter"):
        assert shown(people, name, played, "refused_command_kept") == []


def test_what_another_exporter_tried_is_there_and_shown_to_neither(
    people: People, played: Deal
) -> None:
    proposal = body(application.ProposeDecision, outcome="deny", reasons=["Mine"])
    refused(lambda: played.stage.do(INTRUDER, proposal, played.application_id))
    assert told(people, "auditor", played) == ["role_not_permitted"]
    assert told(people, "exporter", played) == []
    assert people["intruder"].get(address(played, "history.json")).status_code == 404


def test_a_refusal_of_something_new_in_the_deal_is_in_its_history(
    people: People, played: Deal
) -> None:
    target = EventRow.objects.order_by("-recorded_at")[0].event_id  # no stream is called that
    refused(lambda: played.stage.do(OFFICER, request(played), target))
    assert told(people, "officer", played) == ["role_not_permitted"]
