"""Work items: jobs that survive anything, because each is a row written with the event behind it.

A Celery message carries an item's id and is a hint that may be lost. Whoever runs an item leases it
first; effect and `done` commit together under the lease token, so a stale worker changes nothing.
All times are the database's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import structlog
from django.db import connection, transaction

from audits import context as minting
from audits import heartbeat
from audits.kernel import Halted
from audits.work.dead import give_up
from audits.work.items import Fenced, Leased, NewWork

__all__ = [
    "BACKOFF_CAP",
    "ERROR_LENGTH",
    "HALTED_PAUSE",
    "LEASE",
    "MAX_ATTEMPTS",
    "Fenced",
    "Handler",
    "Leased",
    "NewWork",
    "Survey",
    "claim",
    "enqueue",
    "nothing_more",
    "oldest_due_seconds",
    "register",
    "register_survey",
    "run",
    "run_due",
    "step",
    "waiting",
]

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=30)
HALTED_PAUSE: Final = timedelta(minutes=1)
MAX_ATTEMPTS: Final = 8
BACKOFF_CAP: Final = timedelta(minutes=5)
ERROR_LENGTH: Final = 2_000

_ENQUEUE: Final = """
    INSERT INTO audits_work_item (id, kind, subject_id, event_id, dedupe_key, due_at, status,
                                  attempts, last_error, created_at)
    VALUES (%s, %s, %s, %s, %s, coalesce(%s, clock_timestamp()), 'ready', 0, '', clock_timestamp())
    ON CONFLICT (dedupe_key) DO NOTHING
"""
_CLAIM: Final = """
    UPDATE audits_work_item
    SET status = 'leased', lease_token = gen_random_uuid(), attempts = attempts + 1,
        lease_until = clock_timestamp() + %s
    WHERE id = (
        SELECT id FROM audits_work_item
        WHERE status IN ('ready', 'leased') AND due_at <= clock_timestamp()
          AND (status = 'ready' OR lease_until < clock_timestamp())
          AND (%s::uuid IS NULL OR id = %s) AND (kind = ANY(%s)) = %s
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, subject_id, event_id, lease_token, attempts, reached::text
"""
_FINISH: Final = """
    UPDATE audits_work_item
    SET status = 'done', lease_token = NULL, lease_until = NULL, finished_at = clock_timestamp()
    WHERE id = %s AND status = 'leased' AND lease_token = %s
"""
_RETRY: Final = """
    UPDATE audits_work_item
    SET status = 'ready', lease_token = NULL, lease_until = NULL, last_error = %s,
        due_at = clock_timestamp() + least(%s, interval '1 second' * 2 ^ least(attempts - 1, 30))
                                     * (0.5 + random() / 2)
    WHERE id = %s AND status = 'leased' AND lease_token = %s
"""
_POSTPONE: Final = """
    UPDATE audits_work_item
    SET status = 'ready', lease_token = NULL, lease_until = NULL, last_error = %s,
        due_at = clock_timestamp() + %s, attempts = attempts - 1
    WHERE id = %s AND status = 'leased' AND lease_token = %s
"""
_WAITING: Final = """
    SELECT kind, subject_id FROM audits_work_item
    WHERE kind = ANY(%s) AND status IN ('ready', 'leased')
      AND (status = 'ready' OR lease_until < clock_timestamp())
"""
_OLDEST: Final = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0) FROM audits_work_item
    WHERE status IN ('ready', 'leased') AND due_at <= clock_timestamp()
      AND (kind <> ALL(%(long)s) OR NOT EXISTS (
          SELECT FROM audits_work_item busy WHERE busy.kind = ANY(%(long)s)
          AND busy.status = 'leased' AND busy.lease_until > clock_timestamp()))
"""


Handler = Callable[[Leased], None]
Survey = Callable[[Leased], Handler]
"""Reads much outside any transaction, or works in steps, and gives what writes the outcome in one."""
_handlers: Final[dict[str, Handler]] = {}
_surveys: Final[dict[str, Survey]] = {}
_long: Final[set[str]] = set()
"""Kinds that may take hours: nothing else waits for them (ADR 21)."""


def register(kind: str, handler: Handler) -> None:
    """Say what runs work of this kind; an app does so in its `subscriptions.py`."""
    _handlers[kind] = handler


def register_survey(kind: str, survey: Survey, *, is_long: bool = False) -> None:
    """Say what runs long work of this kind: it reads first, on a lease that it renews, then writes.

    is_long: it may take hours, and is left to whoever asks for such work alone.
    """
    _surveys[kind] = survey
    _long.difference_update({kind})
    _long.update({kind} if is_long else ())


def step(leased: Leased, handler: Handler) -> None:
    """Do a part of work in a transaction of its own; Fenced where the lease is lost by its end."""
    with transaction.atomic():
        handler(leased)
        if not heartbeat.renew(leased.id, leased.token, lease=LEASE):
            raise Fenced(str(leased.id))


def nothing_more(_leased: Leased) -> None:
    """End work whose steps have done all of it."""


def enqueue(items: Sequence[NewWork]) -> list[UUID]:
    """Write work items in the current transaction; return the ids. Repeats change nothing."""
    ids = [uuid5(minting.COMMANDS, item.dedupe_key) for item in items]
    with connection.cursor() as cursor:
        for key, item in zip(ids, items, strict=True):
            cursor.execute(
                _ENQUEUE,
                [key, item.kind, item.subject_id, item.event_id, item.dedupe_key, item.due_at],
            )
    return ids


def waiting(kinds: Iterable[str]) -> list[tuple[str, UUID]]:
    """List the subjects whose work of these kinds is in nobody's hands, each with its kind.

    What broke off is among them: it begins anew, or goes on.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(kinds)])
        found: list[tuple[str, UUID]] = cursor.fetchall()
    return found


def claim(
    item_id: UUID | None = None, *, lease: timedelta = LEASE, long: bool = False
) -> Leased | None:
    """Lease one due item (this one, or the longest due); None: there is nothing to do.

    long: of the kinds that may take hours; else of all others.
    """
    values: list[Any] = [lease, item_id, item_id, sorted(_long), long]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return None if row is None else Leased(*row)


def run(leased: Leased, *, alive: Callable[[], object] = bool) -> bool:
    """Do a leased item's work; effect and `done` commit together. Tell whether it is done.

    alive: called now and then while long work goes on.
    """
    if leased.attempts > MAX_ATTEMPTS:
        return give_up(leased, "every attempt ended without a result")
    try:
        _carry_out(leased, alive)
    except (Fenced, heartbeat.LeaseLost):
        log.warning("work_item_fenced", work_item=str(leased.id), kind=leased.kind)
        return False
    except Halted as error:
        return _postpone(leased, error)
    except Exception as error:
        detail = _storable(f"{type(error).__name__}: {error}"[:ERROR_LENGTH])
        log.exception("work_item_failed", work_item=str(leased.id), kind=leased.kind)
        if leased.attempts >= MAX_ATTEMPTS:
            return give_up(leased, detail)
        values: list[Any] = [detail, BACKOFF_CAP, leased.id, leased.token]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_RETRY, values)
        return False
    return True


def _carry_out(leased: Leased, alive: Callable[[], object]) -> None:
    survey = _surveys.get(leased.kind)
    if survey is None:
        _commit(leased, _handlers[leased.kind])
        return
    with heartbeat.keeping(leased.id, leased.token, lease=LEASE, alive=alive) as held:
        _commit(leased, survey(replace(leased, held=held)))


def _commit(leased: Leased, handler: Handler) -> None:
    with transaction.atomic():
        handler(leased)
        _finish(leased)


def _postpone(leased: Leased, error: Halted) -> bool:
    """Let an item wait for as long as its writes are halted; that is no failed attempt."""
    log.warning("work_item_halted", work_item=str(leased.id), kind=leased.kind)
    values: list[Any] = [f"halted: {error.detail}", HALTED_PAUSE, leased.id, leased.token]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_POSTPONE, values)
    return False


def _storable(text: str) -> str:
    """Replace what PostgreSQL's texts cannot hold: U+0000 and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _finish(leased: Leased) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [leased.id, leased.token])
        if not cursor.rowcount:
            raise Fenced(str(leased.id))


def run_due(*, limit: int = 1_000, long: bool = False, alive: Callable[[], object] = bool) -> int:
    """Run due items until none is left or `limit` is reached; return how many were tried.

    Needs PostgreSQL and nothing else: with the broker away, this finishes everything.
    """
    tried = 0
    while tried < limit and (leased := claim(long=long)) is not None:
        run(leased, alive=alive)
        tried += 1
    return tried


def oldest_due_seconds() -> float:
    """Tell how long the longest waiting item has been due, in seconds; 0 when nothing waits.

    Items that may take hours wait for one another: of them, one has to be in somebody's hands.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, {"long": sorted(_long)})
        (seconds,) = cursor.fetchone()
    return float(seconds)
