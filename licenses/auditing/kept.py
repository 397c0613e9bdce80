"""What had to be kept and was erased all the same: every erasure judged again, from what stood then.

Records are kept for five years from the end of the transaction, longer under a legal hold (15 CFR
762.6). The journal keeps itself; what can go is the names, with the keys that sealed them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits import context as minting
from audits import replay
from audits.codec import Recorded
from audits.differences import Difference
from audits.past.hindsight import Hindsight, desk_of
from customers.domain import customer, erasure, legal_hold
from customers.domain.customer.state import Approved
from customers.domain.erasure.decisions import RETENTION_YEARS, years_after
from customers.domain.erasure.events import PersonalDataErased
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.state import matters_of
from licenses.domain import application
from licenses.retention import parties_named

_DEALS: Final = """
    SELECT stream_id FROM audits_event
    WHERE aggregate = 'application' AND recorded_at <= %(at)s
      AND position(%(thing)s::text IN convert_from(canonical, 'UTF8')) > 0
    UNION
    SELECT deal.stream_id FROM audits_event thing
    JOIN audits_event deal ON deal.stream_id = thing.correlation_id AND deal.version = 1
    WHERE thing.stream_id = %(thing)s AND thing.version = 1 AND deal.aggregate = 'application'
"""
_LAST: Final = """
    SELECT max(recorded_at) FROM audits_event
    WHERE (correlation_id = ANY(%(deals)s) OR person_id = %(thing)s) AND recorded_at < %(at)s
"""
"""The last that happened in the deals that name the holder, or that the holder did."""


def erased_too_early(_now: datetime) -> Iterator[Difference]:
    """Name erasures under a legal hold, of an approved customer, or before the five years were over."""
    for event in replay.events_of([erasure.DECIDER.aggregate]):
        if isinstance(event.data, PersonalDataErased):
            yield from _judged(event, event.data.holder_id)


def _judged(event: Recorded[Any], holder_id: UUID) -> Iterator[Difference]:
    desk, at = desk_of(event), event.recorded_at
    deals = _deals(holder_id, at)
    matters = _matters(desk, holder_id, deals)
    if matters:
        yield _of("erased_under_hold", event, f"held for {', '.join(matters)}")
    holder = desk.load(customer.DECIDER, holder_id).state
    if isinstance(holder, Approved) and at < holder.approval.expires_at:
        yield _of("erased_while_approved", event, f"customer {holder_id} was approved")
    last_at = _last_at(holder_id, deals, at)
    if last_at is not None and at < years_after(last_at, RETENTION_YEARS):
        kept_until = years_after(last_at, RETENTION_YEARS)
        detail = f"{holder_id} had to be kept until {kept_until.date()}"
        yield _of("erased_too_early", event, detail)


def _matters(desk: Hindsight, holder_id: UUID, deals: list[UUID]) -> tuple[str, ...]:
    """Name what held the thing itself, its deals, or whoever had a part in them."""
    targets = {holder_id, *deals}
    for deal_id in deals:
        targets.update(parties_named(desk.load(application.DECIDER, deal_id).recorded))
    held = (desk.load(legal_hold.DECIDER, legal_hold_id(target)) for target in sorted(targets))
    return tuple(dict.fromkeys(each.name for hold in held for each in matters_of(hold.state)))


def _deals(thing_id: UUID, at: datetime) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_DEALS, {"thing": thing_id, "at": at})
        return sorted(deal_id for (deal_id,) in cursor.fetchall())


def _last_at(thing_id: UUID, deals: list[UUID], at: datetime) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(_LAST, {"thing": thing_id, "deals": deals, "at": at})
        [(found,)] = cursor.fetchall()
    return None if found is None else minting.utc(found)


def _of(kind: str, event: Recorded[Any], detail: str) -> Difference:
    return Difference(kind=kind, subject=f"event {event.event_id}", detail=detail)
