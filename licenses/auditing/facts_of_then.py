"""The facts that decisions saw, gathered again by the same functions at a desk in hindsight.

What they look up in tables is answered by events (`licenses.auditing.then`). Fresh numbers, whose a
sealed name is, and overdue remittances of what was accepted, are taken as recorded.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from audits.execution import house
from audits.kernel import Command
from audits.past.hindsight import Hindsight
from audits.past.rebuilding import Together
from audits.past.retaking import Gather, as_gathered, of_kind
from audits.reading import Loaded
from customers.domain.erasure import commands as erasure_commands
from customers.domain.legal_hold import commands as legal_hold_commands
from licenses.domain.application import commands as application_commands
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.application.facts import SubmitFacts
from licenses.domain.edition import commands as edition_commands
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.deposits import DepositFacts
from licenses.domain.escrow.events import DepositSetAside, SetAsideReason
from licenses.domain.escrow.state import EscrowState, NotOpened
from licenses.domain.policy.model import Condition, Verdict
from licenses.domain.shipment import commands as shipment_commands
from licenses.domain.shipment.events import ClearanceAssessed, ShipmentDispatched
from licenses.domain.shipment.facts import AssessmentFacts, DispatchFacts
from licenses.gathering import applications, departures, money


def submit_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together
) -> SubmitFacts:
    """Gather all but the control number, which is the one that was given."""
    facts = applications.submit_facts(desk, command, loaded)
    submitted = of_kind(together, ApplicationSubmitted)
    return replace(facts, control_number=submitted.control_number) if submitted else facts


def assessment_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together
) -> AssessmentFacts:
    """Judge the shipment as requested."""
    facts = departures.assessment_facts(desk, command, loaded)
    assessed = of_kind(together, ClearanceAssessed)
    said = assessed.clearance.verdicts if assessed else ()
    return replace(facts, verdicts=_as_said(facts.verdicts, said))


def dispatch_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together
) -> DispatchFacts:
    """Judge what left."""
    facts = departures.dispatch_facts(desk, command, loaded)
    dispatched = of_kind(together, ShipmentDispatched)
    said = dispatched.verdicts if dispatched else ()
    return replace(facts, verdicts=_as_said(facts.verdicts, said))


def deposit_facts(
    desk: Hindsight, command: BookDeposit, loaded: Loaded[EscrowState], together: Together
) -> DepositFacts:
    """Gather all but whose a sealed name is, which is as it was said.

    Auditors cannot open it, and it may be erased.
    """
    facts = money.deposit_facts(desk, replace(command, payer_name=None), loaded)
    if isinstance(loaded.state, NotOpened):
        return facts
    noted = loaded.state.books.noted(command.account, command.bank_reference)
    said = of_kind(together, DepositSetAside) or noted
    if said is None or said.reason is SetAsideReason.PAYER_UNKNOWN:
        return facts
    named = () if said.payer_customer_id is None else (said.payer_customer_id,)
    return replace(facts, named_payer_ids=named)


def _as_said(judged: tuple[Verdict, ...], said: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Leave C9 as it was said: it hangs on the clock of other shipments, read without a lock."""
    as_said = {verdict.condition: verdict for verdict in said}
    return tuple(
        as_said.get(verdict.condition, verdict)
        if verdict.condition is Condition.REMITTANCE
        else verdict
        for verdict in judged
    )


OWN: Final[Mapping[type[Command], Gather]] = {
    application_commands.SubmitApplication: submit_facts,
    BookDeposit: deposit_facts,
    shipment_commands.AssessClearance: assessment_facts,
    shipment_commands.DispatchShipment: dispatch_facts,
}
"""Command → its facts, where some are as recorded."""
NOT_TAKEN_AGAIN: Final[Mapping[type[Command], str]] = {
    edition_commands.ApproveEdition: "its clock is read under the register's lock",
    edition_commands.WithdrawEdition: "its clock is read under the register's lock",
    edition_commands.EnforceEdition: "its clock is read under the register's lock",
    erasure_commands.RequestErasure: "the key that its facts were read with is destroyed by it",
    erasure_commands.ApproveErasure: "the key that its facts were read with is destroyed by it",
    legal_hold_commands.PlaceLegalHold: "whether its target was there is looked up, not recorded",
}
"""Command → why its facts cannot be had again."""


def gather_of(command: type[Command]) -> Gather | None:
    """Find how a command's facts are gathered again; None: they are not."""
    if command in NOT_TAKEN_AGAIN:
        return None
    return OWN.get(command) or as_gathered(house.procedures[command].gather)
