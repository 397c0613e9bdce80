"""What decisions on an application know beyond its own stream. Pure."""

from uuid import UUID

from audits.kernel import Facts, Value
from licenses.domain.application.content import Gap, KnownCustomer
from licenses.domain.application.values import ControlNumber, LineNumber
from licenses.domain.policy.model import Citation, EditionName, LicenseRule, Verdict


class IneligibleLine(Value):
    """A line whose product the edition does not let through, or that is not registered."""

    line: LineNumber
    reason: str
    citation: Citation


class SubmitFacts(Facts):
    """For the submission."""

    control_number: ControlNumber
    """Fresh: used if the submission is accepted."""
    edition: EditionName
    customers: tuple[KnownCustomer, ...]
    """Those of the parties that are customers of this exporter."""
    ineligible: tuple[IneligibleLine, ...] = ()
    misdescribed: tuple[Gap, ...] = ()
    """What lines say of their product that its registration does not."""
    duplicate_of: UUID | None = None
    """A pending application of the same fingerprint, other than this one."""


class DecisionFacts(Facts):
    """For proposing and confirming a decision."""

    edition: EditionName
    verdicts: tuple[Verdict, ...] = ()
    """Needed to approve: at least those of `GRANT_CONDITIONS`."""


class ProposalFacts(DecisionFacts):
    """For proposing: also the version that the officer decides on, and the limits of a license."""

    version: int
    rule: LicenseRule
