"""Lineage: from a dollar in the Treasury back to all that made it, and forward from any of that."""

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from django.core.management import call_command

from audits.execution import NotFound
from audits.kernel import Event
from audits.lineage import Directions, Lineage, lineage, references
from audits.lineage.drawing import arranged, drawing_of, reduced
from audits.lineage.provenance import prov_of
from audits.lineage.tool import FORMS
from audits.past import moments
from audits.past.moments import Moment
from customers.domain.customer.events import CustomerApproved, CustomerScreened
from customers.domain.screening_list.events import ListImported
from customers.handlers import SCREENING_LIST_ID
from licenses.domain.allotment.events import UsSaleReported
from licenses.domain.application.events import ApplicationApproved
from licenses.domain.edition.events import EditionApproved
from licenses.domain.escrow.events import DepositBooked, EscrowReleased
from licenses.domain.ids import edition_id
from licenses.domain.lab_test.events import CertificateIssued, SampleDrawn
from licenses.domain.remittance.events import RemittanceAssessed, RemittanceConfirmed
from licenses.domain.shipment.events import ShipmentDispatched
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import latest
from tests.support.client import client_of, problem
from tests.support.deal import UNIT_PRICE_CENTS, Deal
from tests.support.people import AUDITOR, OFFICER, identity

MADE_IT: Final = {
    *("list_imported", "customer_registered", "customer_screened", "customer_approved"),
    *("us_sale_reported", "product_registered", "edition_approved", "edition_took_effect"),
    *("application_submitted", "decision_proposed", "application_approved", "license_granted"),
    *("escrow_opened", "deposit_booked", "escrow_funded", "provisos_acknowledged"),
    *("shipment_requested", "lot_registered", "sample_drawn", "report_accepted"),
    *("laboratory_accredited", "certificate_issued", "export_filed", "end_user_statement_held"),
    *("shipment_dispatched", "escrow_released", "remittance_assessed", "remittance_instructed"),
    "remittance_confirmed",
}
"""Of a dollar in the Treasury."""


def traced(subject: Any, directions: Directions = "both") -> Lineage:
    return lineage(subject, Moment(log_index=moments.last_index()), directions)


def types(found: Lineage) -> set[str]:
    return {node.type for node in found.nodes}


def streams(found: Lineage) -> set[Any]:
    return {node.stream_id for node in found.nodes}


def test_a_dollar_in_the_treasury_leads_back_to_all_that_made_it(played: Played) -> None:
    paid = latest(played.remitted.remittance_id, RemittanceConfirmed)
    found = traced(paid.event_id, "back")
    assert types(found) >= MADE_IT
    assert found.nodes[-1].event_id == found.subject == paid.event_id
    indexes = [node.log_index for node in found.nodes]
    assert indexes == sorted(set(indexes))
    places = {node.event_id: node.log_index for node in found.nodes}
    assert all(places[link.later] > places[link.earlier] for link in found.links)


NAMED: Final[dict[str, tuple[Callable[[Played], UUID], type[Event]]]] = {
    "deposit": (lambda played: played.remitted.escrow_id, DepositBooked),
    "release": (lambda played: played.remitted.escrow_id, EscrowReleased),
    "dispatch": (lambda played: played.remitted.shipment_id, ShipmentDispatched),
    "certificate": (lambda played: played.remitted.lab_test_id, CertificateIssued),
    "samples": (lambda played: played.remitted.lab_test_id, SampleDrawn),
    "sales report": (lambda played: played.volume, UsSaleReported),
    "approval of the customer": (lambda played: played.remitted.customer_id, CustomerApproved),
    "approval of the application": (
        lambda played: played.remitted.application_id,
        ApplicationApproved,
    ),
    "approval of the edition": (lambda _played: edition_id("brief-2026"), EditionApproved),
    "screening": (lambda played: played.remitted.customer_id, CustomerScreened),
    "screening snapshot": (lambda _played: SCREENING_LIST_ID, ListImported),
    "levy": (lambda played: played.remitted.remittance_id, RemittanceAssessed),
}
"""What the dollar in the Treasury has to lead back to: whose stream, and which event in it."""


@pytest.mark.parametrize("name", NAMED)
def test_the_dollar_leads_back_to_the_very_event_and_that_forward_to_it(
    name: str, played: Played
) -> None:
    stream_of, kind = NAMED[name]
    paid = latest(played.remitted.remittance_id, RemittanceConfirmed).event_id
    made_it = latest(stream_of(played), kind).event_id
    assert made_it in {node.event_id for node in traced(paid, "back").nodes}
    assert paid in {node.event_id for node in traced(made_it, "forward").nodes}


def test_what_is_looked_up_is_what_the_log_read_through_would_say(played: Played) -> None:
    subjects = [latest(stream_of(played), kind).event_id for stream_of, kind in NAMED.values()]
    assert references.known_until() == -1
    read = [traced(subject, "forward") for subject in subjects]
    while references.catch_up():
        pass
    assert references.known_until() == moments.last_index()
    assert [traced(subject, "forward") for subject in subjects] == read


def test_it_leads_to_no_other_deal(played: Played) -> None:
    found = traced(played.remitted.remittance_id, "back")
    for other in (played.short, played.revoked, played.refunded, played.denied, played.open):
        strange = {other.application_id, other.shipment_id, other.escrow_id, other.license_id}
        assert not streams(found) & strange


def test_a_deposit_leads_forward_to_the_treasury(played: Played) -> None:
    booked = latest(played.remitted.escrow_id, DepositBooked)
    found = traced(booked.event_id, "forward")
    assert types(found) >= {
        *("escrow_funded", "shipment_dispatched", "escrow_released"),
        *("remittance_assessed", "remittance_confirmed", "remittance_reconciled"),
    }
    assert found.nodes[0].event_id == booked.event_id


def test_a_thing_is_traced_from_its_last_event_and_a_stranger_is_not_found(played: Played) -> None:
    found = traced(played.remitted.remittance_id)
    [last] = [node for node in found.nodes if node.event_id == found.subject]
    assert (last.stream_id, last.type) == (played.remitted.remittance_id, "remittance_reconciled")
    with pytest.raises(NotFound):
        traced(identity("nothing"))


def test_only_what_the_log_held_is_traced(played: Played) -> None:
    with pytest.raises(NotFound):
        lineage(played.remitted.remittance_id, Moment(log_index=5))


def test_links_say_why(played: Played) -> None:
    found = traced(played.remitted.remittance_id, "back")
    kinds = {node.event_id: node.type for node in found.nodes}
    why = {(kinds[each.later], kinds[each.earlier]): each.because for each in found.links}
    assert why["shipment_dispatched", "certificate_issued"] == "evidence"
    assert why["remittance_assessed", "escrow_released"] in {"cause", "rule"}
    assert why["escrow_funded", "deposit_booked"] == "rule"


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


def test_lineage_is_for_auditors_and_of_things_that_there_are(played: Played) -> None:
    path = f"audits/lineage/{played.remitted.remittance_id}"
    problem(client_of(OFFICER).get(path), 403, "role_not_permitted")
    problem(client_of(AUDITOR).get(f"audits/lineage/{identity('x')}"), 404, "not_found")
    problem(client_of(AUDITOR).get(path, {"form": "pdf"}), 400, "request_invalid")


def test_a_dispatch_of_two_deals_is_told_apart(played: Played) -> None:
    one, other = (
        streams(traced(each.shipment_id, "back")) for each in (played.remitted, played.short)
    )
    own: Deal = played.remitted
    assert own.escrow_id in one
    assert own.escrow_id not in other
