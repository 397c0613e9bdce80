"""The forms of a lineage: PROV-JSON, a picture, and the same bytes whoever asks."""

import json
from typing import Any, Final
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from django.core.management import call_command

from audits.lineage.drawing import arranged, drawing_of, reduced
from audits.lineage.provenance import prov_of
from audits.lineage.tool import FORMS
from tests.licenses.auditing.tracing import traced
from tests.licenses.verification.histories import Played
from tests.support.client import client_of
from tests.support.deal import UNIT_PRICE_CENTS
from tests.support.people import AUDITOR

QUALIFIED_NAME = {"type": "string", "pattern": "^(tollgate|_):[A-Za-z0-9_-]+$"}
TYPED = {
    "type": "object",
    "properties": {"$": {"type": "string"}, "type": {"type": "string"}},
    "required": ["$"],
    "additionalProperties": False,
}
VALUE = {"anyOf": [{"type": ["string", "number", "boolean"]}, TYPED]}
TIME = {"type": "string", "format": "date-time"}


def records(required: list[str], **known: Any) -> dict[str, Any]:
    """Describe records by id: these members, and further attributes under qualified names."""
    return {
        "type": "object",
        "propertyNames": QUALIFIED_NAME,
        "additionalProperties": {
            "type": "object",
            "properties": known,
            "required": required,
            "propertyNames": {"pattern": "^(prov|tollgate):"},
            "additionalProperties": VALUE,
        },
    }


PROV_JSON: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "prefix": {
            "type": "object",
            "additionalProperties": {"type": "string", "format": "uri"},
        },
        "entity": records([]),
        "activity": records([], **{"prov:startTime": TIME, "prov:endTime": TIME}),
        "agent": records([]),
        "wasGeneratedBy": records(
            ["prov:entity"],
            **{
                "prov:entity": QUALIFIED_NAME,
                "prov:activity": QUALIFIED_NAME,
                "prov:time": TIME,
            },
        ),
        "wasAssociatedWith": records(
            ["prov:activity"], **{"prov:activity": QUALIFIED_NAME, "prov:agent": QUALIFIED_NAME}
        ),
        "actedOnBehalfOf": records(
            ["prov:delegate", "prov:responsible"],
            **{"prov:delegate": QUALIFIED_NAME, "prov:responsible": QUALIFIED_NAME},
        ),
        "wasDerivedFrom": records(
            ["prov:generatedEntity", "prov:usedEntity"],
            **{"prov:generatedEntity": QUALIFIED_NAME, "prov:usedEntity": QUALIFIED_NAME},
        ),
    },
}
"""What the member submission (W3C, 2013-04-24) asks of the records that we write."""


def test_prov_json_is_valid_and_names_nothing_that_it_does_not_describe(played: Played) -> None:
    found = traced(played.remitted.remittance_id)
    document = json.loads(FORMS["prov"](found))
    jsonschema.validate(document, PROV_JSON, format_checker=jsonschema.FormatChecker())
    assert document["entity"].keys() == {f"tollgate:event-{n.event_id}" for n in found.nodes}
    ends = {
        "prov:entity": "entity",
        "prov:usedEntity": "entity",
        "prov:generatedEntity": "entity",
        "prov:activity": "activity",
        "prov:agent": "agent",
        "prov:delegate": "agent",
        "prov:responsible": "agent",
    }
    relations = ("wasGeneratedBy", "wasAssociatedWith", "actedOnBehalfOf", "wasDerivedFrom")
    for relation in relations:
        for record in document[relation].values():
            for name, kind in ends.items():
                assert name not in record or record[name] in document[kind]
    assert len(document["wasDerivedFrom"]) == len(found.links)
    assert prov_of(found)["agent"]


def test_the_picture_says_everything_in_words_too(played: Played) -> None:
    found = traced(played.remitted.remittance_id)
    picture = drawing_of(found, {"deposit_booked": "Bank reported <a> deposit"}.get)
    root = ET.fromstring(picture)  # noqa: S314 -- our own
    svg = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    labelled = (root.get("aria-labelledby") or "").split()
    assert [root.find(f"{svg}title").get("id"), root.find(f"{svg}desc").get("id")] == labelled  # type: ignore[union-attr]
    told = root.findtext(f"{svg}desc") or ""
    assert "Bank reported <a> deposit" in told
    assert all(str(node.event_id) in told for node in found.nodes)
    boxes = root.findall(f"{svg}g")
    assert len(boxes) == len(found.nodes)
    assert all(box.findtext(f"{svg}title") for box in boxes)


def test_the_picture_tells_sums_with_their_currency(played: Played) -> None:
    picture = drawing_of(traced(played.remitted.remittance_id))
    gross = 4 * UNIT_PRICE_CENTS
    assert f"USD {gross // 100:,}.00" in picture
    assert f"USD {gross // 400:,}.00" in picture
    assert "cents" not in picture
    assert "minor units" not in picture


def test_no_box_stands_before_what_it_rests_on_or_upon_another(played: Played) -> None:
    found = traced(played.remitted.remittance_id)
    links = reduced(found)
    places = arranged(found, links)
    assert len(set(places.values())) == len(found.nodes)
    for link in found.links:
        assert places[link.later][0] > places[link.earlier][0]
    assert sum(map(len, links.values())) < len(found.links)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_question_gives_the_same_bytes(
    form: str, played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = str(played.remitted.remittance_id)
    call_command("audit", "lineage", subject, "--format", form)
    first = capsys.readouterr().out
    call_command("audit", "lineage", subject, "--format", form)
    assert capsys.readouterr().out == first
    rest = {"json": "application/json", "prov": "application/provenance+json"}
    answer = client_of(AUDITOR).get(f"audits/lineage/{subject}", {"form": form})
    assert answer["Content-Type"] == rest.get(form, "image/svg+xml")
    assert answer.content.decode().rstrip("\n") == first.rstrip("\n")
