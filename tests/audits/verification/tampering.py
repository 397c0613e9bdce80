"""Tampers with the journal as a superuser may, and asks verification what it finds."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from audits import verification
from audits.codec import canonical, leaf_hash
from audits.verification import journal

JOURNAL = tuple(journal.CHECKS)
GUARDED = {
    "audits_event": ("before_insert", "immutable", "no_truncate", "after_insert"),
    "audits_log": ("before_insert", "immutable", "no_truncate"),
    "audits_tile": ("before_insert", "immutable", "no_truncate"),
    "audits_frontier": ("before_update", "no_delete", "no_truncate"),
    "audits_checkpoint": ("before_insert", "immutable", "no_truncate"),
    "audits_cosignature": ("immutable", "no_truncate"),
}


def run(statement: str | sql.Composed, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fetch(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        [(value,)] = cursor.fetchall()
    return value


@contextmanager
def guards_lifted() -> Iterator[None]:
    """Do what only a superuser can do, and leave no trace of how."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in GUARDED:
        run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    for table, names in GUARDED.items():
        run(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        for name in names:
            run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")


def event_of(stream: UUID, version: int) -> UUID:
    found: UUID = fetch(
        "SELECT event_id FROM audits_event WHERE stream_id = %s AND version = %s", stream, version
    )
    return found


def rewrite(stream: UUID, version: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what an event's bytes say, and make the hash fit."""
    event = event_of(stream, version)
    envelope = json.loads(
        bytes(fetch("SELECT canonical FROM audits_event WHERE event_id=%s", event))
    )
    change(envelope)
    replace_bytes(stream, version, canonical(envelope))


def replace_bytes(stream: UUID, version: int, content: bytes) -> None:
    with guards_lifted():
        run(
            "UPDATE audits_event SET canonical = %s, leaf_hash = %s WHERE event_id = %s",
            content,
            leaf_hash(content),
            event_of(stream, version),
        )


def tamper(statement: str | sql.Composed, *values: Any) -> None:
    with guards_lifted():
        run(statement, *values)


def verify() -> verification.Report:
    return verification.verify(only=JOURNAL)


def kinds(*expected: str) -> None:
    """Expect differences of one kind, each about a subject that contains the text."""
    report = verify()
    kind, *subjects = expected
    assert report.kind == kind, report.differences
    assert {difference.kind for difference in report.differences} == {kind}
    found = [difference.subject for difference in report.differences]
    assert len(found) == len(subjects), found
    for subject in subjects:
        assert any(subject in each for each in found), (subject, found)
