"""Whether the service lives, is ready, and gets on with its work. Open to all; tells no secrets."""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from rest_framework.request import Request

from audits import work
from audits.api.schema import Json, Of, Operation
from audits.api.views import ApiView, respond

LATE_SECONDS: Final = 60.0
"""Work due, or an event without a log index, for longer than this: something stands still."""

SILENT_SECONDS: Final = 180.0
"""No checkpoint for longer than this, three times the pause of an idle sealer: nobody seals."""

_BACKLOG: Final = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, count(*),
           coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)
    FROM (SELECT e.recorded_at FROM audits_event e
          WHERE e.xid >= %s::text::xid8
            AND NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)
          ORDER BY e.xid LIMIT 10000) AS waiting
"""
_DEAD: Final = "SELECT count(*) FROM audits_work_item WHERE status = 'dead'"
_UNSEALED: Final = """
    SELECT (SELECT extract(epoch FROM clock_timestamp() - signed_at)
            FROM audits_checkpoint ORDER BY number DESC LIMIT 1),
           coalesce((SELECT log_index + 1 FROM audits_log ORDER BY log_index DESC LIMIT 1), 0)
           - coalesce((SELECT size FROM audits_checkpoint ORDER BY number DESC LIMIT 1), 0)
"""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far work lags behind what has happened."""

    on_time: bool
    oldest_due_seconds: float
    """How long the longest waiting work item has been due."""
    unsequenced_events: int
    """Events without a log index yet; counted up to 10,000."""
    oldest_unsequenced_seconds: float
    dead_work_items: int
    """Items that failed too often and wait for a person."""
    unsealed_events: int
    """Events of the log that no checkpoint covers yet."""
    newest_checkpoint_seconds: float | None
    """Age of the newest checkpoint; `null` where nothing was ever sealed. Late from 180 s on."""


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    alive: bool = True


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests can be served."""

    database: bool
    migrations: bool


@dataclass(slots=True)
class Backlog:
    """Counts events that wait for their log index; cheap, because it remembers what is behind it."""

    floor: int = 0
    """Every transaction below it has ended and is indexed; 0 until this process has looked."""

    def measure(self) -> tuple[int, float]:
        """Count waiting events and tell the age of the oldest, in seconds."""
        with connection.cursor() as cursor:
            cursor.execute(_BACKLOG, [str(self.floor)])
            xmin, count, seconds = cursor.fetchone()
        self.floor = min(self.floor, xmin) if count else xmin
        return count, float(seconds)


@dataclass(slots=True)
class Migrated:
    """Whether every migration is applied; once it was, it stays so for this process."""

    seen: bool = field(default=False)

    def look(self) -> bool:
        """Compare the migrations of the code with those of the database."""
        if not self.seen:
            executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
            self.seen = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self.seen


backlog: Final = Backlog()
migrated: Final = Migrated()


def progress() -> Progress:
    """Measure how far work lags behind."""
    due_seconds = work.oldest_due_seconds()
    waiting, waiting_seconds = backlog.measure()
    with connection.cursor() as cursor:
        cursor.execute(_DEAD)
        (dead,) = cursor.fetchone()
        cursor.execute(_UNSEALED)
        checkpoint_seconds, unsealed = cursor.fetchone()
    return Progress(
        on_time=max(due_seconds, waiting_seconds) <= LATE_SECONDS
        and (checkpoint_seconds or 0) <= SILENT_SECONDS,
        oldest_due_seconds=due_seconds,
        unsequenced_events=waiting,
        oldest_unsequenced_seconds=waiting_seconds,
        dead_work_items=dead,
        unsealed_events=unsealed,
        newest_checkpoint_seconds=None if checkpoint_seconds is None else float(checkpoint_seconds),
    )


class HealthView(ApiView):
    """What the addresses of health share."""

    authentication_classes = ()
    permission_classes = ()

    def describe(self, name: str, summary: str, shape: type, *, may_fail: bool) -> Operation:
        """Describe one address of health."""
        content: Json = {"application/json": {"schema": Of(shape)}}
        responses: dict[int, Json] = {200: {"description": "Yes.", "content": content}}
        if may_fail:
            responses[503] = {"description": "No.", "content": content}
        return Operation(
            operation_id=f"health_{name}",
            tag="health",
            summary=summary,
            description=(shape.__doc__ or "").strip(),
            responses=responses,
            problems=(),
            public=True,
        )


class LiveView(HealthView):
    """`GET /health/live`."""

    def describe_get(self) -> Operation:
        """Describe it."""
        return self.describe("live", "Does the process answer?", Alive, may_fail=False)

    def get(self, request: Request, **_path: Any) -> HttpResponse:
        """Answer; asks nothing else."""
        del request
        return respond(Alive())


class ReadyView(HealthView):
    """`GET /health/ready`."""

    def describe_get(self) -> Operation:
        """Describe it."""
        return self.describe("ready", "Can requests be served?", Ready, may_fail=True)

    def get(self, request: Request, **_path: Any) -> HttpResponse:
        """Ask the database, and whether it is migrated."""
        del request
        ready = readiness()
        return respond(ready, status=200 if ready.database and ready.migrations else 503)


def readiness() -> Ready:
    """Tell whether the database answers and is migrated."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Ready(database=True, migrations=migrated.look())
    except OperationalError:
        return Ready(database=False, migrations=False)


class ProgressView(HealthView):
    """`GET /health/progress`."""

    def describe_get(self) -> Operation:
        """Describe it."""
        return self.describe("progress", "Is work being done?", Progress, may_fail=True)

    def get(self, request: Request, **_path: Any) -> HttpResponse:
        """Measure; 503 when work is late."""
        del request
        measured = progress()
        return respond(measured, status=200 if measured.on_time else 503)
