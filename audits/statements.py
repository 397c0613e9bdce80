"""Prepared statements over Django's connection, for the journal's own few queries.

Django's own cursors write every value into the statement's text, which for events costs more than
storing them does. The connection, its transactions and its errors stay Django's.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PREPARE_THRESHOLD: Final = 1
"""A statement is prepared when a connection runs it for the second time."""


CHUNK_SIZE: Final = 100
"""Rows of a stream that arrive together: few enough to stay in a processor's cache."""


class _Thread(threading.local):
    """Django's connection of this thread: asking for it anew costs as much as hashing an event."""

    django: BaseDatabaseWrapper | None = None


_thread: Final = _Thread()


def run(statement: LiteralString, values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """Run one statement; its rows have all arrived, and stay until the next one runs."""
    django = _thread.django
    if django is None:
        django = _thread.django = connections[DEFAULT_DB_ALIAS]
    django.validate_no_broken_transaction()
    if django.connection is None:
        django.ensure_connection()
    try:
        return _cursor(django.connection).execute(statement, values)
    except psycopg.Error:
        with django.wrap_database_errors:
            raise


@contextmanager
def reader() -> Iterator[psycopg.Cursor[Any]]:
    """Lend a cursor on a connection of its own, for an answer that is read while it is made.

    It sees what is committed; an answer that is left half read costs nothing but its connection.
    How long a statement may take is up to its reader: the server waits while nobody reads on.
    """
    django = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        django.ensure_connection()
        with django.wrap_database_errors, django.connection.transaction():
            cursor = _cursor(django.connection)
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield cursor
    finally:
        django.close()


def _cursor(connection: Any) -> psycopg.Cursor[Any]:
    """Return the one cursor of a connection: making a new one costs half a query."""
    try:
        cursor: psycopg.Cursor[Any] = connection.tollgate_cursor
    except AttributeError:
        connection.prepare_threshold = PREPARE_THRESHOLD
        cursor = connection.tollgate_cursor = psycopg.Cursor(connection)
        cursor.format = psycopg.pq.Format.BINARY
    return cursor
