"""Work that failed too often: put aside with an event, driven again on a person's word."""

from typing import Final
from uuid import UUID

import structlog
from django.db import connection, transaction

from audits import context as minting
from audits import reading, store
from audits.codec import fingerprint_of
from audits.events import WorkItemDied, WorkItemRedriven
from audits.kernel import Context, Decider, Refused, State
from audits.work.items import Leased

log = structlog.get_logger(__name__)

_BURY: Final = """
    UPDATE audits_work_item
    SET status = 'dead', lease_token = NULL, lease_until = NULL, last_error = %s
    WHERE id = %s AND status = 'leased' AND lease_token = %s
"""
_REVIVE: Final = """
    UPDATE audits_work_item
    SET status = 'ready', attempts = 0, due_at = clock_timestamp()
    WHERE id = %s AND status = 'dead' RETURNING kind
"""


class WorkItemHistory(State):
    """How often a work item died and was driven again."""

    events: int = 0


HISTORY: Final = Decider(
    aggregate="work_item",
    initial=WorkItemHistory(),
    evolve=lambda state, _event: WorkItemHistory(events=state.events + 1),
    decisions={},
)


def give_up(leased: Leased, detail: str) -> bool:
    """Put the item aside with an event, for a person to look at. Always False: it is not done."""
    died = WorkItemDied(
        work_item_id=leased.id,
        kind=leased.kind,
        subject_id=leased.subject_id,
        attempts=leased.attempts,
        last_error=detail,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BURY, [detail, leased.id, leased.token])
        if not cursor.rowcount:
            log.warning("work_item_fenced", work_item=str(leased.id), kind=leased.kind)
            return False
        _record(died, _burial(leased), name="BuryWorkItem")
    log.error("work_item_dead", work_item=str(leased.id), kind=leased.kind, detail=detail)
    return False


def _burial(leased: Leased) -> Context:
    """Make the context in which an item is put aside: in the deal of its cause, if it has one."""
    now = minting.database_now()
    if leased.event_id is not None:
        return leased.context(step=f"bury:{leased.token}", now=now)
    actor = minting.system_actor(leased.kind)
    return Context(actor=actor, now=now, command_id=minting.new_id())


def redrive(item_id: UUID, *, reason: str, context: Context) -> reading.EventReceipt:
    """Send a dead item on its way again, on a person's word; Refused `work_item_not_dead`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_REVIVE, [item_id])
        row = cursor.fetchone()
        if row is None:
            raise Refused("work_item_not_dead", "Only a dead work item can be driven again")
        redriven = WorkItemRedriven(work_item_id=item_id, kind=row[0], reason=reason)
        return _record(redriven, context, name="RedriveWorkItem")


def _record(
    event: WorkItemDied | WorkItemRedriven, context: Context, *, name: str
) -> reading.EventReceipt:
    loaded = reading.load(HISTORY, event.work_item_id, lock="write")
    draft = store.Draft(HISTORY.aggregate, event.work_item_id, loaded.version + 1, event)
    cause = store.Cause(name, fingerprint_of(name, event.work_item_id))
    [receipt] = store.append(store.seal([draft], context, cause))
    return receipt
