"""Bare psycopg: the same rows into a table of the same columns, with nothing that checks them."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg

from audits import store
from audits.codec import Recorded, leaf_hash, registry
from audits.context import SteadyClock
from benchmarks import sample
from benchmarks.sample import CAUSE

TABLE: Final = """
CREATE TABLE bare_event (
    event_id uuid PRIMARY KEY,
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    aggregate text NOT NULL,
    type text NOT NULL,
    schema_version smallint NOT NULL,
    canonical bytea NOT NULL,
    leaf_hash bytea NOT NULL,
    command_id uuid NOT NULL,
    ordinal smallint NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    person_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    writer name NOT NULL DEFAULT session_user,
    UNIQUE (stream_id, version),
    UNIQUE (command_id, ordinal)
)
"""
INSERT: Final = """
INSERT INTO bare_event (
    event_id, stream_id, version, aggregate, type, schema_version, canonical, leaf_hash,
    command_id, ordinal, correlation_id, causation_id, person_id, organization_id, recorded_at
) VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
"""


def create_table(url: str) -> None:
    """Make the table, once."""
    with psycopg.connect(url) as connection:
        connection.execute(TABLE)


def row(item: Recorded[Any]) -> Sequence[Any]:
    """Make the row of an event."""
    content = registry.encode(item)
    return (
        item.event_id,
        item.stream_id,
        item.version,
        item.aggregate,
        item.type,
        item.schema_version,
        content,
        leaf_hash(content),
        item.command.id,
        item.command.ordinal,
        item.correlation_id,
        item.causation_id,
        item.actor.person_id,
        item.actor.organization_id,
        item.recorded_at,
    )


class Inserter:
    """One connection that inserts rows made beforehand, each in a transaction of its own."""

    def __init__(self, url: str, seed: int, stream_length: int, number: int) -> None:
        sample.register()
        self._connection = psycopg.connect(url, autocommit=True)
        self._seed = seed + number
        self._stream_length = stream_length
        self._rows: list[Sequence[Any]] = []

    def prepare(self, count: int) -> None:
        """Make the rows: only the inserting is timed."""
        (now,) = self._connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
        clock = SteadyClock.synchronized(now)
        made = sample.asked(self._seed, count, self._stream_length, clock)
        self._rows = [row(store.seal([draft], moment, CAUSE)[0]) for draft, moment in made]

    def run(self) -> int:
        """Insert, with a prepared statement and binary parameters."""
        with self._connection.cursor() as cursor:
            for values in self._rows:
                cursor.execute(INSERT, values, prepare=True)
        return len(self._rows)
