"""Facts about a shipment at one moment: everything that its clearance rests on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from audits.execution import Desk
from audits.projection import status_of
from audits.reading import Loaded
from licenses.domain import allotment, escrow, lab_test, laboratory, license
from licenses.domain.allotment.state import AllotmentState, books
from licenses.domain.escrow import events as escrow_events
from licenses.domain.escrow.state import EscrowState, NotOpened
from licenses.domain.ids import escrow_id, lab_test_id
from licenses.domain.lab_test.events import CertificateIssued, CertificateVoided, LotRegistered
from licenses.domain.lab_test.state import Certified, LabTestState
from licenses.domain.laboratory.events import LaboratoryAccredited, LaboratoryDisqualified
from licenses.domain.laboratory.state import Accredited, NotAccredited
from licenses.domain.license import events as license_events
from licenses.domain.license.state import LicenseState, NotGranted
from licenses.domain.policy import volume as volumes
from licenses.domain.policy.evaluation import evaluate
from licenses.domain.policy.facts import (
    ClearanceFacts,
    DealFacts,
    FilingFacts,
    GateFacts,
    LaboratoryFacts,
    LevyFacts,
    LicenseFacts,
    Measured,
    PaymentFacts,
    ShipmentFacts,
    TestingFacts,
)
from licenses.domain.policy.model import Edition, GateKind, Verdict
from licenses.domain.shipment import events as shipment_events
from licenses.domain.shipment.values import Papers, ShipmentTerms
from licenses.editions import edition_named
from licenses.gathering import deals, parties, volume
from licenses.gathering.lookups import lookups

REMITTANCE_DUE: Final = timedelta(days=10)
"""A levy that is assessed and not confirmed after that is overdue: the period for a deposit of
estimated duties after release (19 CFR 142.12)."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The streams that a shipment's clearance rests on, as loaded for one command."""

    shipment: Loaded[Any]
    license: Loaded[LicenseState]
    escrow: Loaded[EscrowState]
    allotment: Loaded[AllotmentState] | None
    lab_test: Loaded[LabTestState]

    @property
    def terms(self) -> ShipmentTerms:
        """What was requested."""
        terms: ShipmentTerms = self.shipment.state.terms
        return terms


def load_basis(desk: Desk, shipment: Loaded[Any], *, lock: str) -> Basis:
    """Load what a clearance rests on; `lock` is `write` for a dispatch, which moves all of it."""
    terms: ShipmentTerms = shipment.state.terms
    return Basis(
        shipment=shipment,
        license=desk.load(license.DECIDER, terms.license_id, lock=lock),
        escrow=desk.load(escrow.DECIDER, escrow_id(terms.license_id), lock=lock),
        allotment=(
            desk.load(allotment.DECIDER, terms.allotment_id, lock=lock)
            if terms.allotment_id
            else None
        ),
        lab_test=desk.load(lab_test.DECIDER, lab_test_id(shipment.stream_id)),
    )


def shipment_verdicts(
    desk: Desk, basis: Basis, edition: Edition, *, quantity: int
) -> tuple[Verdict, ...]:
    """Judge the twelve conditions for `quantity` units of a shipment, at this moment.

    The levy alone is that of the edition which the license was granted under: escrow withholds it
    on those terms, and a later edition must neither take it twice nor let it lapse.
    """
    granted: Any = basis.license.recorded[0].data
    ruling = replace(edition, levy=edition_named(granted.edition).levy)
    return evaluate(ruling, deal_facts(desk, basis, ruling, quantity=quantity))


def deal_facts(desk: Desk, basis: Basis, edition: Edition, *, quantity: int) -> DealFacts:
    """Gather what is known of a deal when `quantity` units are to leave."""
    grant = basis.license.state.grant  # type: ignore[union-attr]  # a shipment has its license
    terms = grant.terms
    filing, submitted = deals.filing_of(desk, terms.application_id)
    customers = parties.load_customers(desk, (party.customer_id for party in terms.parties))
    value_cents = quantity * basis.terms.unit_price_cents
    return DealFacts(
        now=desk.context.now,
        product=deals.known_product(desk, basis.terms.product_id),
        route=parties.route_facts(
            shipped_from=terms.shipped_from_country,
            destination=terms.destination_country,
            parties=terms.parties,
            customers=customers,
            evidence=basis.license.evidence(license_events.LicenseGranted),
        ),
        customer=parties.customer_facts(terms.parties, customers),
        screening=parties.screening_facts(desk, customers),
        volume=_volume(desk, basis, edition, quantity),
        supply=deals.supply_facts(filing, submitted),
        testing=_testing(desk, basis),
        payment=_payment(basis, value_cents),
        levy=_levy(desk, basis, edition, value_cents),
        license=_license(basis),
        shipment=_shipment(basis, quantity, value_cents),
        clearance=_clearance(basis),
        filing=_filing(basis),
    )


def _volume(desk: Desk, basis: Basis, edition: Edition, quantity: int) -> Any:
    if basis.allotment is None:
        return None
    opened = books(basis.allotment.state)
    hold = opened.hold(basis.terms.license_id, basis.terms.line) if opened else None
    tpp = volume.registered_product(desk, basis.terms.product_id).tpp
    asked = max(0, quantity - hold.open) if hold else quantity
    if not volumes.counts(edition.cap, basis.terms.destination_country):
        return None
    return volume.volume_facts(edition, basis.allotment, asked_units=asked, tpp=tpp)


def _testing(desk: Desk, basis: Basis) -> TestingFacts | None:
    state = basis.lab_test.state
    if not basis.lab_test.version:
        return None
    certificate = state.certificate if isinstance(state, Certified) else None
    covers = isinstance(state, Certified) and set(state.lot.serials) == set(basis.terms.serials)
    return TestingFacts(
        certified=covers,
        lot_size=len(basis.terms.serials),
        sampled=certificate.sampled if certificate else 0,
        laboratory=_laboratory(desk, certificate) if certificate else None,
        highest=(
            Measured(
                **{name: getattr(certificate.highest, name) for name in Measured.__struct_fields__}
            )
            if certificate
            else None
        ),
        evidence=basis.lab_test.latest(LotRegistered, CertificateIssued, CertificateVoided),
    )


def _laboratory(desk: Desk, certificate: CertificateIssued) -> LaboratoryFacts | None:
    loaded = desk.load(laboratory.DECIDER, certificate.laboratory_id)
    if isinstance(loaded.state, NotAccredited):
        return None
    terms = loaded.state.terms
    return LaboratoryFacts(
        accredited=isinstance(loaded.state, Accredited),
        headquarters_country=terms.headquarters_country,
        tested_in=certificate.tested_in,
        control_countries=terms.control_countries,
        # Declared at the accreditation, and denied anew in every report that was certified.
        financial_interest=False,
        evidence=loaded.latest(LaboratoryAccredited, LaboratoryDisqualified),
    )


def _payment(basis: Basis, value_cents: int) -> PaymentFacts | None:
    state = basis.escrow.state
    if isinstance(state, NotOpened):
        return None
    return PaymentFacts(
        agreed_cents=state.books.terms.price_cents,
        deposited_cents=state.books.credited_cents,
        held_cents=state.books.held_cents,
        reversed_cents=state.books.uncovered_cents,
        price_cents=value_cents,
        currency=state.books.terms.currency,
        evidence=basis.escrow.latest(
            escrow_events.EscrowOpened,
            escrow_events.DepositBooked,
            escrow_events.EscrowFunded,
            escrow_events.EscrowForfeited,
            escrow_events.DepositReversed,
        ),
    )


def _levy(desk: Desk, basis: Basis, edition: Edition, value_cents: int) -> LevyFacts:
    state = basis.escrow.state
    license_id = basis.terms.license_id
    entered = basis.terms.entered_value_cents
    is_on_proceeds = edition.levy.base == "sale_proceeds"
    return LevyFacts(
        overdue=lookups().overdue_remittances(
            desk, license_id, assessed_by=desk.context.now - REMITTANCE_DUE
        ),
        base_cents=value_cents if is_on_proceeds else entered,
        # An entered value is in US dollars, as customs has it.
        currency=basis.terms.currency if is_on_proceeds else "USD",
        held_cents=0 if isinstance(state, NotOpened) else state.books.held_cents,
        imported_for_testing=entered is not None,
        confirmed_cents=lookups().confirmed_cents(
            desk, license_id, shipment_id=basis.shipment.stream_id
        ),
        evidence=basis.escrow.latest(escrow_events.EscrowFunded, escrow_events.EscrowReleased),
    )


def _license(basis: Basis) -> LicenseFacts | None:
    state = basis.license.state
    if isinstance(state, NotGranted):
        return None
    grant, number = state.grant, basis.terms.line
    line, drawn = grant.line(number), grant.drawn(number)
    if line is None:
        return None
    status: Any = status_of(state)
    return LicenseFacts(
        number=grant.license_number,
        status=status,
        expires_at=grant.terms.expires_at,
        provisos_acknowledged=not grant.missing_provisos(),
        exporter_id=grant.terms.exporter_id,
        product_id=line.product_id,
        party_ids=tuple(party.customer_id for party in grant.terms.parties),
        end_use=grant.terms.end_use,
        quantity=line.quantity,
        value_cents=line.value_cents,
        shipped_quantity=drawn.quantity,
        shipped_value_cents=drawn.value_cents,
        currency=grant.terms.currency,
        evidence=basis.license.latest(
            license_events.LicenseGranted,
            license_events.ProvisosAcknowledged,
            license_events.LicenseSuspended,
            license_events.LicenseReinstated,
            license_events.LicenseRevoked,
            license_events.LicenseExpired,
            license_events.LicenseDrawnDown,
        ),
    )


def _shipment(basis: Basis, quantity: int, value_cents: int) -> ShipmentFacts:
    terms = basis.terms
    return ShipmentFacts(
        exporter_id=terms.exporter_id,
        product_id=terms.product_id,
        party_ids=terms.consignee_ids,
        end_use=terms.end_use,
        quantity=quantity,
        value_cents=value_cents,
        evidence=basis.shipment.evidence(shipment_events.ShipmentRequested),
    )


def _papers(basis: Basis) -> Papers:
    return getattr(basis.shipment.state, "papers", Papers())


def _clearance(basis: Basis) -> ClearanceFacts:
    papers = _papers(basis)
    held = basis.shipment.evidence(shipment_events.EndUserStatementHeld)[-1:]
    statement = (GateFacts(kind=GateKind.END_USER_STATEMENT, cleared=True, evidence=held),)
    recorded = basis.shipment.latest(shipment_events.GateRecorded)
    gates = tuple(
        GateFacts(
            kind=GateKind(gate.kind.value),
            cleared=gate.cleared,
            units_left=gate.units_left,
            evidence=recorded,
        )
        for gate in papers.gates
    )
    return ClearanceFacts(gates=(statement if papers.statement else ()) + gates)


def _filing(basis: Basis) -> FilingFacts | None:
    filing = _papers(basis).filing
    if filing is None:
        return None
    return FilingFacts(
        itn=filing.itn,
        license_code=filing.license_code,
        license_number=filing.license_number,
        eccn=filing.eccn,
        evidence=basis.shipment.evidence(shipment_events.ExportFiled)[-1:],
    )
