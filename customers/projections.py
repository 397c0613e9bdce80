"""Read models of customers: state → row."""

from typing import Any, Final

from audits.execution import house
from audits.projection import Columns, Projection, projections, projector
from customers.domain import customer, erasure, legal_hold, screening_list
from customers.domain.customer.standing import open_hits
from customers.domain.customer.state import Approved
from customers.domain.legal_hold.state import matters_of
from customers.models import CustomerRow, ErasureRow, LegalHoldRow, ScreeningListRow


def customer_columns(state: Any) -> Columns:
    """Show who it is and where it stands."""
    file = state.file
    return {
        "exporter_id": file.exporter_id,
        "name": file.party.name,
        "native_name": file.party.native_name,
        "country": file.party.address.country,
        "party_version": file.party_version,
        "open_hits": len(open_hits(file)),
        "list_sha256": file.screening.list_sha256 if file.screening else None,
        "approved_until": state.approval.expires_at if isinstance(state, Approved) else None,
    }


def screening_list_columns(state: Any) -> Columns:
    """Show which list is in use."""
    return {"sha256": state.sha256, "fetched_at": state.fetched_at, "entries": state.entries}


def legal_hold_columns(state: Any) -> Columns:
    """Show what is held, and for what."""
    matters = [matter.name for matter in matters_of(state)]
    return {"target_id": state.target_id, "matters": matters}


def erasure_columns(state: Any) -> Columns:
    """Show which thing names the person."""
    return {"holder_id": state.holder_id}


PROJECTIONS: Final = (
    Projection(customer.DECIDER, CustomerRow, customer_columns),
    Projection(screening_list.DECIDER, ScreeningListRow, screening_list_columns),
    Projection(legal_hold.DECIDER, LegalHoldRow, legal_hold_columns),
    Projection(erasure.DECIDER, ErasureRow, erasure_columns),
)


def register() -> None:
    """Write a row with every event."""
    for projection in PROJECTIONS:
        projections[projection.decider.aggregate] = projection
        house.projectors[projection.decider.aggregate] = projector(projection)
