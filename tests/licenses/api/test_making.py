"""Things whose id follows from what they are: products, sales, editions."""

from typing import Any

import msgspec
import pytest

from devstack.demo.material import document
from licenses.api.products import SPECIFICATION, stream_of
from licenses.domain.ids import edition_id
from licenses.domain.product.commands import RegisterProduct
from licenses.domain.product.specification import Specification
from tests.support.client import ApiClient, problem
from tests.support.people import EXPORTER
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


@pytest.mark.parametrize(
    "spelled",
    [
        {"maker": "nvidia", "model": "NVIDIA h200-SXM"},
        {"model": "H200 "},
        {"model": "H200\N{ZERO WIDTH SPACE}SXM5"},
        {"model": "\N{FULLWIDTH LATIN CAPITAL LETTER H}200"},
    ],
)
def test_a_product_is_registered_once_however_it_is_spelled(
    people: People, spelled: dict[str, str]
) -> None:
    """Else one sale at home would make room for two shipments: one in each product's allotment."""
    officer = people["officer"]
    first = officer.post("products/", {"specification": SPECIFICATION})
    assert first.status_code == 201, first.content
    again = officer.post("products/", {"specification": SPECIFICATION})
    assert (again.status_code, again.json()["stream_id"]) == (200, first.json()["stream_id"])
    other = officer.post("products/", {"specification": {**SPECIFICATION, **spelled}})
    problem(other, 409, "product_already_registered")
    assert len(officer.get("products/").json()["items"]) == 1


@pytest.mark.parametrize(
    "other", [{"model": "H200 NVL"}, {"maker": "AMD"}, {"model": "昇腾"}, {"model": "寒武纪"}]
)
def test_other_products_have_streams_of_their_own(other: dict[str, str]) -> None:
    specification = msgspec.convert(SPECIFICATION, Specification)
    named = msgspec.structs.replace(specification, **other)
    nameless = msgspec.structs.replace(specification, model="…")
    streams = {
        stream_of(RegisterProduct(specification=each), EXPORTER.person_id)
        for each in (specification, named, nameless)
    }
    assert len(streams) == 3


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
