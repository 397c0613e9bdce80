"""Facts for volume, escrow and remittance."""

from typing import Any

import msgspec

from audits.execution import Desk
from audits.kernel import Refused
from audits.reading import Loaded
from licenses.domain import escrow, license
from licenses.domain.allotment.commands import ReportUsSale
from licenses.domain.allotment.facts import AllotmentFacts
from licenses.domain.allotment.state import AllotmentState
from licenses.domain.escrow.commands import (
    BookDeposit,
    ConfirmRefundWaiver,
    ForfeitEscrow,
    ReturnExcess,
)
from licenses.domain.escrow.decisions import ForfeitFacts, ReturnFacts
from licenses.domain.escrow.deposits import DepositFacts
from licenses.domain.escrow.refunds import WaiverFacts
from licenses.domain.escrow.state import EscrowState, NotOpened
from licenses.domain.ids import escrow_id
from licenses.domain.ledger.postings import deposit_key
from licenses.domain.remittance.commands import AssessRemittance, ConfirmRemittance
from licenses.domain.remittance.facts import AssessFacts, ConfirmFacts, ReconcileFacts
from licenses.editions import edition_in_force, edition_named
from licenses.gathering import parties, volume
from licenses.gathering.common import common
from licenses.gathering.lookups import lookups


def us_sale_facts(
    desk: Desk, command: ReportUsSale, loaded: Loaded[AllotmentState]
) -> AllotmentFacts:
    """Gather the cap in force and whether the sale counts elsewhere.

    A sale that opens an allotment must open the one it counts in.
    """
    facts = volume.facts_of_existing(desk, loaded) or _facts_of_new(desk, command, loaded)
    sale = (command.evidence.sha256, facts.exporter_id, command.sale_reference)
    counted = lookups().is_sale_counted(desk, facts.product_id, sale, but=loaded.stream_id)
    return msgspec.structs.replace(facts, counted_elsewhere=counted)


def _facts_of_new(
    desk: Desk, command: ReportUsSale, loaded: Loaded[AllotmentState]
) -> AllotmentFacts:
    exporter_id, now = desk.context.actor.organization_id, desk.context.now
    counts_in = volume.allotment_of(exporter_id, command.product_id, edition_in_force(now), now)
    if loaded.stream_id != counts_in:
        raise Refused("allotment_unknown", "No allotment of this exporter and product is that one")
    return volume.allotment_facts(desk, exporter_id=exporter_id, product_id=command.product_id)


def existing_allotment_facts(
    desk: Desk, _command: Any, loaded: Loaded[AllotmentState]
) -> AllotmentFacts:
    """Gather the cap in force for an allotment that was opened."""
    facts = volume.facts_of_existing(desk, loaded)
    if facts is None:
        raise Refused("allotment_not_opened", "No US sale was reported here yet")
    return facts


def deposit_facts(desk: Desk, command: BookDeposit, loaded: Loaded[EscrowState]) -> DepositFacts:
    """Gather which payers are cleared, and whether the entry is booked elsewhere."""
    if isinstance(loaded.state, NotOpened):
        return DepositFacts(**common(desk), screened_customer_ids=())
    terms = loaded.state.books.terms
    return DepositFacts(
        **common(desk),
        screened_customer_ids=parties.cleared_ids(
            desk, (payer.customer_id for payer in terms.payers)
        ),
        named_payer_ids=lookups().payers_named(desk, command, terms.payers),
        booked_for_license_id=lookups().booked_for(
            desk,
            deposit_key(command.account, command.bank_reference),
            but=terms.license_id,
        ),
        edition=terms.edition,
    )


def return_facts(desk: Desk, _command: ReturnExcess, loaded: Loaded[EscrowState]) -> ReturnFacts:
    """Gather which payers are cleared."""
    if isinstance(loaded.state, NotOpened):
        return ReturnFacts(**common(desk), screened_customer_ids=())
    payers = (payer.customer_id for payer in loaded.state.books.terms.payers)
    return ReturnFacts(**common(desk), screened_customer_ids=parties.cleared_ids(desk, payers))


def waiver_facts(
    desk: Desk, _command: ConfirmRefundWaiver, loaded: Loaded[EscrowState]
) -> WaiverFacts:
    """Gather which of those that paid in are not cleared."""
    state = loaded.state
    paid = () if isinstance(state, NotOpened) else state.books.deposits
    payers = {deposit.payer_customer_id for deposit in paid}
    return WaiverFacts(
        **common(desk),
        edition=edition_in_force(desk.context.now).name,
        uncleared_payer_ids=tuple(sorted(payers - set(parties.cleared_ids(desk, payers)))),
    )


def forfeit_facts(desk: Desk, command: ForfeitEscrow, _loaded: Loaded[EscrowState]) -> ForfeitFacts:
    """Gather what the edition that the command names says of a ban and of a revocation."""
    return ForfeitFacts(**common(desk), prepayment=edition_named(command.edition).prepayment)


def assess_facts(desk: Desk, command: AssessRemittance, _loaded: Loaded[Any]) -> AssessFacts:
    """Gather what the escrow withheld at the release of the shipment."""
    state = desk.load(escrow.DECIDER, escrow_id(command.license_id)).state
    release = None if isinstance(state, NotOpened) else state.books.release(command.shipment_id)
    return AssessFacts(**common(desk), withheld_cents=release.levy_cents if release else None)


def confirm_facts(desk: Desk, command: ConfirmRemittance, loaded: Loaded[Any]) -> ConfirmFacts:
    """Gather whether the reference confirmed another remittance; clearances wait for it meanwhile."""
    assessed = getattr(loaded.state, "assessed", None)
    if assessed is not None:
        desk.load(license.DECIDER, assessed.license_id, lock="write")
    reference = command.reference.replace("-", "")
    shipment_id = lookups().reference_used_by(desk, reference, but=loaded.stream_id)
    return ConfirmFacts(**common(desk), reference_used_by_shipment_id=shipment_id)


def reconcile_facts(desk: Desk, _command: Any, loaded: Loaded[Any]) -> ReconcileFacts:
    """Add up what the ledger says of this remittance."""
    totals = lookups().remittance_totals(desk, loaded.state.assessed)
    return ReconcileFacts(
        **common(desk),
        due_cents=totals.due_cents,
        paid_cents=totals.paid_cents,
        pending_cents=totals.pending_cents,
    )
