"""Read models: one row a stream, a pure function of its folded state, written with its events.

A row is derived and can be rebuilt: `derive` gives what it should be, `project` writes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from psycopg import sql

from audits import reading
from audits.codec import Recorded
from audits.execution import Desk, Projector
from audits.kernel import Decider, State
from audits.models import ReadModel

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """How one aggregate's state becomes its row."""

    decider: Decider[Any]
    model: type[ReadModel]
    columns: Callable[[Any], Columns]
    """State → the columns that this model adds to ReadModel's."""


projections: Final[dict[str, Projection]] = {}
"""Aggregate → projection; each app registers its own."""


@dataclass(frozen=True, slots=True)
class Span:
    """First and last moment of a stream, and its deal."""

    correlation_id: UUID
    created_at: datetime
    changed_at: datetime


def span_of(recorded: Sequence[Recorded[Any]]) -> Span:
    """Read the span of a stream that has events."""
    first, last = recorded[0], recorded[-1]
    return Span(first.correlation_id, first.recorded_at, last.recorded_at)


def snake_case(name: str) -> str:
    """Spell a class name as wire names are: `AwaitingFunds` becomes `awaiting_funds`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def case_name(case: type[State]) -> str:
    """Name a case of a state as the API does."""
    return snake_case(case.__name__)


def status_of(state: State) -> str:
    """Name the case that a state is."""
    return case_name(type(state))


def derive(projection: Projection, loaded: reading.Loaded[Any], span: Span) -> dict[str, Any]:
    """Compute the row that a stream should have."""
    return {
        "id": loaded.stream_id,
        "version": loaded.version,
        "correlation_id": span.correlation_id,
        "status": status_of(loaded.state),
        "created_at": span.created_at,
        "changed_at": span.changed_at,
        **projection.columns(loaded.state),
    }


def project(projection: Projection, loaded: reading.Loaded[Any], span: Span) -> None:
    """Write a stream's row, unless a later version is there already."""
    row = derive(projection, loaded, span)
    with connection.cursor() as cursor:
        cursor.execute(_upsert(projection.model, tuple(row)), list(row.values()))


Guarded = Callable[[Desk, reading.Loaded[Any], list[Recorded[Any]]], None]


def projector(projection: Projection, guarded: Guarded | None = None) -> Projector:
    """Make what writes a stream's row with its events, after any guarded rows that they move."""

    def write(desk: Desk, loaded: reading.Loaded[Any], fresh: list[Recorded[Any]]) -> None:
        if guarded is not None:
            guarded(desk, loaded, fresh)
        first = loaded.recorded[0] if loaded.recorded else fresh[0]
        span = Span(first.correlation_id, first.recorded_at, fresh[-1].recorded_at)
        project(projection, loaded, span)

    return write


_statements: Final[dict[type[ReadModel], sql.Composed]] = {}


def _upsert(model: type[ReadModel], columns: tuple[str, ...]) -> sql.Composed:
    if model not in _statements:
        table = sql.Identifier(model._meta.db_table)
        updates = sql.SQL(", ").join(
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column))
            for column in columns
            if column not in {"id", "created_at", "correlation_id"}
        )
        _statements[model] = sql.SQL(
            "INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT (id)"
            " DO UPDATE SET {updates} WHERE {table}.version < EXCLUDED.version"
        ).format(
            table=table,
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(sql.Placeholder() * len(columns)),
            updates=updates,
        )
    return _statements[model]
