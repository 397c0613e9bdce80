"""What decisions on a shipment know beyond its own stream. Pure."""

from uuid import UUID

from audits.kernel import Facts, Value
from customers.domain.values import Country, LongText
from licenses.domain.application.values import Currency
from licenses.domain.lab_test.report import Serial
from licenses.domain.license.state import Active, LicenseState, NotGranted, Suspended
from licenses.domain.license.terms import LicensedLine, LicenseNumber
from licenses.domain.policy.model import EditionName, FilingRule, Moment, Verdict


class LicenseBasis(Value):
    """What a license says of one of its lines."""

    license_number: LicenseNumber
    exporter_id: UUID
    in_force: bool
    """Neither revoked nor recorded as expired or exhausted; it may be suspended."""
    expires_at: Moment
    line: LicensedLine
    quantity_left: int
    party_ids: tuple[UUID, ...]
    currency: Currency
    destination_country: Country
    end_use: LongText


def basis_of(state: LicenseState, line: int) -> LicenseBasis | None:
    """Read off a license what a shipment under one line needs; None where there is no such line."""
    if isinstance(state, NotGranted):
        return None
    grant, terms = state.grant, state.grant.terms
    licensed = grant.line(line)
    if licensed is None:
        return None
    return LicenseBasis(
        license_number=grant.license_number,
        exporter_id=terms.exporter_id,
        in_force=isinstance(state, Active | Suspended),
        expires_at=terms.expires_at,
        line=licensed,
        quantity_left=licensed.quantity - grant.drawn(line).quantity,
        party_ids=tuple(party.customer_id for party in terms.parties),
        currency=terms.currency,
        destination_country=terms.destination_country,
        end_use=terms.end_use,
    )


class RequestFacts(Facts):
    """For the request."""

    basis: LicenseBasis | None
    """None: the license or the line does not exist."""
    taken_serials: tuple[Serial, ...] = ()
    """Those asked for that have shipped, or are in another open shipment."""
    edition: EditionName


class ExportFacts(Facts):
    """For the export filing."""

    rule: FilingRule
    edition: EditionName
    is_itn_taken: bool = False
    """Another shipment was filed under this number."""


class AssessmentFacts(Facts):
    """For the clearance: the twelve verdicts of this moment."""

    verdicts: tuple[Verdict, ...]
    edition: EditionName


class DispatchFacts(AssessmentFacts):
    """For the dispatch: the verdicts count what is to leave, not what was requested."""

    tested_serials: tuple[Serial, ...] | None
    """The lot that the certificate covers; None where the edition asks for no test."""
    shipped_serials: tuple[Serial, ...] = ()
    """Those to leave that have left before."""
