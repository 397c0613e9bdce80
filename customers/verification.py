"""What verification asks of customers: approvals by two people, lists as they were imported.

The checks that need no knowledge of an app (read models, authority) are added here, too: they look
at the whole journal, whichever apps there are.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from audits import guards, replay, verification
from audits.differences import Difference, Look
from audits.verification.authority import authority_check
from audits.verification.four_eyes import Pair, four_eyes_check
from audits.verification.read_models import read_models_check
from customers.domain import customer, erasure, legal_hold, screening_list
from customers.domain.customer.events import (
    ApprovalProposed,
    CustomerApproved,
    HitAdjudicated,
    HitReleased,
)
from customers.domain.erasure.events import ErasureRequested, PersonalDataErased
from customers.domain.legal_hold.events import LegalHoldLifted, LiftingProposed
from customers.domain.screening.entries import entry_from, names_of
from customers.domain.screening.normalizing import normalize

CUSTOMER: Final = customer.DECIDER.aggregate
LISTS: Final = screening_list.DECIDER.aggregate

PAIRS: Final = (
    Pair(
        aggregate=CUSTOMER,
        proposes=ApprovalProposed,
        confirms=(CustomerApproved,),
        said=lambda approved: (approved.proposed_by, approved.by),
        agrees=lambda proposed, approved: (
            (proposed.party_version, proposed.expires_at)
            == (approved.party_version, approved.expires_at)
        ),
    ),
    Pair(
        aggregate=CUSTOMER,
        proposes=HitAdjudicated,
        confirms=(HitReleased,),
        said=lambda released: (None, released.by),
        subject=lambda event: getattr(event, "hit_id", None),
    ),
)

_SNAPSHOT: Final = """
    SELECT id, rows, entries, names FROM customers_list_snapshot WHERE sha256 = %s
"""
_CONTENTS: Final = """
    SELECT e.id, e.line, e.entry_id, e.entry_hash, e.source, e.kind, e.name, e.programs, e.raw,
           array_agg(n.name ORDER BY n.id) FILTER (WHERE n.id IS NOT NULL),
           array_agg(n.normalized ORDER BY n.id) FILTER (WHERE n.id IS NOT NULL)
    FROM customers_list_entry e LEFT JOIN customers_list_name n ON n.entry_id = e.id
    WHERE e.snapshot_id = %s AND e.id > %s GROUP BY e.id ORDER BY e.id LIMIT %s
"""


HOLDS: Final = (
    Pair(
        aggregate=legal_hold.DECIDER.aggregate,
        proposes=LiftingProposed,
        confirms=(LegalHoldLifted,),
        said=lambda lifted: (lifted.proposed_by, lifted.by),
        subject=lambda event: getattr(event, "matter", None),
    ),
    Pair(
        aggregate=erasure.DECIDER.aggregate,
        proposes=ErasureRequested,
        confirms=(PersonalDataErased,),
        said=lambda erased: (erased.requested_by, erased.by),
        agrees=lambda requested, erased: (
            (requested.holder_id, requested.reason) == (erased.holder_id, erased.reason)
        ),
    ),
)
_DESTROYED: Final = """
    SELECT subject_id, holder_id, encode(key_sha256, 'hex'), destroyed_at FROM audits_subject_key
    WHERE destroyed_at IS NOT NULL AND subject_id > %s ORDER BY subject_id LIMIT %s
"""
_KEY: Final = "SELECT destroyed_at FROM audits_subject_key WHERE subject_id = %s"


class Stored(NamedTuple):
    """An entry of a list as its rows are."""

    id: int
    line: int
    entry_id: str
    entry_hash: str
    source: str
    kind: str
    name: str
    programs: str
    """JSON text, as is `raw`."""
    raw: str
    names: list[str] | None
    normalized: list[str] | None


def register() -> None:
    """Add the checks to those that verification runs; name the triggers that guard lists."""
    for table in ("customers_list_snapshot", "customers_list_entry", "customers_list_name"):
        guards.expect(table, f"{table}_immutable", f"{table}_no_truncate")
    verification.add_check("authority", authority_check)
    verification.add_check("read_models", read_models_check)
    verification.add_check("customer_approvals", four_eyes_check(PAIRS))
    verification.add_check("screening_lists", lists_check)
    verification.add_check("holds_and_erasures", four_eyes_check(HOLDS))
    verification.add_check("erased_keys", erased_keys_check)


def erased_keys_check(look: Look) -> Iterator[Difference]:
    """Ask that every key whose end is on record is gone, and that no other is."""
    look.expect(replay.count([erasure.DECIDER.aggregate]))
    erased: dict[UUID, tuple[Any, ...]] = {}
    for event in replay.events_of([erasure.DECIDER.aggregate]):
        if isinstance(event.data, PersonalDataErased):
            data = event.data
            erased[event.stream_id] = (data.holder_id, data.key_sha256, event.recorded_at)
            if (_one(_KEY, event.stream_id) or (None,))[0] is None:
                detail = "its erasure is on record, and its key is still there"
                yield _about_subject(event.stream_id, "key_not_destroyed", detail)
        look.done()
    for page in replay.pages(_DESTROYED, [], after=(UUID(int=0),)):
        for subject_id, *found in page:
            if erased.get(subject_id) != tuple(found):
                detail = "its key is gone, and no event of an erasure says so"
                yield _about_subject(subject_id, "key_destroyed_unrecorded", detail)


def _about_subject(subject_id: UUID, kind: str, detail: str) -> Difference:
    return Difference(kind=kind, subject=f"subject {subject_id}", detail=detail)


def lists_check(look: Look) -> Iterator[Difference]:
    """Compare the rows of every imported list with its event and with what was published."""
    look.expect(replay.count([LISTS]))
    for event in replay.events_of([LISTS]):
        imported = event.data
        subject = f"list {imported.sha256}"
        stated = (imported.rows, imported.entries, imported.names)
        row = _one(_SNAPSHOT, imported.sha256)
        if row is None:
            yield Difference(kind="list_missing", subject=subject, detail="no rows of it are left")
        else:
            yield from _content_differences(row[0], row[1:], stated, subject)
        look.done()


def _content_differences(
    snapshot_id: int, counted: tuple[int, ...], stated: tuple[int, ...], subject: str
) -> Iterator[Difference]:
    entries = names = 0
    for page in replay.pages(_CONTENTS, [snapshot_id], after=(0,)):
        for stored in map(Stored._make, page):
            entries += 1
            names += len(stored.names or ())
            if not _is_as_published(stored):
                detail = "not what its published columns say"
                where = f"{subject} line {stored.line}"
                yield Difference(kind="list_entry_wrong", subject=where, detail=detail)
    if (counted, (entries, names)) != (stated, stated[1:]):
        detail = (
            f"imported {stated[0]} rows, {stated[1]} entries, {stated[2]} names;"
            f" the snapshot says {counted}, there are {entries} entries and {names} names"
        )
        yield Difference(kind="list_count_wrong", subject=subject, detail=detail)


def _is_as_published(stored: Stored) -> bool:
    """Read the entry again from the columns as published."""
    entry = entry_from(msgspec.json.decode(stored.raw), stored.line)
    names = list(names_of(entry))
    return (
        (entry.entry_id, entry.entry_hash, entry.source, entry.kind, entry.name)
        == (stored.entry_id, stored.entry_hash, stored.source, stored.kind, stored.name)
        and list(entry.programs) == msgspec.json.decode(stored.programs)
        and names == stored.names
        and [normalize(name) for name in names] == stored.normalized
    )


def _one(query: str, *values: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
