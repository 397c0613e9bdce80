"""Things whose id follows from what they are: sales, editions."""

from typing import Any

import pytest

from devstack.demo.material import document
from licenses.domain.ids import edition_id
from tests.audits.api.test_commands import problem
from tests.support.client import ApiClient
from tests.support.stage import EDITIONS, Stage

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]


def sale(stage: Stage, reference: str) -> dict[str, Any]:
    return {
        "product_id": str(stage.products["H200"]),
        "sale_reference": reference,
        "evidence": document(reference),
        "buyer": "Great Plains Compute",
        "sold_on": "2026-01-05",
        "quantity": 8,
        "destination_country": "US",
        "end_use_country": "US",
    }


def test_the_first_sale_opens_an_allotment_and_the_next_ones_count_there(
    stage: Stage, people: People
) -> None:
    first = people["exporter"].post("us-sales/", sale(stage, "INV-1"))
    second = people["exporter"].post("us-sales/", sale(stage, "INV-2"))
    assert (first.status_code, second.status_code) == (201, 200), first.content
    allotment = first.json()["stream_id"]
    assert first["Location"] == f"/api/v1/allotments/{allotment}"
    assert second.json()["stream_id"] == allotment
    [row] = people["exporter"].get("allotments/").json()["items"]
    assert row["id"] == allotment


def test_another_exporter_sells_into_its_own_allotment(stage: Stage, people: People) -> None:
    mine = people["exporter"].post("us-sales/", sale(stage, "INV-1")).json()["stream_id"]
    same = people["intruder"].post("us-sales/", sale(stage, "INV-1"))
    problem(same, 409, "sale_already_counted")  # a document proves one sale, whoever shows it
    own = sale(stage, "INV-1") | {"evidence": document("another invoice of this number")}
    theirs = people["intruder"].post("us-sales/", own).json()["stream_id"]
    assert mine != theirs


def test_an_edition_lives_under_its_name_and_a_name_is_taken_once(people: People) -> None:
    toml = (EDITIONS / "rule-2026.toml").read_text()
    officer = people["officer"]
    first = officer.post("editions/", {"toml": toml})
    assert first.status_code == 201, first.content
    assert first.json()["stream_id"] == str(edition_id("rule-2026"))
    assert officer.post("editions/", {"toml": toml}).status_code == 200
    problem(officer.post("editions/", {"toml": toml + "\n"}), 409, "edition_name_taken")


@pytest.mark.parametrize("toml", ["no toml at all", 'title = "nameless"', "name = 7"])
def test_a_text_without_a_name_is_refused_on_the_record(people: People, toml: str) -> None:
    first = people["officer"].post("editions/", {"toml": toml}, key="once")
    problem(first, 409, "edition_malformed")
    assert people["officer"].post("editions/", {"toml": toml}, key="once").content == first.content
