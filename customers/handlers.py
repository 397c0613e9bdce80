"""How commands on customers and screening lists are carried out."""

from typing import Any, Final
from uuid import UUID

from audits.execution import Desk, Gather, Procedure, house, plain_facts
from audits.kernel import Command, Decider
from audits.reading import Loaded
from customers.domain import customer, screening_list
from customers.domain.customer import commands
from customers.domain.customer.decisions import ApprovalFacts
from customers.domain.customer.findings import ReleaseFacts
from customers.domain.customer.state import CustomerState
from customers.domain.screening_list.commands import ImportList
from customers.domain.screening_list.state import InUse
from customers.permissions import PERMITTED, VISIBLE
from customers.ports import policy

SCREENING_LIST_ID: Final = UUID("3b7d6c1e-5a55-5f0c-9d0d-6f6b7c2a1e01")
"""The one stream of the screening list."""


def newest_list_sha256(desk: Desk) -> str | None:
    """Tell which list is in use; nobody changes it before this command ends."""
    state = desk.load(screening_list.DECIDER, SCREENING_LIST_ID).state
    return state.sha256 if isinstance(state, InUse) else None


def approval_facts(desk: Desk, _command: Command, _loaded: Loaded[CustomerState]) -> ApprovalFacts:
    """Gather what an approval must know: the edition in force and the newest list."""
    rules = policy.in_force(desk.context.now)
    return ApprovalFacts(
        now=desk.context.now,
        actor=desk.context.actor,
        edition=rules.edition,
        newest_list_sha256=newest_list_sha256(desk),
        max_validity_days=rules.max_validity_days,
        affiliates_percent=rules.affiliates_percent,
    )


def release_facts(desk: Desk, _command: Command, _loaded: Loaded[CustomerState]) -> ReleaseFacts:
    """Gather whether the affiliates rule is on."""
    return ReleaseFacts(
        now=desk.context.now,
        actor=desk.context.actor,
        affiliates_percent=policy.in_force(desk.context.now).affiliates_percent,
    )


GATHER: Final[dict[type[Command], Gather]] = {
    commands.ProposeApproval: approval_facts,
    commands.ConfirmApproval: approval_facts,
    commands.ReleaseHit: release_facts,
}
CREATES: Final = frozenset({commands.RegisterCustomer, ImportList})


def register() -> None:
    """Tell the house how commands of this app are carried out and who may see what."""
    for decider in (customer.DECIDER, screening_list.DECIDER):
        for command in decider.decisions:
            house.procedures[command] = procedure(decider, command)
    house.visible.update(VISIBLE)


def procedure(decider: Decider[Any], command: type[Command]) -> Procedure:
    """Describe how one command is carried out."""
    return Procedure(
        decider=decider,
        roles=PERMITTED[command],
        gather=GATHER.get(command, plain_facts),
        creates=command in CREATES,
    )
