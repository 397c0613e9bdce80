"""Lineage: from a dollar in the Treasury back to all that made it, and forward from any of that."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest

from audits.execution import NotFound
from audits.kernel import Event
from audits.lineage import Lineage, lineage, references
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
from tests.licenses.auditing.tracing import traced
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import latest
from tests.support.client import client_of, problem
from tests.support.deal import Deal
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
