"""Runs of scheduled audits, on the record: each that came to its end is an event, one a slot of time.

Rows of work items are not sealed: whoever may write to the database could delete one, invent one, or
call one done that never ran. The event commits together with `done`, so that either without the other
is told by `verify`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import connection

from audits.differences import Difference, Look
from audits.events import AuditRan
from audits.kernel import Decider, Event, State
from audits.sealing.record import append

KIND: Final = "audit_"
"""What the kinds of work items of audits begin with; the name of the audit follows."""
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_SLOTS: Final = UUID("a11ed000-0000-5000-8000-0000000000a1")
_SECOND_OF_SLOT: Final = (1 << 48) - 1
_WITHOUT_WORK: Final = """
    SELECT e.event_id FROM audits_event e
    WHERE e.aggregate = %s AND NOT EXISTS (
        SELECT FROM audits_work_item w
        WHERE w.subject_id = e.stream_id AND w.status = 'done' AND w.kind LIKE 'audit\\_%%')
    ORDER BY e.stream_id
"""
_WITHOUT_EVENT: Final = """
    SELECT w.id, w.kind, w.subject_id FROM audits_work_item w
    WHERE w.kind LIKE 'audit\\_%%' AND w.status = 'done' AND NOT EXISTS (
        SELECT FROM audits_event e WHERE e.stream_id = w.subject_id AND e.aggregate = %s)
    ORDER BY w.id
"""


class NotRun(State):
    """No run of this slot has come to its end yet."""


class Ran(State):
    """The slot has its run, and gets no other."""


def evolve(state: NotRun | Ran, event: Event) -> NotRun | Ran:
    """Fold one event; TypeError for a second run of a slot."""
    if not (isinstance(state, NotRun) and isinstance(event, AuditRan)):
        raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")
    return Ran()


RUNS: Final[Decider[NotRun | Ran]] = Decider(
    aggregate="audit_run", initial=NotRun(), evolve=evolve, decisions={}
)


def slot_at(moment: datetime, every: timedelta) -> datetime:
    """Tell when the slot began that a moment is in: slots follow one another since 1970, UTC."""
    return EPOCH + (moment - EPOCH) // every * every


def slot_id(audit: str, begins: datetime) -> UUID:
    """Name a slot: 80 bits for the audit, then the second in which it begins, as 48 bits."""
    second = int((begins - EPOCH).total_seconds())
    return UUID(int=uuid5(_SLOTS, audit).int & ~_SECOND_OF_SLOT | second)


def slot_begins(audit: str, slot: UUID) -> datetime | None:
    """Read when a slot of an audit begins out of its name; None: it is not so named."""
    if (slot.int ^ uuid5(_SLOTS, audit).int) > _SECOND_OF_SLOT:
        return None
    return EPOCH + timedelta(seconds=slot.int & _SECOND_OF_SLOT)


def record(ran: AuditRan) -> bool:
    """Record a run in the current transaction; False: its slot has one."""
    return append(
        RUNS,
        slot_id(ran.audit, ran.slot_from),
        lambda state: None if isinstance(state, Ran) else ran,
        process=f"{KIND}{ran.audit}",
    )


def runs_check(look: Look) -> Iterator[Difference]:
    """Compare runs on the record with work items that are done: one commits with the other."""
    look.expect(2)
    for (event_id,) in _rows(_WITHOUT_WORK):
        yield Difference(
            kind="audit_run_without_work",
            subject=f"event {event_id}",
            detail="no work item of its slot is done",
        )
    look.done()
    for item_id, kind, slot in _rows(_WITHOUT_EVENT):
        begins = slot_begins(kind.removeprefix(KIND), slot)
        if begins is not None:  # earlier versions named slots otherwise, and recorded no runs
            yield Difference(
                kind="audit_run_unrecorded",
                subject=f"work item {item_id}",
                detail=f"{kind} of the slot from {begins.isoformat()} is done, and no event says so",
            )
    look.done()


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [RUNS.aggregate])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
