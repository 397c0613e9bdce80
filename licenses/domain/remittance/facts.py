"""What decisions on a remittance know beyond its own stream. Pure."""

from uuid import UUID

from audits.kernel import Facts


class AssessFacts(Facts):
    """What assessing must know beyond the remittance."""

    withheld_cents: int | None
    """What the escrow's release of this shipment credited to the treasury; None: no release."""


class ConfirmFacts(Facts):
    """What confirming must know beyond the remittance."""

    reference_used_by_shipment_id: UUID | None
    """The shipment whose remittance was confirmed with this reference (no dashes), if any."""


class ReconcileFacts(Facts):
    """The ledger's totals for this remittance (`licenses.domain.ledger.remittance_totals`)."""

    due_cents: int
    """Credited to the treasury."""
    paid_cents: int
    """Posted as paid to the treasury."""
    pending_cents: int
    """Instructed and neither confirmed nor returned."""
