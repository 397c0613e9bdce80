"""How commands on customers, screening lists, legal holds and erasures are carried out."""

from typing import Any, Final
from uuid import UUID

from audits import vault
from audits.execution import Desk, Gather, Procedure, house, plain_facts
from audits.kernel import Command, Decider
from audits.reading import Loaded
from customers.domain import customer, erasure, legal_hold, screening_list
from customers.domain.customer import commands
from customers.domain.customer.decisions import ApprovalFacts
from customers.domain.customer.findings import ReleaseFacts
from customers.domain.customer.state import Approved, CustomerState
from customers.domain.erasure.commands import ApproveErasure, RequestErasure
from customers.domain.erasure.decisions import ErasureFacts, SubjectKey
from customers.domain.erasure.state import ErasureState
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import PlaceLegalHold
from customers.domain.legal_hold.decisions import HoldFacts
from customers.domain.legal_hold.state import LegalHoldState, matters_of
from customers.domain.screening_list.commands import ImportList
from customers.domain.screening_list.state import InUse
from customers.permissions import PERMITTED, VISIBLE
from customers.ports import Deal, policy, records

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


def hold_facts(desk: Desk, command: PlaceLegalHold, loaded: Loaded[LegalHoldState]) -> HoldFacts:
    """Gather whether there is something to hold, and the stream is that of its holds."""
    target = command.target_id
    known = desk.load(customer.DECIDER, target).version > 0 or bool(records.deals_of(desk, target))
    return HoldFacts(
        now=desk.context.now,
        actor=desk.context.actor,
        target_is_known=known and loaded.stream_id == legal_hold_id(target),
    )


def erasure_facts(desk: Desk, _command: Command, loaded: Loaded[ErasureState]) -> ErasureFacts:
    """Gather what keeps a person's data; until this command ends nobody places a hold or names them.

    The holder is locked as if it were written to: who files a draft that names it holds it as well.
    """
    key = vault.status_of(loaded.stream_id)
    now, actor = desk.context.now, desk.context.actor
    if key is None:
        return ErasureFacts(now=now, actor=actor, key=None)
    holder = desk.load(customer.DECIDER, key.holder_id, lock="write").state
    deals = records.deals_of(desk, key.holder_id)
    acted_at = records.last_act_of(desk, key.holder_id)
    ends = [deal.last_at for deal in deals] + ([acted_at] if acted_at else [])
    return ErasureFacts(
        now=now,
        actor=actor,
        key=SubjectKey(
            holder_id=key.holder_id,
            sha256=key.key_sha256.hex(),
            is_destroyed=key.destroyed_at is not None,
        ),
        matters=_matters(desk, key.holder_id, deals),
        open_deal_ids=tuple(deal.deal_id for deal in deals if deal.is_open),
        approval_in_force=isinstance(holder, Approved) and now < holder.approval.expires_at,
        last_ended_at=max(ends, default=None),
    )


def _matters(desk: Desk, holder_id: UUID, deals: tuple[Deal, ...]) -> tuple[str, ...]:
    """Name what holds the thing itself, its deals, or whoever has a part in them."""
    targets = {holder_id, *(deal.deal_id for deal in deals)}
    targets.update(party_id for deal in deals for party_id in deal.party_ids)
    holds = (desk.load(legal_hold.DECIDER, legal_hold_id(target)) for target in sorted(targets))
    return tuple(dict.fromkeys(each.name for held in holds for each in matters_of(held.state)))


GATHER: Final[dict[type[Command], Gather]] = {
    commands.ProposeApproval: approval_facts,
    commands.ConfirmApproval: approval_facts,
    commands.ReleaseHit: release_facts,
    PlaceLegalHold: hold_facts,
    RequestErasure: erasure_facts,
    ApproveErasure: erasure_facts,
}
CREATES: Final = frozenset({commands.RegisterCustomer, ImportList, PlaceLegalHold, RequestErasure})
DECIDERS: Final[tuple[Decider[Any], ...]] = (
    *(customer.DECIDER, screening_list.DECIDER),
    *(legal_hold.DECIDER, erasure.DECIDER),
)


def register() -> None:
    """Tell the house how commands of this app are carried out and who may see what."""
    for decider in DECIDERS:
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
