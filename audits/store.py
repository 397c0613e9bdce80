"""Appending to the journal: the only writer of events.

Appending is one round trip: the database derives every column from the canonical bytes, recomputes
the leaf hash, checks the version order and refuses what does not fit (migration 0002).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from django.db.utils import Error as DatabaseError

from audits import context as minting
from audits.codec import CommandRef, Recorded, WireType, leaf_hash, registry
from audits.kernel import Context, Event, WrongExpectedVersion
from audits.reading import EventReceipt, decode, receipt_of
from audits.statements import run

WRONG_VERSION: Final = "TG001"

_BEGIN: Final = "SELECT now, prior FROM audits_begin(%b)"
_APPEND_ONE: Final = "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%b, %b)"
_APPEND_MANY: Final = (
    "INSERT INTO audits_event (canonical, leaf_hash) SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
)


class CommandRepeated(Exception):
    """The command id is already in the journal: read its answer instead."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A command about to run: database time, and what an earlier run of it recorded."""

    now: datetime
    prior: tuple[Recorded[Any], ...]
    prior_bytes: tuple[bytes, ...]


def begin(command_id: UUID) -> Begun:
    """Wait for a running repeat of the command, then read the clock and its earlier events."""
    [(now, prior)] = run(_BEGIN, [command_id]).fetchall()
    return Begun(minting.utc(now), tuple(map(decode, prior)), tuple(prior))


def receipts_of(begun: Begun) -> list[EventReceipt]:
    """Give the receipts of an earlier run of the command again, from its bytes."""
    return [
        receipt_of(item, leaf_hash(content))
        for item, content in zip(begun.prior, begun.prior_bytes, strict=True)
    ]


class Draft(msgspec.Struct, frozen=True):
    """One event about to be appended."""

    aggregate: str
    stream_id: UUID
    version: int
    event: Event


@dataclass(frozen=True, slots=True)
class Cause:
    """The command behind drafts: its name and what it asked."""

    name: str
    fingerprint: str
    edition: str | None = None


def seal(drafts: Sequence[Draft], context: Context, cause: Cause) -> list[Recorded[Any]]:
    """Put drafts into envelopes: identity, actor, time, command, causation, policy edition."""
    return [
        _seal(draft, place, registry.wire_type(type(draft.event)), context, cause)
        for place, draft in enumerate(drafts)
    ]


def _seal(
    draft: Draft, place: int, wire: WireType, context: Context, cause: Cause
) -> Recorded[Any]:
    return Recorded(
        actor=context.actor,
        aggregate=draft.aggregate,
        causation_id=context.causation_id,
        command=CommandRef(
            fingerprint=cause.fingerprint, id=context.command_id, name=cause.name, ordinal=place
        ),
        correlation_id=context.correlation_id or context.command_id,
        data=draft.event,
        edition=getattr(draft.event, "edition", None) or cause.edition,
        event_id=minting.new_id(),
        on_behalf_of=context.on_behalf_of,
        recorded_at=context.now,
        schema_version=wire.schema_version,
        stream_id=draft.stream_id,
        type=wire.name,
        version=draft.version,
    )


def append(recorded: Sequence[Recorded[Any]]) -> list[EventReceipt]:
    """Append events in one round trip.

    Raises WrongExpectedVersion where somebody wrote to a stream first (or a version is skipped) and
    CommandRepeated where the command id is already there. The transaction is then unusable.
    """
    contents = [registry.encode(item) for item in recorded]
    hashes = [leaf_hash(content) for content in contents]
    try:
        if len(contents) == 1:
            run(_APPEND_ONE, [contents[0], hashes[0]])
        elif contents:
            run(_APPEND_MANY, [contents, hashes])
    except DatabaseError as error:
        refusal = _refusal(error, recorded)
        if refusal is None:
            raise
        raise refusal from error
    return [receipt_of(item, digest) for item, digest in zip(recorded, hashes, strict=True)]


def _refusal(error: DatabaseError, recorded: Sequence[Recorded[Any]]) -> Exception | None:
    """Say what a broken guard means; None for any other failure of the database."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error):
        return None
    first = recorded[0]
    constraint = cause.diag.constraint_name
    if constraint == "audits_event_command":
        return CommandRepeated(str(first.command.id))
    if constraint == "audits_event_version" or cause.sqlstate == WRONG_VERSION:
        return WrongExpectedVersion(first.stream_id, expected=first.version - 1, found=None)
    return None
