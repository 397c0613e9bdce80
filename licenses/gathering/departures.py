"""Facts for shipments."""

from typing import Any
from uuid import UUID

from audits.execution import Desk
from audits.kernel import Facts
from audits.reading import Loaded
from licenses.domain import license, product, shipment
from licenses.domain.lab_test.state import Certified
from licenses.domain.shipment.commands import DispatchShipment, FileExport, RequestShipment
from licenses.domain.shipment.facts import (
    AssessmentFacts,
    DispatchFacts,
    ExportFacts,
    RequestFacts,
    basis_of,
)
from licenses.domain.shipment.state import ShipmentState
from licenses.editions import edition_in_force
from licenses.gathering import shipments
from licenses.gathering.common import common
from licenses.gathering.lookups import lookups, standing


def deal_of_license(desk: Desk, command: RequestShipment) -> UUID | None:
    """Name the deal that a shipment under a license belongs to."""
    loaded = desk.load(license.DECIDER, command.license_id)
    return loaded.recorded[0].correlation_id if loaded.recorded else None


def request_facts(
    desk: Desk, command: RequestShipment, loaded: Loaded[ShipmentState]
) -> RequestFacts:
    """Gather what the license says of the line, and which serial numbers are not free."""
    held = desk.load(license.DECIDER, command.license_id)
    basis = basis_of(held.state, command.line)
    if basis is None or basis.exporter_id != desk.context.actor.organization_id:
        basis = None  # another exporter's license does not exist for this one
    if basis is not None:  # whoever asks for units of it, or gives some up, waits for this request
        desk.load(product.DECIDER, basis.line.product_id, lock="write")
    return RequestFacts(
        **common(desk),
        basis=basis,
        taken_serials=_taken(desk, command.serials, loaded.stream_id),
        edition=edition_in_force(desk.context.now).name,
    )


def parting_facts(desk: Desk, _command: Any, loaded: Loaded[ShipmentState]) -> Facts:
    """Gather nothing; while units are given up, nobody asks for units of their product."""
    terms = getattr(loaded.state, "terms", None)
    if terms is not None:
        desk.load(product.DECIDER, terms.product_id)
    return Facts(**common(desk))


def _taken(desk: Desk, serials: tuple[str, ...], shipment_id: UUID) -> tuple[str, ...]:
    promised = lookups().promised_serials(desk, serials, but=shipment_id)
    return tuple(sorted(promised | set(lookups().shipped_serials(desk, serials))))


def export_facts(desk: Desk, command: FileExport, loaded: Loaded[ShipmentState]) -> ExportFacts:
    """Gather the filing rule in force and whether the number is taken."""
    edition = edition_in_force(desk.context.now)
    other = standing(
        desk,
        shipment.DECIDER,
        lambda: lookups().filed_under(desk, command.itn, but=loaded.stream_id),
    )
    return ExportFacts(
        **common(desk), rule=edition.filing, edition=edition.name, is_itn_taken=other is not None
    )


def assessment_facts(desk: Desk, _command: Any, loaded: Loaded[ShipmentState]) -> AssessmentFacts:
    """Judge the shipment as requested."""
    edition = edition_in_force(desk.context.now)
    basis = shipments.load_basis(desk, loaded, lock="share")
    verdicts = shipments.shipment_verdicts(desk, basis, edition, quantity=basis.terms.quantity)
    return AssessmentFacts(**common(desk), verdicts=verdicts, edition=edition.name)


def dispatch_facts(
    desk: Desk, command: DispatchShipment, loaded: Loaded[ShipmentState]
) -> DispatchFacts:
    """Judge what is to leave at this moment; whatever it rests on stands still meanwhile."""
    edition = edition_in_force(desk.context.now)
    basis = shipments.load_basis(desk, loaded, lock="write")
    quantity = len(command.serials)
    tested = basis.lab_test.state
    lot = tested.lot.serials if isinstance(tested, Certified) else ()
    return DispatchFacts(
        **common(desk),
        verdicts=shipments.shipment_verdicts(desk, basis, edition, quantity=quantity),
        edition=edition.name,
        tested_serials=lot if edition.testing.required else None,
        shipped_serials=lookups().shipped_serials(desk, command.serials),
    )
