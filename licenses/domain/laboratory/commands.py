"""What can be asked of a laboratory."""

from uuid import UUID

from audits.kernel import Command
from customers.domain.values import Country, LongText, ShortText
from licenses.domain.laboratory.events import Countries, Interests, Sites
from licenses.domain.laboratory.keys import KeyId, PublicKeyText


class AccreditLaboratory(Command):
    """Admit an independent laboratory and the key that it signs with."""

    organization_id: UUID
    """The organization whose people act for it."""
    name: ShortText
    headquarters_country: Country
    control_countries: Countries
    """Where capital that controls it comes from; empty when nobody controls it."""
    financial_interests: Interests
    """What it declares; an accredited laboratory has none."""
    sites: Sites
    """Where it tests."""
    public_key: PublicKeyText


class RotateLaboratoryKey(Command):
    """Replace the signing key."""

    public_key: PublicKeyText
    replaces_key_id: KeyId


class ProposeDisqualification(Command):
    """Propose to end the accreditation."""

    reason: LongText


class ConfirmDisqualification(Command):
    """Confirm, as a second officer, the proposal with exactly this reason."""

    reason: LongText
