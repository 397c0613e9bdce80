"""Prepared statements over Django's connection, for the journal's own few queries.

Django's own cursors write every value into the statement's text, which for events costs more than
storing them does. The connection, its transactions and its errors stay Django's.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final, LiteralString

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PREPARE_THRESHOLD: Final = 1
"""A statement is prepared when a connection runs it for the second time."""

Statement = tuple[LiteralString, Sequence[Any]]
Rows = list[tuple[Any, ...]]


def run(statement: LiteralString, values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """Run one statement; its rows have all arrived, and stay until the next one runs."""
    django = _ready()
    with django.wrap_database_errors:
        return _cursor(django.connection).execute(statement, values)


def run_ahead(batches: Iterable[Sequence[Statement]]) -> Generator[list[Rows]]:
    """Run batches in turn and give the rows of each while the server works on the next.

    The caller must not use the connection before the last batch.
    """
    django = _ready()
    with django.wrap_database_errors, django.connection.pipeline():
        sent: list[psycopg.Cursor[Any]] = []
        for batch in batches:
            arrived = [cursor.fetchall() for cursor in sent]
            previous, sent = sent, [_make_cursor(django.connection) for _ in batch]
            for cursor, (statement, values) in zip(sent, batch, strict=True):
                cursor.execute(statement, values)
            if previous:
                yield arrived
        yield [cursor.fetchall() for cursor in sent]


def _ready() -> BaseDatabaseWrapper:
    django = connections[DEFAULT_DB_ALIAS]
    django.validate_no_broken_transaction()
    django.ensure_connection()
    return django


def _cursor(connection: Any) -> psycopg.Cursor[Any]:
    """Return the one cursor of a connection: making a new one costs half a query."""
    try:
        cursor: psycopg.Cursor[Any] = connection.tollgate_cursor
    except AttributeError:
        cursor = connection.tollgate_cursor = _make_cursor(connection)
    return cursor


def _make_cursor(connection: Any) -> psycopg.Cursor[Any]:
    connection.prepare_threshold = PREPARE_THRESHOLD
    cursor: psycopg.Cursor[Any] = psycopg.Cursor(connection)
    cursor.format = psycopg.pq.Format.BINARY
    return cursor
