"""Every kind of thing over HTTP: what is shown fits the document, and to whom it is shown."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import jsonschema
import pytest
import yaml

from licenses.domain.ids import edition_id
from tests.support.client import ApiClient, problem
from tests.support.deal import Deal
from tests.support.people import EXPORTER
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]
EVERYBODY = frozenset(
    {"exporter", "intruder", "officer", "laboratory", "bank", "treasury", "auditor"}
)
OFFICE = frozenset({"exporter", "officer", "auditor"})
MONEY = OFFICE | {"bank", "treasury"}
VISIBLE = {
    "customers": OFFICE,
    "products": EVERYBODY,
    "editions": EVERYBODY,
    "applications": OFFICE,
    "licenses": OFFICE,
    "allotments": OFFICE,
    "escrows": MONEY,
    "laboratories": EVERYBODY,
    "lab-tests": OFFICE | {"laboratory"},
    "shipments": OFFICE,
    "remittances": MONEY,
    "screening-lists": EVERYBODY,
}


@pytest.fixture
def finished(deal: Deal) -> Deal:
    """Play the deal to its end, so that there is one of everything."""
    deal.dispatch()
    return deal.deliver().remit()


def schemas() -> Any:
    return yaml.safe_load(ApiClient(None).get("schema/").content)


def described(document: Any, path: str) -> dict[str, Any]:
    answer = document["paths"][f"/api/v1/{path}"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    return {**schema, "components": document["components"]}


def listed(client: ApiClient, kind: str) -> list[Any]:
    answer = client.get(f"{kind}/")
    assert answer.status_code == 200, answer.content
    items: list[Any] = answer.json()["items"]
    return items


def things(people: People) -> Iterator[tuple[str, str]]:
    """Name one thing of each kind, as an officer finds it."""
    for kind in VISIBLE:
        yield kind, listed(people["officer"], kind)[0]["id"]


@pytest.mark.usefixtures("finished")
def test_what_is_shown_fits_the_document(people: People) -> None:
    document = schemas()
    officer = people["officer"]
    for kind, thing in things(people):
        for path in (f"{kind}/", f"{kind}/{{id}}", f"{kind}/{{id}}/history"):
            answer = officer.get(path.format(id=thing))
            assert answer.status_code == 200, answer.content
            jsonschema.validate(answer.json(), described(document, path))


@pytest.mark.usefixtures("finished")
def test_each_role_sees_what_it_may_and_nothing_else(people: People) -> None:
    for kind, thing in things(people):
        for name in EVERYBODY:
            client = people[name]
            if name in VISIBLE[kind]:
                assert listed(client, kind), (kind, name)
                assert client.get(f"{kind}/{thing}").status_code == 200, (kind, name)
            else:
                assert listed(client, kind) == [], (kind, name)
                problem(client.get(f"{kind}/{thing}"), 404, "not_found")
                problem(client.get(f"{kind}/{thing}/history"), 404, "not_found")


@pytest.mark.usefixtures("finished")
def test_a_list_says_the_same_as_the_thing(people: People) -> None:
    for kind, thing in things(people):
        [row] = [row for row in listed(people["officer"], kind) if row["id"] == thing]
        shown = people["officer"].get(f"{kind}/{thing}").json()
        for member in ("id", "version", "status", "correlation_id", "created_at", "changed_at"):
            assert row[member] == shown[member], (kind, member)


def test_money_is_a_decimal_string_everywhere(finished: Deal, people: People) -> None:
    [row] = listed(people["bank"], "escrows")
    assert row["price_cents"] == str(finished.price_cents)
    state = people["bank"].get(f"escrows/{finished.escrow_id}").json()["state"]
    assert state["books"]["terms"]["price_cents"] == str(finished.price_cents)
    history = people["bank"].get(f"escrows/{finished.escrow_id}/history").json()["items"]
    assert history[0]["data"]["price_cents"] == str(finished.price_cents)


def test_a_draft_is_seen_by_its_exporter_alone(people: People) -> None:
    exporter = people["exporter"]
    draft = exporter.post("applications/", {"end_use": "Weather"}).json()["stream_id"]
    assert [row["id"] for row in listed(exporter, "applications")] == [draft]
    for name in ("officer", "auditor", "intruder"):
        assert listed(people[name], "applications") == []
        problem(people[name].get(f"applications/{draft}"), 404, "not_found")


def test_a_draft_that_was_withdrawn_stays_its_exporters(people: People) -> None:
    exporter = people["exporter"]
    draft = exporter.post("applications/", {"end_use": "Weather"}).json()["stream_id"]
    reason = {"reason": "The buyer gave up"}
    withdrawn = exporter.post(f"applications/{draft}/withdrawals", reason, if_match='"1"')
    assert withdrawn.status_code == 200, withdrawn.content
    for name in ("officer", "auditor"):
        assert listed(people[name], "applications") == []
        problem(people[name].get(f"applications/{draft}"), 404, "not_found")


def test_a_filing_that_was_withdrawn_stays_on_file(stage: Stage, people: People) -> None:
    deal = Deal(stage, stage.approved_customer()).apply()
    [filed] = listed(people["officer"], "applications")
    reason = {"reason": "The buyer gave up"}
    people["exporter"].post(f"applications/{deal.application_id}/withdrawals", reason, if_match="*")
    [row] = listed(people["officer"], "applications")
    assert (row["status"], row["control_number"]) == ("withdrawn", filed["control_number"])


@pytest.mark.usefixtures("finished")
def test_filters_find_and_exclude(finished: Deal, people: People) -> None:
    officer = people["officer"]
    someone_else = str(UUID(int=7))
    exporter = str(EXPORTER.organization_id)
    for kind, parameters, count in [
        ("customers", {"country": "CN"}, 1),
        ("customers", {"country": "US"}, 0),
        ("customers", {"open_hits_from": "1"}, 0),
        ("customers", {"approved_until_until": "2100-01-01T00:00:00Z"}, 1),
        ("products", {"generation": "Hopper"}, 1),
        ("products", {"generation": "Blackwell"}, 0),
        ("applications", {"exporter_id": exporter, "status": "approved"}, 1),
        ("applications", {"exporter_id": someone_else}, 0),
        ("licenses", {"application_id": str(finished.application_id)}, 1),
        ("licenses", {"expires_at_until": "2020-01-01T00:00:00Z"}, 0),
        ("allotments", {"product_id": someone_else}, 0),
        ("escrows", {"license_id": str(finished.license_id)}, 1),
        ("lab-tests", {"shipment_id": str(finished.shipment_id)}, 1),
        ("shipments", {"itn": finished.itn}, 1),
        ("shipments", {"clearance_holds": "true"}, 0),
        ("remittances", {"shipment_id": str(finished.shipment_id), "status": "reconciled"}, 1),
        ("editions", {"name": "brief-2026"}, 1),
    ]:
        answer = officer.get(f"{kind}/", parameters)
        assert answer.status_code == 200, answer.content
        assert len(answer.json()["items"]) == count, (kind, parameters)


def test_lists_come_in_pages_in_the_order_asked_for(people: People) -> None:
    exporter = people["exporter"]
    made = [exporter.post("applications/", {}).json()["stream_id"] for _ in range(3)]
    first = exporter.get("applications/", {"ordering": "created_at", "limit": 2})
    assert [row["id"] for row in first.json()["items"]] == made[:2]
    address = first["Link"].partition(">")[0].removeprefix("<")
    second = exporter.get(address)
    assert [row["id"] for row in second.json()["items"]] == made[2:]
    newest = exporter.get("applications/").json()["items"]
    assert [row["id"] for row in newest] == made[::-1]
    problem(exporter.get("applications/", {"ordering": "end_use"}), 400, "request_invalid")


@pytest.mark.parametrize("moment", [{}, {"log_index": "-1"}])
def test_a_status_that_no_thing_ever_has_is_400_and_not_an_empty_list(
    people: People, moment: dict[str, str]
) -> None:
    wrong = people["officer"].get("licenses/", {"status": "granted"} | moment)
    body = problem(wrong, 400, "request_invalid")
    assert body["errors"][0]["path"] == "$.status"
    right = people["officer"].get("licenses/", {"status": "active"} | moment)
    assert right.json()["items"] == []


def test_a_value_of_a_long_pattern_is_sent_to_where_it_is_explained(people: People) -> None:
    body = problem(
        people["exporter"].post("applications/", {"destination_country": "cn"}),
        400,
        "request_invalid",
    )
    [fault] = body["errors"]
    assert fault["path"] == "$.destination_country"
    assert fault["detail"] == "Not of the form that /api/v1/schema/ explains for this field"


def test_an_edition_is_found_by_its_name(stage: Any, people: People) -> None:
    del stage
    shown = people["exporter"].get(f"editions/{edition_id('brief-2026')}")
    assert shown.json()["status"] == "in_force"
