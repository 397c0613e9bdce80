"""Prepared statements over Django's connection, for the journal's own few queries."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

PREPARE_THRESHOLD: Final = 1
"""A statement is prepared when a connection runs it for the second time."""


def run(statement: LiteralString, values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """Run a statement prepared, with values sent as they are; its rows are all there.

    Django's own cursors write every value into the statement's text, which for events costs more
    than storing them does. The connection, its transactions and its errors stay Django's.
    """
    django = connections[DEFAULT_DB_ALIAS]
    django.validate_no_broken_transaction()
    django.ensure_connection()
    with django.wrap_database_errors:
        return _cursor(django.connection).execute(statement, values)


def _cursor(driver: Any) -> psycopg.Cursor[Any]:
    """Return the one cursor that this module uses on a connection: making one costs half a query."""
    try:
        cursor: psycopg.Cursor[Any] = driver.tollgate_cursor
    except AttributeError:
        driver.prepare_threshold = PREPARE_THRESHOLD
        cursor = driver.tollgate_cursor = psycopg.Cursor(driver)
        cursor.format = psycopg.pq.Format.BINARY
    return cursor
