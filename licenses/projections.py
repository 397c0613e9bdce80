"""Read models of licensed exports: state → row, and the guarded rows that events move."""

from typing import Any, Final

from audits.codec import Recorded
from audits.execution import Desk, house
from audits.projection import Columns, Projection, projections, projector
from audits.reading import Loaded
from licenses import guarded, models, numbers
from licenses.domain import (
    allotment,
    application,
    edition,
    escrow,
    lab_test,
    laboratory,
    license,
    product,
    remittance,
    shipment,
)
from licenses.domain.application.state import Draft
from licenses.domain.application.values import Content
from licenses.domain.lab_test.state import Certified, Failed, Sampled
from licenses.domain.laboratory.state import Accredited
from licenses.domain.remittance.state import Confirmed, Reconciled
from licenses.domain.shipment.state import Cleared, Delivered, Dispatched, Requested
from licenses.permissions import exporter_of_application


def product_columns(state: Any) -> Columns:
    """Name the part and the figures that lists show."""
    specification = state.specification
    return {
        "maker": specification.maker,
        "model": specification.model,
        "generation": specification.generation,
        "eccn": specification.eccn,
        "tpp": state.tpp,
        "dram_bandwidth_gb_per_s": specification.dram_bandwidth_gb_per_s,
    }


def edition_columns(state: Any) -> Columns:
    """Say from when an approved edition rules."""
    return {
        "name": state.name,
        "sha256": state.sha256,
        "effective_from": getattr(state, "effective_from", None),
        "approved_at": getattr(state, "approved_at", None),
    }


def application_columns(state: Any) -> Columns:
    """Show what a queue sorts and filters by; a draft has no number and no sum yet."""
    filing = getattr(state, "filing", None)
    if filing is None:
        content: Content = state.content if isinstance(state, Draft) else Content()
        destination, currency = content.destination_country, content.currency
        total, number, fingerprint = None, None, None
    else:
        submission = filing.submission
        destination, currency = submission.destination_country, submission.currency
        total, number = submission.total_cents, filing.control_number
        fingerprint = filing.fingerprint
    return {
        "exporter_id": exporter_of_application(state),
        "control_number": number,
        "fingerprint": fingerprint,
        "destination_country": destination,
        "total_cents": total,
        "currency": currency,
    }


def license_columns(state: Any) -> Columns:
    """Show number, goods, sum and expiry."""
    terms = state.grant.terms
    return {
        "exporter_id": terms.exporter_id,
        "application_id": terms.application_id,
        "license_number": state.grant.license_number,
        "product_ids": [line.product_id for line in terms.lines],
        "destination_country": terms.destination_country,
        "total_cents": terms.total_cents,
        "currency": terms.currency,
        "expires_at": terms.expires_at,
    }


def allotment_columns(state: Any) -> Columns:
    """Say whose volume it is."""
    volume = state.volume
    return {
        "exporter_id": volume.exporter_id,
        "product_id": volume.product_id,
        "window": volume.window,
    }


def escrow_columns(state: Any) -> Columns:
    """Show what was agreed, is held, is missing, was taken back and is owed for that."""
    books = state.books
    return {
        "exporter_id": books.terms.exporter_id,
        "license_id": books.terms.license_id,
        "payment_reference": books.terms.payment_reference,
        "price_cents": books.terms.price_cents,
        "held_cents": books.held_cents,
        "missing_cents": books.missing_cents,
        "uncovered_cents": books.uncovered_cents,
        "owed_cents": books.owed_cents,
        "currency": books.terms.currency,
    }


def laboratory_columns(state: Any) -> Columns:
    """Say for whom its people act, and which key counts."""
    return {
        "organization_id": state.terms.organization_id,
        "name": state.terms.name,
        "key_id": state.key_id if isinstance(state, Accredited) else None,
    }


def lab_test_columns(state: Any) -> Columns:
    """Show whose test it is and what came of it."""
    sample = state.sample if isinstance(state, Sampled | Certified | Failed) else None
    return {
        "exporter_id": state.lot.exporter_id,
        "shipment_id": state.lot.shipment_id,
        "license_id": state.lot.license_id,
        "laboratory_id": sample.laboratory_id if sample else None,
        "certificate_number": (
            state.certificate.certificate_number if isinstance(state, Certified) else None
        ),
    }


def shipment_columns(state: Any) -> Columns:
    """Show what is to leave, and under which filing."""
    terms = state.terms
    papers = getattr(state, "papers", None)
    departed = isinstance(state, Dispatched | Delivered)
    filed = papers.filing.itn if papers and papers.filing else None
    waiting = isinstance(state, Requested | Cleared)
    return {
        "exporter_id": terms.exporter_id,
        "license_id": terms.license_id,
        "product_id": terms.product_id,
        "line": terms.line,
        "quantity": terms.quantity,
        "serials": list(terms.serials),
        "itn": state.departure.itn if departed else filed,
        "clearance_holds": (
            state.clearance.holds if waiting and state.clearance is not None else None
        ),
    }


def remittance_columns(state: Any) -> Columns:
    """Show what is due, and under which reference it was received."""
    assessed = state.assessed
    confirmed = state.confirmed if isinstance(state, Confirmed | Reconciled) else None
    return {
        "exporter_id": assessed.exporter_id,
        "license_id": assessed.license_id,
        "shipment_id": assessed.shipment_id,
        "amount_cents": assessed.amount_cents,
        "currency": assessed.currency,
        "reference": confirmed.reference if confirmed else None,
    }


PROJECTIONS: Final = (
    Projection(product.DECIDER, models.ProductRow, product_columns),
    Projection(edition.DECIDER, models.EditionRow, edition_columns),
    Projection(application.DECIDER, models.ApplicationRow, application_columns),
    Projection(license.DECIDER, models.LicenseRow, license_columns),
    Projection(allotment.DECIDER, models.AllotmentRow, allotment_columns),
    Projection(escrow.DECIDER, models.EscrowRow, escrow_columns),
    Projection(laboratory.DECIDER, models.LaboratoryRow, laboratory_columns),
    Projection(lab_test.DECIDER, models.LabTestRow, lab_test_columns),
    Projection(shipment.DECIDER, models.ShipmentRow, shipment_columns),
    Projection(remittance.DECIDER, models.RemittanceRow, remittance_columns),
)


def register() -> None:
    """Write a row with every event, and the guarded rows where money, volume or goods move."""
    for projection in PROJECTIONS:
        aggregate = projection.decider.aggregate
        projections[aggregate] = projection
        house.projectors[aggregate] = projector(projection, _GUARDED.get(aggregate))


def _transfers(_desk: Desk, _loaded: Loaded[Any], fresh: list[Recorded[Any]]) -> None:
    guarded.write_transfers(fresh)


def _volume(_desk: Desk, loaded: Loaded[Any], fresh: list[Recorded[Any]]) -> None:
    guarded.write_entries(fresh, loaded.state.volume.cap)


def _serials(_desk: Desk, _loaded: Loaded[Any], fresh: list[Recorded[Any]]) -> None:
    guarded.write_serials(fresh)


def _reports(_desk: Desk, _loaded: Loaded[Any], fresh: list[Recorded[Any]]) -> None:
    guarded.write_reports(fresh)


def _numbers(_desk: Desk, _loaded: Loaded[Any], fresh: list[Recorded[Any]]) -> None:
    numbers.use(fresh)


_GUARDED: Final = {
    "application": _numbers,
    "license": _numbers,
    "escrow": _transfers,
    "remittance": _transfers,
    "allotment": _volume,
    "shipment": _serials,
    "lab_test": _reports,
}
