"""What happens to a license. Pure."""

from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import Document, LongText
from licenses.domain.application.values import LineNumber, Quantity
from licenses.domain.license.terms import LicenseNumber, LineBalance, Terms
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import EditionName, Moment, Percent, Verdict


class LicenseGranted(Event):
    """The license exists from now on, under its own number."""

    license_number: LicenseNumber
    terms: Terms
    value_tolerance_percent: Percent
    """By how much the value of a line may be exceeded until its full quantity has shipped."""
    edition: EditionName


class ProvisosAcknowledged(Event):
    """The holder acknowledged these provisos; none of them was before."""

    proviso_ids: tuple[str, ...]
    letter: Document | None
    by: UUID


class LicenseSuspended(Event):
    """Nothing ships under the license until it is reinstated."""

    reason: LongText
    edition: EditionName | None
    by: UUID


class LicenseReinstated(Event):
    """The license may ship again; the verdicts say why."""

    reason: LongText
    by: UUID
    edition: EditionName
    verdicts: tuple[Verdict, ...]


class RevocationProposed(Event):
    """An officer proposed to revoke, having version `on_version` before them."""

    reason: LongText
    on_version: int
    by: UUID


class LicenseRevoked(Event):
    """A second officer confirmed: the license ended; `left` is what it had not shipped."""

    reason: LongText
    on_version: int
    proposed_by: UUID
    confirmed_by: UUID
    left: tuple[LineBalance, ...]
    edition: EditionName


class LicenseExpired(Event):
    """The license ran out; `left` is what it had not shipped."""

    expires_at: Moment
    left: tuple[LineBalance, ...]


class LicenseDrawnDown(Event):
    """A shipment used quantity and value; `seen` is what was drawn from the line before it."""

    shipment_id: UUID
    line: LineNumber
    quantity: Quantity
    value_cents: PositiveCents
    seen: LineBalance


class LicenseExhausted(Event):
    """The last unit of the last line has shipped."""

    shipment_id: UUID


LicenseEvent: TypeAlias = (
    LicenseGranted
    | ProvisosAcknowledged
    | LicenseSuspended
    | LicenseReinstated
    | RevocationProposed
    | LicenseRevoked
    | LicenseExpired
    | LicenseDrawnDown
    | LicenseExhausted
)
