"""What decisions on a license know beyond its own stream. Pure."""

from audits.kernel import Facts
from licenses.domain.license.terms import LicenseNumber
from licenses.domain.policy.model import EditionName, LicenseRule, Verdict


class GrantFacts(Facts):
    """For the grant."""

    license_number: LicenseNumber
    """Fresh: used if the license is granted."""
    rule: LicenseRule
    edition: EditionName


class ReinstatementFacts(Facts):
    """For the reinstatement: the edition in force, and what its conditions say now."""

    edition: EditionName
    verdicts: tuple[Verdict, ...] = ()


class ProposalFacts(Facts):
    """For proposing a revocation: the version that the officer decides on, the edition in force."""

    version: int
    edition: EditionName


class RevocationFacts(Facts):
    """For confirming a revocation: the edition in force, which says what becomes of the money."""

    edition: EditionName
