"""What process managers and timers bring about: intents and due work become commands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from audits import execution, reading, work
from audits.context import database_now
from audits.kernel import Command
from audits.personal import is_token
from audits.work import Leased
from customers.domain import customer
from licenses.domain import escrow, license, product, shipment
from licenses.domain.allotment.commands import ReleaseVolume
from licenses.domain.escrow.commands import ForfeitEscrow, OpenEscrow
from licenses.domain.escrow.events import MAX_PAYER_NAMES, ForfeitReason, Payer
from licenses.domain.escrow.state import Closed
from licenses.domain.ids import escrow_id, lab_test_id, remittance_id
from licenses.domain.lab_test.commands import RegisterLot
from licenses.domain.lab_test.report import Figures
from licenses.domain.license.state import Active
from licenses.domain.policy.levies import covers
from licenses.domain.policy.model import Edition
from licenses.domain.processes.assess_clearance import AssessClearanceOf
from licenses.domain.processes.assess_remittance import AssessLevyOn
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.processes.open_escrow import OpenEscrowFor
from licenses.domain.processes.reconcile_remittance import ReconcileWithLedger
from licenses.domain.processes.register_lot import RegisterLotOf
from licenses.domain.processes.wind_up_license import (
    ForfeitEscrowOf,
    ReleaseHeldVolume,
    StopShipmentOf,
)
from licenses.domain.remittance.commands import AssessRemittance, ReconcileRemittance
from licenses.domain.remittance.events import Source
from licenses.domain.shipment.commands import AssessClearance, StopShipment
from licenses.domain.shipment.state import Delivered, Dispatched
from licenses.editions import edition_named

Order = tuple[UUID, Command]
"""The stream and the command to carry out on it."""


def run_process(process: Process[Any]) -> work.Survey:
    """Make what folds a deal's events and carries out everything that still follows from them.

    Each command has a transaction of its own, so that all it saw stands before it in the log. What
    one killed in the middle leaves is still outstanding, and is carried out by the next attempt.
    """

    def pursue(leased: Leased) -> work.Handler:
        for intent in outstanding(process, leased.subject_id):
            work.step(leased, partial(follow, process, intent))
        return work.nothing_more

    return pursue


def follow(process: Process[Any], intent: Intent, leased: Leased) -> None:
    """Carry out one intent, unless what happened until its stream was locked has settled it."""
    order = ORDERS[type(intent)](intent)
    if order is None:
        return
    target, command = order
    reading.load(execution.house.procedures[type(command)].decider, target, lock="write")
    if intent in outstanding(process, leased.subject_id):
        now_due = ORDERS[type(intent)](intent)
        if now_due is not None:
            carry_out(leased, *now_due)


def outstanding(process: Process[Any], correlation_id: UUID) -> tuple[Intent, ...]:
    """Fold what happened in a deal and name what is still to be done."""
    return process.intents(
        Noted(stream_id=recorded.stream_id, version=recorded.version, event=recorded.data)
        for recorded in reading.read_correlated(correlation_id)
    )


def carry_out(leased: Leased, target: UUID, command: Command) -> None:
    """Carry out a command because of the work's cause; the same on every attempt."""
    step = f"{type(command).__name__}/{target}"
    execution.execute(command, target, leased.context(step=step, now=database_now()))


def open_escrow(intent: OpenEscrowFor) -> Order:
    """Open the account on the terms of the grant; every party of the license may pay."""
    loaded = reading.load(license.DECIDER, intent.license_id)
    granted: Any = loaded.recorded[0].data
    terms, ruling = granted.terms, edition_named(granted.edition)
    ids = dict.fromkeys(party.customer_id for party in terms.parties)
    command = OpenEscrow(
        license_id=intent.license_id,
        exporter_id=terms.exporter_id,
        currency=terms.currency,
        price_cents=terms.total_cents,
        payers=tuple(_payer(customer_id) for customer_id in ids),
        levy=ruling.levy if _is_levied(ruling, terms.lines) else None,
        prepayment=ruling.prepayment,
        long_stop_on=(terms.expires_at + timedelta(days=ruling.prepayment.long_stop_days)).date(),
        edition=ruling.name,
    )
    return escrow_id(intent.license_id), command


def _payer(customer_id: UUID) -> Payer:
    file: Any = reading.load(customer.DECIDER, customer_id).state
    party = file.file.party
    native = (party.native_name,) if party.native_name else ()
    # A natural person's name is sealed: no bank's spelling can be compared with it.
    names = [name[:140] for name in (party.name, *native, *party.aliases) if not is_token(name)]
    known = tuple(dict.fromkeys(names))[:MAX_PAYER_NAMES]
    return Payer(customer_id=customer_id, names=known)


def _is_levied(ruling: Edition, lines: tuple[Any, ...]) -> bool:
    return any(_covered(ruling, line.product_id) for line in lines)


def _covered(ruling: Edition, product_id: UUID) -> bool:
    state: Any = reading.load(product.DECIDER, product_id).state
    return covers(
        ruling.levy,
        tpp_thousandths=state.tpp_thousandths,
        dram_bandwidth_gb_per_s=state.specification.dram_bandwidth_gb_per_s,
    )


def register_lot(intent: RegisterLotOf) -> Order:
    """Register the lot with the figures of the product as it is described now."""
    terms = _shipment_terms(intent.shipment_id)
    described: Any = reading.load(product.DECIDER, terms.product_id).state
    specification = described.specification
    command = RegisterLot(
        shipment_id=intent.shipment_id,
        license_id=terms.license_id,
        exporter_id=terms.exporter_id,
        product_id=terms.product_id,
        model=specification.model,
        declared=Figures(
            tpp=described.tpp,
            dram_bandwidth_gb_per_s=specification.dram_bandwidth_gb_per_s,
            interconnect_bandwidth_gb_per_s=specification.interconnect_bandwidth_gb_per_s,
            dram_capacity_gb=specification.dram_capacity_gb,
        ),
        serials=terms.serials,
    )
    return lab_test_id(intent.shipment_id), command


def _shipment_terms(shipment_id: UUID) -> Any:
    state: Any = reading.load(shipment.DECIDER, shipment_id).state
    return state.terms


def assess_clearance(intent: AssessClearanceOf) -> Order:
    """Judge a waiting shipment anew."""
    return intent.shipment_id, AssessClearance()


def assess_remittance(intent: AssessLevyOn) -> Order | None:
    """Assess the levy when its event has come; None: another event brings it due.

    The levy is that of the edition which the license was granted under.
    """
    loaded = reading.load(shipment.DECIDER, intent.shipment_id)
    requested: Any = loaded.recorded[0].data
    terms, has_left = requested.terms, isinstance(loaded.state, Dispatched | Delivered)
    granted: Any = reading.load(license.DECIDER, terms.license_id).recorded[0].data
    ruling = edition_named(granted.edition)
    levy = ruling.levy
    if not has_left and levy.due_event == "dispatch":
        return None
    basis = _levy_basis(terms, loaded, levy.base)
    if basis is None:
        return None
    command = AssessRemittance(
        shipment_id=intent.shipment_id,
        license_id=terms.license_id,
        exporter_id=terms.exporter_id,
        source=basis.source,
        levy=levy,
        is_covered=_covered(ruling, terms.product_id),
        currency=basis.currency,
        base_cents=basis.base_cents,
        cumulative_base_cents=basis.cumulative_base_cents,
        edition=ruling.name,
    )
    return remittance_id(intent.shipment_id), command


@dataclass(frozen=True, slots=True)
class _LevyBasis:
    source: Source
    base_cents: int
    cumulative_base_cents: int
    currency: str


def _levy_basis(terms: Any, loaded: reading.Loaded[Any], base: str) -> _LevyBasis | None:
    """Find what the levy is taken from: this release from escrow, or the value at entry."""
    if base == "entered_value":
        entered = terms.entered_value_cents
        if entered is None:
            return None
        # Every entry is a transaction of its own: duty is computed entry by entry.
        return _LevyBasis(Source.PAYER, entered, entered, "USD")
    account: Any = reading.load(escrow.DECIDER, escrow_id(terms.license_id)).state
    release = account.books.release(loaded.stream_id)
    if release is not None:
        return _LevyBasis(
            Source.ESCROW, release.gross_cents, release.cumulative_gross_cents, release.currency
        )
    value = len(loaded.state.departure.serials) * terms.unit_price_cents
    return _LevyBasis(Source.PAYER, value, value, terms.currency)


def reconcile(intent: ReconcileWithLedger) -> Order:
    """Close a confirmed remittance against the ledger."""
    return intent.remittance_id, ReconcileRemittance()


def stop_shipment(intent: StopShipmentOf) -> Order | None:
    """Stop a shipment of a license that ended or was banned; None once it was reinstated."""
    license_id = _shipment_terms(intent.shipment_id).license_id
    if isinstance(reading.load(license.DECIDER, license_id).state, Active):
        return None  # a ban that was lifted stops nothing that is requested after it
    return intent.shipment_id, StopShipment(reason=intent.reason, edition=intent.edition)


def release_volume(intent: ReleaseHeldVolume) -> Order:
    """Give back the volume that a line still holds."""
    command = ReleaseVolume(
        license_id=intent.license_id, line=intent.line, license_end=intent.license_end
    )
    return intent.allotment_id, command


def forfeit_escrow(intent: ForfeitEscrowOf) -> Order | None:
    """Forfeit where the edition says so; None where it holds the money, or none is left."""
    rule = edition_named(intent.edition).prepayment
    consequence = rule.on_ban if intent.reason is ForfeitReason.BAN else rule.on_revocation
    account = escrow_id(intent.license_id)
    is_closed = isinstance(reading.load(escrow.DECIDER, account).state, Closed)
    if consequence != "forfeit" or is_closed:
        return None
    return account, ForfeitEscrow(reason=intent.reason, edition=intent.edition)


ORDERS: Final[dict[type[Intent], Callable[[Any], Order | None]]] = {
    OpenEscrowFor: open_escrow,
    RegisterLotOf: register_lot,
    AssessClearanceOf: assess_clearance,
    AssessLevyOn: assess_remittance,
    ReconcileWithLedger: reconcile,
    StopShipmentOf: stop_shipment,
    ReleaseHeldVolume: release_volume,
    ForfeitEscrowOf: forfeit_escrow,
}
