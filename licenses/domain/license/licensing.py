"""From an approved application to the terms of its license. Pure."""

from collections.abc import Mapping
from uuid import UUID

from licenses.domain.application.state import Approved
from licenses.domain.application.values import Item
from licenses.domain.license.terms import LicensedLine, Terms


def terms_of(
    application_id: UUID, approved: Approved, allotment_ids: Mapping[int, UUID | None]
) -> Terms:
    """Make the terms: the approved lines at the prices applied for.

    `allotment_ids` names for each approved line the allotment that holds its volume, None where
    no cap counts the destination; a line missing there is an error (KeyError).
    """
    filing, proposal = approved.filing, approved.proposal
    if proposal.expires_at is None:
        raise ValueError("an approval names its expiry")
    items = {item.line: item for item in filing.submission.items}
    lines = tuple(
        _line(items[part.line], part.quantity, allotment_ids[part.line])
        for part in proposal.quantities
    )
    return Terms(
        application_id=application_id,
        control_number=filing.control_number,
        exporter_id=filing.exporter_id,
        parties=filing.submission.parties,
        lines=lines,
        total_cents=sum(line.value_cents for line in lines),
        currency=filing.submission.currency,
        shipped_from_country=filing.submission.shipped_from_country,
        destination_country=filing.submission.destination_country,
        end_use=filing.submission.end_use,
        provisos=proposal.provisos,
        expires_at=proposal.expires_at,
    )


def _line(item: Item, quantity: int, allotment_id: UUID | None) -> LicensedLine:
    return LicensedLine(
        line=item.line,
        product_id=item.product_id,
        model=item.model,
        eccn=item.eccn,
        quantity=quantity,
        unit_price_cents=item.unit_price_cents,
        value_cents=quantity * item.unit_price_cents,
        allotment_id=allotment_id,
    )
