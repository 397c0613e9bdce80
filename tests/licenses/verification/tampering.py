"""What may be done to a database behind the service's back: by its roles, and by a superuser."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

from audits import context as minting
from audits import grants, store, verification
from audits.codec import Recorded, leaf_hash, registry
from audits.kernel import Actor, Context, Event
from audits.reading import decode
from tests.support.world import logged_in

INSERT: Final = "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%s, %s)"


def run(statement: str, *values: Any) -> int:
    """Run a statement; tell how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetch(statement: str, *values: Any) -> Any:
    """Read one value."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        [(value,)] = cursor.fetchall()
    return value


def as_role(role: str, statement: str, *values: Any) -> None:
    """Run a statement as an application role; it must change exactly one row, for good."""
    with logged_in(role):
        assert run(statement, *values) == 1
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def guards_lifted(*tables: str) -> Iterator[None]:
    """Do what only a superuser can do, and leave no trace of how."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    before = {
        (table, name): state
        for table in tables
        for name, state in _triggers(table)
        if not name.startswith("RI_")
    }
    for table in tables:
        run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    for table in tables:
        run(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    for (table, name), state in before.items():
        if state == "A":
            run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    run("SET CONSTRAINTS ALL DEFERRED")


def _triggers(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = %s::regclass", [table]
        )
        return list(cursor.fetchall())


def as_superuser(table: str, statement: str, *values: Any) -> None:
    """Change exactly one row of a guarded table in spite of its guards."""
    with guards_lifted(table):
        assert run(statement, *values) == 1


def rewrite(event: Recorded[Any], data: Any) -> None:
    """Let a superuser have an event say something else, with the hash that fits."""
    content = registry.encode(msgspec.structs.replace(event, data=data))
    as_superuser(
        "audits_event",
        "UPDATE audits_event SET canonical = %s, leaf_hash = %s WHERE event_id = %s",
        content,
        leaf_hash(content),
        event.event_id,
    )


def events(stream_id: UUID) -> list[Recorded[Any]]:
    """Read a stream as it is stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT canonical FROM audits_event WHERE stream_id = %s ORDER BY version", [stream_id]
        )
        return [decode(bytes(content)) for (content,) in cursor.fetchall()]


def latest(stream_id: UUID, kind: type[Event]) -> Recorded[Any]:
    """Find the last event of a kind in a stream."""
    return [event for event in events(stream_id) if isinstance(event.data, kind)][-1]


def drafts(
    *happened: tuple[str, UUID, Event], actor: Actor, command: str, **envelope: Any
) -> list[Recorded[Any]]:
    """Seal events (aggregate, stream, event) as one command would, now, at their next version."""
    context = Context(actor=actor, now=minting.database_now(), command_id=minting.new_id())
    made: list[store.Draft] = []
    for aggregate, stream_id, event in happened:
        here = sum(each.stream_id == stream_id for each in made)
        version = len(events(stream_id)) + here + 1
        made.append(store.Draft(aggregate, stream_id, version, event))
    sealed = store.seal(made, context, store.Cause(command, "0" * 64))
    return [msgspec.structs.replace(each, **envelope) for each in sealed]


def insert(role: str | None, recorded: Sequence[Recorded[Any]]) -> None:
    """Write events into the journal as an application role can: any bytes with their hash.

    role None: as the test's own login, which is none of the service's.
    """
    with logged_in(role) if role else nullcontext():
        for each in recorded:
            content = registry.encode(each)
            run(INSERT, content, leaf_hash(content))


def forge(
    *happened: tuple[str, UUID, Event],
    actor: Actor,
    command: str,
    role: str | None = grants.WEB,
    **envelope: Any,
) -> list[Recorded[Any]]:
    """Forge the events of one command and write them as a role."""
    recorded = drafts(*happened, actor=actor, command=command, **envelope)
    insert(role, recorded)
    return recorded


def found(check: str) -> tuple[str | None, list[str]]:
    """Run one check; give the first kind of difference and its subjects."""
    report = verification.verify(only=(check,))
    return report.kind, [difference.subject for difference in report.differences]


def names(check: str, kind: str, *subjects: object) -> None:
    """Expect a check to find exactly these subjects to differ in this one way."""
    report = verification.verify(only=(check,))
    assert report.kind == kind, report
    named = sorted(difference.subject for difference in report.differences)
    assert len(named) == len(subjects), report.differences
    for subject in subjects:
        assert any(str(subject) in each for each in named), (subject, report.differences)
