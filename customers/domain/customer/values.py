"""What is held on a customer. Pure."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.kernel import Value
from customers.domain.hits import MAX_HITS, Adjudication, Hit, PerMille
from customers.domain.party import Party
from customers.domain.values import (
    Country,
    Description,
    Document,
    LongText,
    Moment,
    PersonName,
    Sha256,
    ShortText,
)

EditionName = ShortText
PartyVersion = Annotated[int, msgspec.Meta(ge=1)]
"""Counts the versions of the party's own description, from 1."""


class RemoteEndUser(Value):
    """Somebody who uses the goods over a network, from elsewhere."""

    name: PersonName
    country: Country


class Certification(Value):
    """The end user's signed statement on the end use (91 FR 1684; 15 CFR 744.21, 744.22)."""

    end_use: LongText
    civilian_end_use: bool
    no_military_end_use: bool
    no_military_end_user: bool
    """Neither the military nor military intelligence uses the goods or has them used."""
    remote_end_users: Annotated[tuple[RemoteEndUser, ...], msgspec.Meta(max_length=32)]
    remote_end_users_complete: bool
    """There are no other remote end users than those disclosed."""
    signed_by: PersonName
    signed_on: date
    document: Document
    """The signed statement."""


class MeasureKind(StrEnum):
    """What a security measure protects."""

    PHYSICAL_SECURITY = "physical_security"
    CYBER_SECURITY = "cyber_security"
    REMOTE_ACCESS_KYC = "remote_access_kyc"
    """Knows every customer who is given remote access."""


REQUIRED_MEASURES: Final = tuple(MeasureKind)
"""An approval needs a proof of each."""


class SecurityMeasure(Value):
    """A security measure with its proof."""

    kind: MeasureKind
    description: Description
    document: Document


class Screening(Value):
    """The result of comparing every name of one version of a party with one list."""

    party_version: PartyVersion
    list_sha256: Sha256
    """The snapshot of the list."""
    algorithm: ShortText
    algorithm_version: Annotated[int, msgspec.Meta(ge=1)]
    threshold_per_mille: PerMille
    hits: Annotated[tuple[Hit, ...], msgspec.Meta(max_length=MAX_HITS)] = ()


class Proposal(Value):
    """An approval that waits for a second officer. Any change of the file voids it."""

    expires_at: Moment
    by: UUID


class Approval(Value):
    """An approval in force until `expires_at`, that moment excluded."""

    expires_at: Moment
    proposed_by: UUID
    confirmed_by: UUID
    edition: EditionName


class CustomerFile(Value):
    """Everything known of a live customer."""

    exporter_id: UUID
    party: Party
    party_version: PartyVersion
    certification: Certification | None = None
    measures: tuple[SecurityMeasure, ...] = ()
    screening: Screening | None = None
    """Of this version of the party; None: not screened since the last change."""
    adjudications: tuple[Adjudication, ...] = ()
    """Of this version of the party; outlives a screening, so that a release lasts."""
    proposal: Proposal | None = None


class Bar(StrEnum):
    """How a customer came to be barred."""

    REJECTED = "rejected"
    REVOKED = "revoked"


class SuspensionCause(StrEnum):
    """Why an approval ended before its time without being revoked."""

    NEW_HIT = "new_hit"
    AMENDED = "amended"
    RECERTIFIED = "recertified"
    SECURITY_CHANGED = "security_changed"
