"""What happens to a laboratory's accreditation."""

from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Event, Value
from customers.domain.values import Address, Country, FreeLine, LongText, PersonName, ShortText
from licenses.domain.laboratory.keys import KeyId, PublicKey
from licenses.domain.policy.model import EditionName


class FinancialInterest(Value):
    """A stake in, or an income from, a party to licensed exports."""

    party_name: PersonName
    nature: FreeLine


Countries = Annotated[tuple[Country, ...], msgspec.Meta(max_length=50)]
Sites = Annotated[tuple[Address, ...], msgspec.Meta(min_length=1, max_length=20)]
Interests = Annotated[tuple[FinancialInterest, ...], msgspec.Meta(max_length=50)]


class LaboratoryAccredited(Event):
    """An officer accredited a laboratory under an edition's testing rule."""

    organization_id: UUID
    name: ShortText
    headquarters_country: Country
    control_countries: Countries
    """Where capital that controls it comes from; empty when nobody controls it."""
    sites: Sites
    public_key: PublicKey
    key_id: KeyId
    edition: EditionName


class LaboratoryKeyRotated(Event):
    """The laboratory signs with a new key from now on; the old one no longer counts."""

    public_key: PublicKey
    key_id: KeyId
    replaced_key_id: KeyId


class DisqualificationProposed(Event):
    """An officer proposed to end the accreditation."""

    reason: LongText
    by: UUID


class LaboratoryDisqualified(Event):
    """A second officer confirmed; what relies on this laboratory stops."""

    reason: LongText
    proposed_by: UUID
    by: UUID


LaboratoryEvent = (
    LaboratoryAccredited | LaboratoryKeyRotated | DisqualificationProposed | LaboratoryDisqualified
)
