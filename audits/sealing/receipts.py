"""Signed receipts: what the service owes to whoever gave a command.

A receipt is a C2SP signed note. Its text is the name of the receipts' key and one line of canonical
JSON: the command, its events with their leaf hashes, and within how many seconds of `recorded_at` they
are in a checkpoint. Whoever holds one, and a checkpoint of later than that without the event, holds
the proof that it was left out.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

from audits import context as minting
from audits.codec import canonical
from audits.differences import Check, Difference, Look
from audits.reading import EventReceipt, Receipt
from audits.sealing.note import (
    Note,
    NoteError,
    SigningKey,
    VerifierKey,
    parse,
    parse_verifier_key,
    sign,
    verify,
)
from audits.sealing.record import current

WITHIN_S: Final = 60
"""Seconds from the record of an event until a checkpoint has it."""

_SEALED: Final = """
    SELECT e.leaf_hash, l.log_index,
           (SELECT min(c.signed_at) FROM audits_checkpoint c WHERE c.size > l.log_index),
           (SELECT max(c.signed_at) FROM audits_checkpoint c)
    FROM audits_event e LEFT JOIN audits_log l USING (event_id) WHERE e.event_id = %s
"""


class Promise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a receipt says."""

    checkpoint_within_s: int
    command_id: UUID
    events: tuple[EventReceipt, ...]


class SignedReceipt(Receipt, frozen=True, kw_only=True):
    """The answer to an accepted command, and the same as a signed note, to be kept."""

    note: str
    """C2SP signed note: what proves the promise to others."""


def signed(receipt: Receipt, key: SigningKey) -> SignedReceipt:
    """Sign a receipt; the same receipt gives the same bytes."""
    promise = Promise(
        checkpoint_within_s=WITHIN_S, command_id=receipt.command_id, events=receipt.events
    )
    text = f"{key.name}\n{canonical(promise).decode()}\n"
    return SignedReceipt(
        command_id=receipt.command_id,
        stream_id=receipt.stream_id,
        version=receipt.version,
        events=receipt.events,
        note=bytes(Note(text, (sign(text, key),))).decode(),
    )


def opened(note: bytes, keys: Iterable[VerifierKey]) -> Promise:
    """Read a receipt that one of these keys signed; NoteError, `receipt_malformed` among others."""
    found = parse(note)
    [verified, *_] = verify(found, keys)
    name, _, line = found.text.partition("\n")
    try:
        promise = msgspec.json.decode(line, type=Promise)
    except msgspec.DecodeError as error:
        raise NoteError("receipt_malformed", str(error)) from error
    if name != verified.key.name:
        raise NoteError("receipt_malformed", "its first line is not the name of its key")
    return promise


def broken_promises(promise: Promise, *, now: datetime) -> Iterator[Difference]:
    """Compare a receipt with the journal: each event is there, as said, and was sealed in time.

    now: database time; before the time that was promised nothing can be amiss.
    """
    for event in promise.events:
        due_at = event.recorded_at + timedelta(seconds=promise.checkpoint_within_s)
        found = _amiss(event, _sealed(event.event_id), due_at, now)
        if found is not None:
            kind, detail = found
            yield Difference(kind=kind, subject=f"event {event.event_id}", detail=detail)


class _Kept(msgspec.Struct):
    note: str


def check_of(path: Path) -> Check:
    """Make a check of the receipts in a file: answers of commands, one JSON object a line."""

    def check(look: Look) -> Iterator[Difference]:
        lines = path.read_bytes().splitlines()
        look.expect(len(lines))
        keys = [parse_verifier_key(key) for key in current().receipt_keys]
        now = minting.database_now()
        for number, line in enumerate(lines, start=1):
            try:
                note = msgspec.json.decode(line, type=_Kept).note
                yield from broken_promises(opened(note.encode(), keys), now=now)
            except (NoteError, msgspec.DecodeError) as error:
                yield Difference(
                    kind="receipt_not_ours", subject=f"line {number}", detail=str(error)
                )
            look.done()

    return check


def _amiss(
    event: EventReceipt, row: tuple[Any, ...] | None, due_at: datetime, now: datetime
) -> tuple[str, str] | None:
    if row is None:
        return "receipt_without_event", "the journal has no such event"
    leaf_hash, log_index, sealed_at, last_at = row
    if bytes(leaf_hash).hex() != event.leaf_hash:
        return "receipt_differs", f"the receipt says {event.leaf_hash}"
    if (sealed_at or now) <= due_at:
        return None
    when = "no checkpoint has it" if sealed_at is None else f"sealed at {sealed_at.astimezone(UTC)}"
    place = "no log index" if log_index is None else f"log index {log_index}"
    return "receipt_broken", f"due at {due_at}; {when}, {place}, last checkpoint at {last_at}"


def _sealed(event_id: UUID) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [event_id])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
