"""The facts that decisions saw, gathered again: from streams as they were, never from today's tables.

What a command looks up in a table (whether a number is taken, a reference used) is guarded by that
table: what was accepted was free. Fresh numbers, overdue remittances and whose a sealed name is
are taken as recorded.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from audits.execution import house, plain_facts
from audits.kernel import Command, Facts
from audits.past.hindsight import Hindsight
from audits.past.retaking import Gather, Together, as_gathered, of_kind
from audits.reading import Loaded
from customers import handlers as customers
from customers.domain.erasure import commands as erasure_commands
from customers.domain.legal_hold import commands as legal_hold_commands
from licenses.domain import escrow, license, shipment
from licenses.domain.allotment import commands as allotment_commands
from licenses.domain.application import commands as application_commands
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.application.facts import SubmitFacts
from licenses.domain.application.values import Content
from licenses.domain.edition import commands as edition_commands
from licenses.domain.escrow import commands as escrow_commands
from licenses.domain.escrow.deposits import DepositFacts
from licenses.domain.escrow.events import DepositSetAside, SetAsideReason
from licenses.domain.escrow.state import NotOpened
from licenses.domain.ids import escrow_id
from licenses.domain.lab_test import commands as lab_test_commands
from licenses.domain.lab_test.decisions import VoidFacts
from licenses.domain.lab_test.state import Certified
from licenses.domain.laboratory import commands as laboratory_commands
from licenses.domain.ledger.balance import remittance_totals
from licenses.domain.ledger.postings import postings
from licenses.domain.policy.model import Condition, Verdict
from licenses.domain.remittance import commands as remittance_commands
from licenses.domain.remittance.decisions import ConfirmFacts, ReconcileFacts
from licenses.domain.shipment import commands as shipment_commands
from licenses.domain.shipment.events import ClearanceAssessed, ShipmentDispatched
from licenses.domain.shipment.facts import (
    AssessmentFacts,
    DispatchFacts,
    ExportFacts,
    RequestFacts,
    basis_of,
)
from licenses.editions import edition_in_force
from licenses.gathering import (
    applications,
    laboratories,
    money,
    parties,
    shipments,
    volume,
)
from licenses.gathering.common import common, ruled_facts

FROM_THE_DESK: Final = frozenset(
    {
        plain_facts,
        ruled_facts,
        customers.approval_facts,
        customers.release_facts,
        applications.product_facts,
        applications.proposal_facts,
        applications.decision_facts,
        applications.reinstatement_facts,
        applications.revocation_proposal_facts,
        applications.revocation_facts,
        laboratories.accredit_facts,
        laboratories.lot_facts,
        laboratories.draw_facts,
        laboratories.report_facts,
        money.existing_allotment_facts,
        money.return_facts,
        money.waiver_facts,
        money.forfeit_facts,
        money.assess_facts,
    }
)
"""What gathers from streams and editions alone, so that a desk in hindsight is enough for it.

Reports are looked up too, by what never counts twice; whose laboratory an organization is never moves.
"""


def sale_facts(desk: Hindsight, command: Any, loaded: Loaded[Any], _together: Together) -> Facts:
    """Gather the cap in force; what was counted did not count elsewhere."""
    return volume.facts_of_existing(desk, loaded) or volume.allotment_facts(
        desk, exporter_id=desk.context.actor.organization_id, product_id=command.product_id
    )


def submit_facts(
    desk: Hindsight, _command: Any, loaded: Loaded[Any], together: Together
) -> SubmitFacts:
    """Gather customers and eligibility; the control number is the one that was given."""
    content = getattr(loaded.state, "content", Content())
    return SubmitFacts(
        **common(desk),
        control_number=of_kind(together, ApplicationSubmitted).control_number,
        edition=edition_in_force(desk.context.now).name,
        customers=applications.known_customers(desk, content, desk.context.actor.organization_id),
        ineligible=applications.ineligible_lines(desk, content),
    )


def request_facts(
    desk: Hindsight, command: Any, _loaded: Loaded[Any], _together: Together
) -> RequestFacts:
    """Gather what the license said of the line."""
    basis = basis_of(desk.load(license.DECIDER, command.license_id).state, command.line)
    edition = edition_in_force(desk.context.now)
    return RequestFacts(**common(desk), basis=basis, edition=edition.name)


def export_facts(
    desk: Hindsight, _command: Any, _loaded: Loaded[Any], _together: Together
) -> ExportFacts:
    """Gather the filing rule."""
    edition = edition_in_force(desk.context.now)
    return ExportFacts(**common(desk), rule=edition.filing, edition=edition.name)


def assessment_facts(
    desk: Hindsight, _command: Any, loaded: Loaded[Any], together: Together
) -> AssessmentFacts:
    """Judge the shipment as requested."""
    said = of_kind(together, ClearanceAssessed).clearance.verdicts
    return AssessmentFacts(
        **common(desk),
        verdicts=_verdicts(desk, loaded, said, quantity=None),
        edition=edition_in_force(desk.context.now).name,
    )


def dispatch_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together
) -> DispatchFacts:
    """Judge what left."""
    edition = edition_in_force(desk.context.now)
    tested = shipments.load_basis(desk, loaded, lock="share").lab_test.state
    lot = tested.lot.serials if isinstance(tested, Certified) else ()
    said = of_kind(together, ShipmentDispatched).verdicts
    return DispatchFacts(
        **common(desk),
        verdicts=_verdicts(desk, loaded, said, quantity=len(command.serials)),
        edition=edition.name,
        tested_serials=lot if edition.testing.required else None,
    )


def _verdicts(
    desk: Hindsight, loaded: Loaded[Any], said: tuple[Verdict, ...], *, quantity: int | None
) -> tuple[Verdict, ...]:
    """Judge again, but for C9: it hangs on the clock of other shipments, read without a lock."""
    basis = shipments.load_basis(desk, loaded, lock="share")
    judged = shipments.shipment_verdicts(
        desk,
        basis,
        edition_in_force(desk.context.now),
        quantity=basis.terms.quantity if quantity is None else quantity,
    )
    as_said = {verdict.condition: verdict for verdict in said}
    return tuple(
        as_said.get(verdict.condition, verdict)
        if verdict.condition is Condition.REMITTANCE
        else verdict
        for verdict in judged
    )


def deposit_facts(
    desk: Hindsight, _command: Any, loaded: Loaded[Any], together: Together
) -> DepositFacts:
    """Gather which payers were cleared; a sealed name was whose it was taken for."""
    if isinstance(loaded.state, NotOpened):
        return DepositFacts(**common(desk), screened_customer_ids=())
    terms = loaded.state.books.terms
    payers = (payer.customer_id for payer in terms.payers)
    return DepositFacts(
        **common(desk),
        screened_customer_ids=parties.cleared_ids(desk, payers),
        named_payer_ids=_named_then(together),
        edition=terms.edition,
    )


def _named_then(together: Together) -> tuple[UUID, ...]:
    """Tell whose name it was taken for: auditors cannot open it, and it may be erased."""
    said = of_kind(together, DepositSetAside)
    if said is None or said.reason is SetAsideReason.PAYER_UNKNOWN:
        return ()
    return () if said.payer_customer_id is None else (said.payer_customer_id,)


def void_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], _together: Together
) -> VoidFacts:
    """Gather whether the laboratory counted and the lot had left."""
    del command
    facts = VoidFacts(**common(desk), laboratory_accredited=False, dispatched=False)
    if not isinstance(loaded.state, Certified):
        return facts
    tester = laboratories.is_accredited(desk, loaded.state.certificate.laboratory_id)
    left = desk.load(shipment.DECIDER, loaded.state.lot.shipment_id).state
    return replace(facts, laboratory_accredited=tester, dispatched=hasattr(left, "departure"))


def confirm_facts(
    desk: Hindsight, _command: Any, _loaded: Loaded[Any], _together: Together
) -> ConfirmFacts:
    """Take it that the reference was free."""
    return ConfirmFacts(**common(desk), reference_used_by_shipment_id=None)


def reconcile_facts(
    desk: Hindsight, _command: Any, loaded: Loaded[Any], _together: Together
) -> ReconcileFacts:
    """Add up what escrow and remittance had posted."""
    assessed = loaded.state.assessed
    account = desk.load(escrow.DECIDER, escrow_id(assessed.license_id))
    transfers = [
        transfer
        for each in (*account.recorded, *loaded.recorded)
        for transfer in postings(each.data, stream_id=each.stream_id, event_id=each.event_id)
    ]
    totals = remittance_totals(transfers, assessed.shipment_id)
    return ReconcileFacts(
        **common(desk),
        due_cents=totals.due_cents,
        paid_cents=totals.paid_cents,
        pending_cents=totals.pending_cents,
    )


OWN: Final[Mapping[type[Command], Gather]] = {
    allotment_commands.ReportUsSale: sale_facts,
    application_commands.SubmitApplication: submit_facts,
    escrow_commands.BookDeposit: deposit_facts,
    lab_test_commands.VoidCertificate: void_facts,
    remittance_commands.ConfirmRemittance: confirm_facts,
    remittance_commands.ReconcileRemittance: reconcile_facts,
    shipment_commands.RequestShipment: request_facts,
    shipment_commands.FileExport: export_facts,
    shipment_commands.AssessClearance: assessment_facts,
    shipment_commands.DispatchShipment: dispatch_facts,
}
"""Command → its facts, where they came from tables too."""
NOT_TAKEN_AGAIN: Final[Mapping[type[Command], str]] = {
    edition_commands.ApproveEdition: "its clock is read under the register's lock",
    edition_commands.WithdrawEdition: "its clock is read under the register's lock",
    edition_commands.EnforceEdition: "its clock is read under the register's lock",
    erasure_commands.RequestErasure: "the key that its facts were read with is destroyed by it",
    erasure_commands.ApproveErasure: "the key that its facts were read with is destroyed by it",
    legal_hold_commands.PlaceLegalHold: "whether its target was there is looked up, not recorded",
    laboratory_commands.AccreditLaboratory: "what the laboratory denied is not recorded",
}
"""Command → why its facts cannot be had again."""


def gather_of(command: type[Command]) -> Gather | None:
    """Find how a command's facts are gathered again; None: they are not."""
    if command in NOT_TAKEN_AGAIN:
        return None
    if command in OWN:
        return OWN[command]
    gather = house.procedures[command].gather
    return as_gathered(gather) if gather in FROM_THE_DESK else None
