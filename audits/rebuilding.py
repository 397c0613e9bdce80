"""Read models rebuilt beside the live ones, while writers go on.

Every row is derived anew from the whole of its stream into a table of this session. What was written
meanwhile is caught up, at last under a lock that keeps writers of that one table waiting: then each
rebuilt row stands at the end of its stream. In the same transaction all rows are compared, column by
column, and those that differ are switched: rebuilt ones take their place, so that both tables are equal
when writers go on. Rows that are equal already stay as they are. A crash at any line leaves the live
table as it was, or wholly switched; the table beside it goes with its session.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection, transaction
from psycopg import sql

from audits import reading, replay
from audits.differences import Progress, Silence
from audits.projection import Projection, derive, projections, span_of
from audits.reading import Loaded

BATCH_SIZE: Final = 500
FEW: Final = 100
"""Streams that may be caught up while writers wait."""
MAX_ROUNDS: Final = 10
"""Of catching up without the lock, where writers are faster than we are."""
BESIDE: Final = sql.Identifier("pg_temp", "rebuilt")

Row = dict[str, Any]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of rebuilding one read model."""

    table: str
    rows: int
    """Derived anew and compared: as many as there are streams."""
    caught_up: int
    """Streams that were written to meanwhile, and derived again."""
    replaced: int
    """Live rows that were missing, surplus or otherwise, and switched; 0: both tables were equal."""


def rebuild(kinds: Iterable[str], progress: Progress | None = None) -> Iterator[Rebuilt]:
    """Rebuild the read models of these aggregates, one after the other; as the tables' owner."""
    for kind in kinds:
        yield _rebuild(projections[kind], progress or Silence())


def _rebuild(projection: Projection, progress: Progress) -> Rebuilt:
    live = sql.Identifier(projection.model._meta.db_table)
    _run("DROP TABLE IF EXISTS {beside}", live)
    _run("CREATE TEMPORARY TABLE rebuilt (LIKE {live} INCLUDING ALL)", live)
    try:
        _derive_all(projection, progress)
        caught_up = _follow(projection, live)
        with transaction.atomic():
            _run("LOCK TABLE {live} IN SHARE ROW EXCLUSIVE MODE", live)
            caught_up += _catch_up(projection, live)
            replaced = _switch(live)
        [(rows,)] = _run("SELECT count(*) FROM {beside}", live)
    finally:
        _run("DROP TABLE IF EXISTS {beside}", live)
    return Rebuilt(
        table=projection.model._meta.db_table, rows=rows, caught_up=caught_up, replaced=replaced
    )


def _derive_all(projection: Projection, progress: Progress) -> None:
    decider = projection.decider
    progress.begin(decider.aggregate, replay.count([decider.aggregate]))
    streams = replay.streams_of(decider)
    while together := list(islice(streams, BATCH_SIZE)):
        _write(_rows(projection, together))
        progress.advance(sum(len(loaded.recorded) for loaded in together))


def _follow(projection: Projection, live: sql.Identifier) -> int:
    """Catch up without a lock until little is left for the time when writers wait."""
    total = 0
    for _ in range(MAX_ROUNDS):
        count = _catch_up(projection, live)
        total += count
        if count <= FEW:
            break
    return total


def _catch_up(projection: Projection, live: sql.Identifier) -> int:
    """Derive the rows anew whose live ones have gone on; return how many."""
    behind = _run(
        "SELECT l.id FROM {live} l LEFT JOIN {beside} b USING (id)"
        " WHERE b.id IS NULL OR l.version > b.version",
        live,
    )
    found = [reading.load(projection.decider, stream_id) for (stream_id,) in behind]
    written = [loaded for loaded in found if loaded.version]  # a row without a stream is surplus
    _delete([loaded.stream_id for loaded in written])
    _write(_rows(projection, written))
    return len(written)


def _switch(live: sql.Identifier) -> int:
    """Let rebuilt rows take the place of live ones that differ; return how many there were."""
    differing = (
        "(SELECT coalesce(l.id, b.id) AS id FROM {live} l FULL JOIN {beside} b USING (id)"
        " WHERE to_jsonb(l) IS DISTINCT FROM to_jsonb(b))"
    )
    _run(f"CREATE TEMPORARY TABLE differing AS {differing}", live)
    _run("DELETE FROM {live} WHERE id IN (SELECT id FROM pg_temp.differing)", live)
    _run(
        "INSERT INTO {live} SELECT * FROM {beside} WHERE id IN (SELECT id FROM pg_temp.differing)",
        live,
    )
    [(replaced,)] = _run("SELECT count(*) FROM pg_temp.differing", live)
    _run("DROP TABLE pg_temp.differing", live)
    return int(replaced)


def _rows(projection: Projection, streams: Iterable[Loaded[Any]]) -> list[Row]:
    return [derive(projection, loaded, span_of(loaded.recorded)) for loaded in streams]


def _write(rows: list[Row]) -> None:
    if not rows:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(rows[0]))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(BESIDE, names, marks)
    with connection.cursor() as cursor:
        cursor.executemany(statement, [list(row.values()) for row in rows])


def _delete(ids: list[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(BESIDE), [ids])


def _run(statement: Any, live: sql.Identifier) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(live=live, beside=BESIDE))
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
    return rows
