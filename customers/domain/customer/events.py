"""What happened to a customer."""

from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.customer.values import (
    Certification,
    EditionName,
    PartyVersion,
    Screening,
    SecurityMeasure,
    SuspensionCause,
)
from customers.domain.hits import Disposition
from customers.domain.party import Party
from customers.domain.values import LongText, Moment, Sha256, ShortText


class CustomerRegistered(Event):
    """An exporter introduced the party: its version 1."""

    exporter_id: UUID
    """The organization whose customer it is."""
    party: Party


class CustomerAmended(Event):
    """The party was described anew: screening, adjudications and proposal are void."""

    party: Party
    party_version: PartyVersion
    changed: tuple[ShortText, ...]
    """The fields of the party that differ."""
    certification_voided: bool
    measures_voided: bool


class EndUseCertified(Event):
    """The end user's certification came in, for this version of the party."""

    party_version: PartyVersion
    certification: Certification


class SecurityProven(Event):
    """Proofs of security measures came in, for this version of the party."""

    party_version: PartyVersion
    measures: tuple[SecurityMeasure, ...]


class CustomerScreened(Event):
    """Every name of the party was compared with a list."""

    screening: Screening


class HitAdjudicated(Event):
    """An officer decided what a hit is."""

    hit_id: UUID
    disposition: Disposition
    reason: LongText
    by: UUID


class HitReleased(Event):
    """A second officer agreed: the hit blocks no longer, for this party and entry version."""

    hit_id: UUID
    reason: LongText
    by: UUID


class ApprovalProposed(Event):
    """An officer would approve the customer."""

    party_version: PartyVersion
    expires_at: Moment
    reason: LongText
    by: UUID
    edition: EditionName
    list_sha256: Sha256
    """The list that the party was screened against, the newest at that moment."""


class CustomerApproved(Event):
    """A second officer approved the customer: it may be dealt with before `expires_at`."""

    party_version: PartyVersion
    expires_at: Moment
    proposed_by: UUID
    by: UUID
    edition: EditionName
    list_sha256: Sha256


class CustomerRejected(Event):
    """The customer was refused for good."""

    reason: LongText
    by: UUID


class ApprovalRevoked(Event):
    """The approval was taken back for good."""

    reason: LongText
    by: UUID


class ApprovalExpired(Event):
    """The approval had run out."""

    expired_at: Moment
    """The moment from which there was none: not when it was noticed."""


class ApprovalSuspended(Event):
    """The approval ended because its grounds changed; two officers may give a new one."""

    cause: SuspensionCause
    hit_ids: tuple[UUID, ...] = ()
    """For a new hit: the hits."""


CustomerEvent: TypeAlias = (
    CustomerRegistered
    | CustomerAmended
    | EndUseCertified
    | SecurityProven
    | CustomerScreened
    | HitAdjudicated
    | HitReleased
    | ApprovalProposed
    | CustomerApproved
    | CustomerRejected
    | ApprovalRevoked
    | ApprovalExpired
    | ApprovalSuspended
)
