"""Events as CloudEvents 1.0 has them, for programs of others."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.codec import Recorded
from audits.kernel import Role

SEQUENCE_DIGITS: Final = 19
TYPE_PREFIX: Final = "tollgate."
"""Before the wire name, in `type`."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as CloudEvents 1.0 has it; what is unknown is left out."""

    specversion: str = "1.0"
    id: UUID
    source: str
    """`urn:tollgate:<aggregate>`; with `id` it names the event."""
    type: str
    """`tollgate.<wire name>`."""
    subject: UUID
    """The stream."""
    time: datetime
    datacontenttype: str = "application/json"
    data: Annotated[msgspec.Raw, msgspec.Meta(description="The event's fields, as recorded.")]
    sequence: str | msgspec.UnsetType = msgspec.UNSET
    """Log index, padded with zeros so that it sorts; left out until the sequencer has been there."""
    streamversion: int
    schemaversion: int
    leafhash: str
    """SHA-256(0x00 || canonical bytes), lower-case hex."""
    command: str
    commandid: UUID
    correlationid: UUID
    causationid: UUID | msgspec.UnsetType = msgspec.UNSET
    personid: UUID
    organizationid: UUID
    role: Role
    onbehalfof: UUID | msgspec.UnsetType = msgspec.UNSET
    edition: str | msgspec.UnsetType = msgspec.UNSET


def cloud_event(event: Recorded[msgspec.Raw], digest: bytes, log_index: int | None) -> CloudEvent:
    """Show one event, whose leaf hash is `digest`, in CloudEvents form."""
    return CloudEvent(
        id=event.event_id,
        source=f"urn:tollgate:{event.aggregate}",
        type=TYPE_PREFIX + event.type,
        subject=event.stream_id,
        time=event.recorded_at,
        data=event.data,
        sequence=msgspec.UNSET if log_index is None else str(log_index).zfill(SEQUENCE_DIGITS),
        streamversion=event.version,
        schemaversion=event.schema_version,
        leafhash=digest.hex(),
        command=event.command.name,
        commandid=event.command.id,
        correlationid=event.correlation_id,
        causationid=event.causation_id or msgspec.UNSET,
        personid=event.actor.person_id,
        organizationid=event.actor.organization_id,
        role=event.actor.role,
        onbehalfof=event.on_behalf_of or msgspec.UNSET,
        edition=event.edition or msgspec.UNSET,
    )
