"""Which later events refer to something, looked up: `audits_reference`, filled from the log off the append path.

Its rows lead to events and decide nothing: what they lead to is read and judged again. Whatever of the log
has no rows yet is read instead, so that an answer never waits for them. `verify` compares them with the log.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from audits import replay
from audits.differences import Difference, Look
from audits.lineage.sources import references_of
from audits.past import moments
from audits.past.moments import Moment
from audits.statements import run

PAGE_SIZE: Final = 1_000
"""Events whose references are written together."""
MARK: Final = UUID(int=0)
"""Names nothing: its rows say how far the log was read."""
REPAIR: Final = "the owner may TRUNCATE audits_reference: a worker fills it again"

LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('audits.lineage.references', 0))"
_KNOWN: Final = "SELECT coalesce(max(log_index), -1) FROM audits_reference WHERE named = %s"
_WRITE: Final = """
    INSERT INTO audits_reference (named, log_index) SELECT * FROM unnest(%b::uuid[], %b::bigint[])
"""
_NAMING: Final = """
    SELECT DISTINCT r.log_index
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS asked (named, after, until)
    JOIN audits_reference r
        ON r.named = asked.named AND r.log_index > asked.after AND r.log_index <= asked.until
    ORDER BY r.log_index
"""
_ALL: Final = """
    SELECT log_index, named FROM audits_reference WHERE named <> %s ORDER BY log_index, named
"""


class Asked(NamedTuple):
    """What events are looked for: those that name something, between two places of the log."""

    named: UUID
    after: int
    until: int
    """The last place that counts."""


def known_until() -> int:
    """Tell up to which log index references are known; -1: of nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [MARK])
        [(known,)] = cursor.fetchall()
    return int(known)


def naming(asked: Iterable[Asked]) -> list[int]:
    """List the log indexes of the events that are asked for, in their order."""
    columns = [list(column) for column in zip(*asked, strict=True)]
    if not columns:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NAMING, columns)
        return [log_index for (log_index,) in cursor.fetchall()]


def catch_up() -> int:
    """Write the references of one page of the log; return of how many events: 0 at its end.

    Of two at once one does it, and the other nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        [(is_alone,)] = cursor.fetchall()
        if not is_alone:
            return 0
        known = known_until()
        until = min(known + PAGE_SIZE, moments.last_index())
        found = list(_references(known, until))
        if until > known:
            _write([*found, (until, MARK)])
    return until - known


def _references(after: int, until: int) -> Iterator[tuple[int, UUID]]:
    for place, recorded in moments.between(Moment(log_index=after), Moment(log_index=until)):
        for each in sorted(references_of(recorded)):
            yield place, each


def _write(found: list[tuple[int, UUID]]) -> None:
    run(_WRITE, [[each for _, each in found], [place for place, _ in found]])


def references_check(look: Look) -> Iterator[Difference]:
    """Compare every reference that is written with the events, as far as the log was read."""
    known, last = known_until(), moments.last_index()
    look.expect(known + 1)
    if known > last:
        detail = f"they are said to be known up to {known}; the log ends at {last}; {REPAIR}"
        yield Difference(kind="reference_mark_wrong", subject="references", detail=detail)
    expected = _references(-1, known)
    for should, has in replay.merged(expected, _written(), key=lambda pair: pair):
        if should is None and has is not None:
            yield _difference("reference_added", has, "a row says so, and the event names no such")
        elif has is None and should is not None:
            yield _difference("reference_missing", should, "the event names it, and no row says so")
    look.done(known + 1)


def _written() -> Iterator[tuple[int, UUID]]:
    """Read all rows in log order from the server, some thousands at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ALL, [MARK])
        while rows := cursor.fetchmany(PAGE_SIZE):
            yield from rows


def _difference(kind: str, pair: tuple[int, UUID], detail: str) -> Difference:
    place, each = pair
    return Difference(kind=kind, subject=f"log index {place}", detail=f"{each}: {detail}; {REPAIR}")
