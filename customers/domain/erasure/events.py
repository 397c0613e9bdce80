"""What happened to the data of one natural person. None of it says who that is."""

from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import LongText, Sha256


class ErasureRequested(Event):
    """Somebody asked for the data to be erased."""

    holder_id: UUID
    """The thing that names the person: a customer, a shipment, a login."""
    reason: LongText
    by: UUID


class ErasureDeclined(Event):
    """The request was turned down."""

    holder_id: UUID
    reason: LongText
    by: UUID


class PersonalDataErased(Event):
    """Another person approved, and the database destroyed the key as it took this event in."""

    holder_id: UUID
    key_sha256: Sha256
    """Fingerprint of the key that is gone."""
    reason: LongText
    requested_by: UUID
    by: UUID


ErasureEvent: TypeAlias = ErasureRequested | ErasureDeclined | PersonalDataErased
