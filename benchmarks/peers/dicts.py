"""Plain ordered reading: the bytes of a table in the order of its key, by orjson into dicts."""

from collections.abc import Iterator
from typing import Any, Final

import orjson
import psycopg

THERE: Final = "SELECT to_regclass('bare_log') IS NOT NULL"
TABLE: Final = """
CREATE TABLE bare_log AS
    SELECT l.log_index AS position, e.* FROM audits_log l JOIN audits_event e USING (event_id)
    ORDER BY l.log_index
"""
KEY: Final = "ALTER TABLE bare_log ADD PRIMARY KEY (position)"
PAGE: Final = """
SELECT position, canonical FROM bare_log WHERE position >= %b ORDER BY position LIMIT %b
"""
ALL: Final = "SELECT canonical FROM bare_log ORDER BY position LIMIT %b"
PAGE_SIZE: Final = 1_000
CHUNK_SIZE: Final = 100
"""Rows of the stream that arrive together: the fastest of 10, 32, 100, 250 and 1,000."""


def copy_log(url: str) -> None:
    """Copy the journal of a database into a plain table with an ordered key, once."""
    with psycopg.connect(url) as connection:
        [(there,)] = connection.execute(THERE).fetchall()
        if there:
            return
        connection.execute(TABLE)
        connection.execute(KEY)


def by_pages(connection: psycopg.Connection[Any], count: int) -> Iterator[Any]:
    """Read pages by key."""
    position = 0
    with connection.cursor(binary=True) as cursor:
        while position < count:
            cursor.execute(PAGE, (position, PAGE_SIZE), prepare=True)
            rows = cursor.fetchall()
            if not rows:
                return
            position = rows[-1][0] + 1
            for _, content in rows:
                yield orjson.loads(content)


def by_cursor(connection: psycopg.Connection[Any], count: int) -> Iterator[Any]:
    """Read through a cursor of the server."""
    with (
        connection.transaction(),
        connection.cursor("everything", binary=True) as cursor,
    ):
        cursor.itersize = PAGE_SIZE
        cursor.execute(ALL, (count,))
        for (content,) in cursor:
            yield orjson.loads(content)


def by_stream(connection: psycopg.Connection[Any], count: int) -> Iterator[Any]:
    """Read one long answer while the server still makes it."""
    with connection.cursor(binary=True) as cursor:
        for (content,) in cursor.stream(ALL, (count,), size=CHUNK_SIZE):
            yield orjson.loads(content)


WAYS: Final = {"pages": by_pages, "cursor": by_cursor, "stream": by_stream}


class Reader:
    """Reads the log into dicts, in one of the ways."""

    def __init__(self, url: str, way: str, _number: int) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._read = WAYS[way]

    def prepare(self, count: int) -> None:
        """Read up to `count` events."""
        self._count = count

    def run(self) -> int:
        """Read them; return how many they were, by looking into each."""
        return sum(1 for event in self._read(self._connection, self._count) if event["version"])
