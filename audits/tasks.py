"""Celery tasks of the journal. Unknown arguments are tolerated, so old and new workers mix."""

from typing import Any, Final
from uuid import UUID

from celery import shared_task
from django.db import connection

from audits import access, nudging, work
from audits import context as minting
from audits.findings import scheduled
from audits.lineage import references
from audits.sealing import deployment

_sweep: Final = deployment.recorded_first("worker", lambda: work.run_due(limit=200))
"""Each process of the worker does so; whoever finds its code on record adds nothing."""


@shared_task(name=nudging.TASK, ignore_result=True)
def run_work_item(item_id: str, *_args: Any, **_kwargs: Any) -> bool:
    """Run one work item, if it is still due. A repeat or a stale hint is a cheap no-op."""
    leased = work.claim(UUID(item_id))
    return leased is not None and work.run(leased)


@shared_task(name="audits.sweep", ignore_result=True)
def sweep(*_args: Any, **_kwargs: Any) -> int:
    """Run what is due and was not hinted at, or whose hint was lost; return how many."""
    return _sweep()


@shared_task(name="audits.schedule", ignore_result=True)
def schedule_audits(*_args: Any, **_kwargs: Any) -> int:
    """Make the work items of all audits that are due; return how many audits there are."""
    return scheduled.schedule(minting.database_now())


@shared_task(name="audits.record_accesses", ignore_result=True)
def record_accesses(*_args: Any, **_kwargs: Any) -> int:
    """Turn what the access log has noted into events; return how many reads."""
    done = 0
    while found := access.record():
        done += found
    return done


@shared_task(name="audits.refer", ignore_result=True)
def refer(*_args: Any, **_kwargs: Any) -> int:
    """Write down what new events of the log refer to; return how many events."""
    done = 0
    while found := references.catch_up():
        done += found
    return done


@shared_task(name="audits.forget_logins", ignore_result=True)
def forget_logins(*_args: Any, **_kwargs: Any) -> int:
    """Remove sessions and tokens that have expired; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audits_forget_logins()")
        [(gone,)] = cursor.fetchall()
    return int(gone)
