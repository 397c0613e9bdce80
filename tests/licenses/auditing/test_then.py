"""What tables told, told by events: at the end of a history both say the same of everything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from audits.models import EventRow
from audits.past.hindsight import Hindsight, desk_of
from audits.projection import projections
from audits.reading import decode
from customers.ports import Deal
from licenses import models
from licenses.auditing.then import Then
from licenses.domain import remittance
from licenses.gathering.lookups import TABLES, Lookups
from tests.licenses.auditing.attempts import Tried
from tests.licenses.verification.histories import Played
from tests.support.people import BANK, EXPORTER, INTRUDER, LABORATORY, OFFICER, identity

NOBODY: Final = identity("nobody")


@pytest.fixture(scope="module")
def committed(tried: Tried) -> Played:
    """Give a world in which an application is pending to `played`."""
    return tried.played


Told = list[tuple[Any, Any]]
"""What was asked for, and the answer."""


def last_desk() -> Hindsight:
    """Sit down behind everything that moved a table."""
    last = EventRow.objects.order_by("-log_entry__log_index")[0]
    return desk_of(decode(bytes(last.canonical)))


def duplicates(ask: Lookups, desk: Hindsight) -> Told:
    rows = models.ApplicationRow.objects.exclude(fingerprint=None)
    prints = rows.values_list("fingerprint", flat=True).order_by("id")
    return [(each, ask.duplicate_of(desk, each or "", but=NOBODY)) for each in prints]


def serials(ask: Lookups, desk: Hindsight) -> Told:
    lots = models.ShipmentRow.objects.order_by("id").values_list("id", "serials")
    return [
        each
        for shipment_id, lot in lots
        for each in (
            ("shipped", ask.shipped_serials(desk, lot)),
            ("promised", ask.promised_serials(desk, lot, but=NOBODY)),
            ("promised elsewhere", ask.promised_serials(desk, lot, but=shipment_id)),
        )
    ]


def filings(ask: Lookups, desk: Hindsight) -> Told:
    found = models.ShipmentRow.objects.exclude(itn=None).order_by("id").values_list("id", "itn")
    return [
        ((itn, but), ask.filed_under(desk, itn, but=but))
        for own, itn in found
        for but in (NOBODY, own)
        if itn is not None
    ]


def reports(ask: Lookups, desk: Hindsight) -> Told:
    told: Told = []
    for row in models.AcceptedReport.objects.order_by("report_number"):
        number = (row.laboratory_id, row.report_number)
        strange = (NOBODY, row.report_number)
        told += [
            (number, ask.report_used_for(desk, "0" * 64, number, but=NOBODY)),
            (strange, ask.report_used_for(desk, row.report_sha256, strange, but=NOBODY)),
            (row.shipment_id, ask.report_used_for(desk, "0" * 64, number, but=row.shipment_id)),
        ]
    return told


def laboratories(ask: Lookups, desk: Hindsight) -> Told:
    organizations = (LABORATORY.organization_id, EXPORTER.organization_id)
    return [(each, ask.laboratory_of(desk, each)) for each in organizations]


def deposits(ask: Lookups, desk: Hindsight) -> Told:
    rows = models.LedgerTransfer.objects.filter(business_key__regex="^deposit/.*/0$")
    return [
        ((key, but), ask.booked_for(desk, key.removesuffix("/0"), but=but))
        for key, own in rows.order_by("business_key").values_list("business_key", "subject_id")
        for but in (NOBODY, own)
    ]


def levies(ask: Lookups, desk: Hindsight) -> Told:
    told: Told = []
    for row in models.RemittanceRow.objects.order_by("id"):
        assessed = desk.load(remittance.DECIDER, row.id).state.assessed
        told += [
            (row.id, ask.remittance_totals(desk, assessed)),
            (row.id, ask.confirmed_cents(desk, row.license_id, shipment_id=row.shipment_id)),
            (row.id, ask.reference_used_by(desk, row.reference or "", but=NOBODY)),
            (row.id, ask.reference_used_by(desk, row.reference or "", but=row.id)),
        ]
        for late in (timedelta(0), timedelta(days=1)):
            by = row.created_at - timedelta(hours=1) + late
            told.append((by, ask.overdue_remittances(desk, row.license_id, assessed_by=by)))
    return told


def sales(ask: Lookups, desk: Hindsight) -> Told:
    told: Told = []
    for row in models.CountedSale.objects.order_by("sale_reference"):
        for product_id, but in (
            (row.product_id, NOBODY),
            (row.product_id, row.allotment_id),
            (NOBODY, NOBODY),
        ):
            for sale in (
                (row.evidence_sha256, NOBODY, ""),
                ("0" * 64, row.exporter_id, row.sale_reference),
                ("0" * 64, NOBODY, row.sale_reference),
            ):
                counted = ask.is_sale_counted(desk, product_id, sale, but=but)
                told.append(((product_id, but, sale), counted))
    return told


def acts(ask: Lookups, desk: Hindsight) -> Told:
    people = (BANK.person_id, LABORATORY.person_id, INTRUDER.person_id)
    return [(each, ask.last_act_of(desk, each)) for each in people]


ASKED: Final[tuple[Callable[[Lookups, Hindsight], Told], ...]] = (
    *(duplicates, serials, filings, reports, laboratories, deposits, levies, sales, acts),
)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.__name__)
@pytest.mark.usefixtures("played")
def test_events_tell_what_tables_tell(asked: Callable[[Lookups, Hindsight], Told]) -> None:
    desk = last_desk()
    by_tables, by_events = asked(TABLES, desk), asked(Then(), desk)
    assert by_events == by_tables
    assert any(answer for _, answer in by_tables)


def test_deals_are_told_as_they_stand(played: Played) -> None:
    desk = last_desk()
    own: tuple[UUID, ...] = (played.remitted.license_id, played.short.shipment_id)
    for thing in (played.open.customer_id, played.denied.application_id, *own, NOBODY):
        by_tables, by_events = (
            [(deal.deal_id, deal.is_open, deal.party_ids) for deal in found]
            for found in (TABLES.deals_of(desk, thing), Then().deals_of(desk, thing))
        )
        assert by_events == by_tables
    assert Then().deals_of(desk, own[0]) == TABLES.deals_of(desk, own[0])


def test_before_it_happened_nothing_is_told(played: Played) -> None:
    """At the desk of the first event of the log."""
    first = EventRow.objects.order_by("log_entry__log_index")[0]
    desk, then = desk_of(decode(bytes(first.canonical))), Then()
    deals: tuple[Deal, ...] = then.deals_of(desk, played.open.customer_id)
    assert deals == ()
    assert then.shipped_serials(desk, played.remitted.serials) == ()
    assert then.promised_serials(desk, played.open.serials, but=NOBODY) == set()
    assert then.filed_under(desk, played.remitted.itn, but=NOBODY) is None
    assert then.laboratory_of(desk, LABORATORY.organization_id) is None
    assert then.last_act_of(desk, OFFICER.person_id) is None
    assert desk.streams_of_deal(played.remitted.application_id) == []
    assert set(projections) >= {"application", "license", "shipment", "escrow", "remittance"}
