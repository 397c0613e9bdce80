"""What decisions on an allotment know beyond its own stream. Pure."""

from uuid import UUID

from audits.kernel import Facts
from licenses.domain.policy.model import Cap, EditionName, Positive


class AllotmentFacts(Facts):
    """Whose allotment it is, and the cap of the edition in force."""

    exporter_id: UUID
    product_id: UUID
    window: str
    """As `policy.volume.window` names it: a year, or `all_time`."""
    cap: Cap
    edition: EditionName
    tpp_per_unit: Positive
    """Whole TPP of the product, rounded up."""
    counted_elsewhere: bool = False
    """For a sale: its invoice or its evidence counts for this product in another allotment."""
