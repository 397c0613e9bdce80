"""Events as clients see them: their envelope, their data as recorded, their leaf hash."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.api.declaring import PastPaging
from audits.api.pages import Cursor, Page, seal, unseal
from audits.codec import Recorded
from audits.kernel import Actor
from audits.models import EventRow
from audits.past.moments import Moment
from audits.unreadable import UNREADABLE, StoredEventUnreadable

ORDERING: Final = "version"


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream."""

    event_id: UUID
    type: str
    version: int
    schema_version: int
    recorded_at: datetime
    actor: Actor
    on_behalf_of: UUID | None
    command: str
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    edition: str | None
    data: Annotated[msgspec.Raw, msgspec.Meta(description="The event's fields, as recorded.")]
    leaf_hash: str
    """SHA-256(0x00 || canonical bytes), lower-case hex."""


_decoder: Final = msgspec.json.Decoder(Recorded[msgspec.Raw])


def envelope_of(row: EventRow) -> Recorded[msgspec.Raw]:
    """Read an event's envelope; its data stays as recorded. Raises StoredEventUnreadable."""
    content = bytes(row.canonical)
    try:
        return _decoder.decode(content)
    except UNREADABLE as error:
        raise StoredEventUnreadable(content) from error


def entry_of(row: EventRow) -> HistoryEntry:
    """Show one event."""
    event = envelope_of(row)
    return HistoryEntry(
        event_id=event.event_id,
        type=event.type,
        version=event.version,
        schema_version=event.schema_version,
        recorded_at=event.recorded_at,
        actor=event.actor,
        on_behalf_of=event.on_behalf_of,
        command=event.command.name,
        command_id=event.command.id,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        edition=event.edition,
        data=event.data,
        leaf_hash=bytes(row.leaf_hash).hex(),
    )


def entries(stream_id: UUID, asked: PastPaging, at: Moment | None) -> Page:
    """Read one page of a stream's events, oldest first; of the past those that the log held."""
    after = 0
    if asked.cursor is not None:
        after = unseal(asked.cursor, ordering=ORDERING, keys=1).position()
    rows = EventRow.objects.filter(stream_id=stream_id, version__gt=after)
    if at is not None:
        rows = rows.filter(log_entry__log_index__lte=at.log_index)
    found = list(rows.order_by("version")[: asked.limit + 1])
    kept = found[: asked.limit]
    following = Cursor(ORDERING, "next", (str(kept[-1].version),)) if kept else None
    return Page(
        [entry_of(row) for row in kept],
        seal(following) if following and len(found) > asked.limit else None,
        None,
    )
