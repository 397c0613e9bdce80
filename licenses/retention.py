"""Which deals have to be kept on record, and whether they have ended (15 CFR 762.6)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from audits import context as minting
from audits import reading
from audits.codec import Recorded
from customers.ports import Deal
from licenses.domain import application
from licenses.models import ApplicationRow, EscrowRow, LicenseRow, RemittanceRow, ShipmentRow

UNFINISHED: Final[Mapping[str, frozenset[str]]] = {
    "application": frozenset({"draft", "submitted", "proposed"}),
    "license": frozenset({"active", "suspended"}),
    "shipment": frozenset({"requested", "cleared", "dispatched"}),
    "remittance": frozenset({"assessed", "instructed", "confirmed"}),
}
"""Aggregate → the states in which something can still happen; an escrow also while it holds money."""

_DEALS: Final = """
    SELECT stream_id FROM audits_event
    WHERE aggregate = 'application' AND position(%s IN convert_from(canonical, 'UTF8')) > 0
    UNION
    SELECT deal.stream_id FROM audits_event thing
    JOIN audits_event deal ON deal.stream_id = thing.correlation_id AND deal.version = 1
    WHERE thing.stream_id = %s AND thing.version = 1 AND deal.aggregate = 'application'
"""
"""Reads every event of every application: erasures and legal holds are rare."""
ROWS: Final[Mapping[str, QuerySet[Any]]] = {
    "application": ApplicationRow.objects.all(),
    "license": LicenseRow.objects.all(),
    "shipment": ShipmentRow.objects.all(),
    "remittance": RemittanceRow.objects.all(),
}
_LAST: Final = "SELECT max(recorded_at) FROM audits_event WHERE correlation_id = %s"


def deals_of(thing_id: UUID) -> tuple[Deal, ...]:
    """List the deals that name a customer, that a thing belongs to, or that this is."""
    with connection.cursor() as cursor:
        return tuple(_deal(cursor, deal_id) for deal_id in deal_ids_of(thing_id))


def deal_ids_of(thing_id: UUID) -> list[UUID]:
    """Name the same deals."""
    with connection.cursor() as cursor:
        cursor.execute(_DEALS, [str(thing_id), thing_id])
        return sorted(deal_id for (deal_id,) in cursor.fetchall())


def _deal(cursor: Any, deal_id: UUID) -> Deal:
    cursor.execute(_LAST, [deal_id])
    (last_at,) = cursor.fetchone()
    return Deal(
        deal_id=deal_id,
        is_open=_unfinished(deal_id) is not None,
        last_at=minting.utc(last_at),
        party_ids=parties_named(reading.load(application.DECIDER, deal_id).recorded),
    )


def unfinished_of(deals: Iterable[Deal]) -> tuple[str, UUID] | None:
    """Name an aggregate and a stream of it that keep one of these deals open; None: all have ended."""
    found = (_unfinished(deal.deal_id) for deal in deals if deal.is_open)
    return next(filter(None, found), None)


def _unfinished(deal_id: UUID) -> tuple[str, UUID] | None:
    """Name what can still happen of a deal: paper, goods or money."""
    waiting = {
        aggregate: ROWS[aggregate].filter(status__in=statuses)
        for aggregate, statuses in UNFINISHED.items()
    }
    waiting["escrow"] = EscrowRow.objects.filter(held_cents__gt=0)
    for aggregate, rows in waiting.items():
        stream_id = rows.filter(correlation_id=deal_id).values_list("id", flat=True).first()
        if stream_id is not None:
            return aggregate, stream_id
    return None


def parties_named(recorded: Iterable[Recorded[Any]]) -> tuple[UUID, ...]:
    """Name every customer that an application ever named, drafts included."""
    said = (
        getattr(item.data, field)
        for item in recorded
        for field in ("content", "changes", "submission")
        if hasattr(item.data, field)
    )
    return tuple(dict.fromkeys(party.customer_id for each in said for party in each.parties or ()))
