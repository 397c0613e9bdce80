"""Decisions on a customer's file and approval; those on screenings and hits are in `findings`."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from audits.kernel import Facts, Refused
from customers.domain.customer.commands import (
    AmendCustomer,
    CertifyEndUse,
    ConfirmApproval,
    ExpireApproval,
    ProposeApproval,
    ProveSecurity,
    RegisterCustomer,
    RejectCustomer,
    RevokeApproval,
)
from customers.domain.customer.events import (
    ApprovalExpired,
    ApprovalProposed,
    ApprovalRevoked,
    ApprovalSuspended,
    CustomerAmended,
    CustomerApproved,
    CustomerEvent,
    CustomerRegistered,
    CustomerRejected,
    EndUseCertified,
    SecurityProven,
)
from customers.domain.customer.guards import live, require_clear, require_future, require_plausible
from customers.domain.customer.state import (
    Approved,
    Barred,
    CustomerState,
    Pending,
    Unregistered,
)
from customers.domain.customer.values import (
    Bar,
    Certification,
    CustomerFile,
    EditionName,
    Proposal,
    Screening,
    SuspensionCause,
)
from customers.domain.values import Sha256

CUSTOMER_RULE: Final = "91 FR 1684"
"""Case-by-case review: approved civilian customers, certified and secured."""

_CERTIFICATION_RESTS_ON: Final = frozenset(
    {"kind", "name", "uscc", "address", "headquarters_country", "ultimate_parent", "owners"}
)
"""A certification says who uses the goods: another user needs another one."""
_MEASURES_REST_ON: Final = frozenset({"kind", "address"})
"""Security measures belong to a site."""


_EASTERNMOST: Final = timedelta(hours=14)
"""How far the earliest local time on earth is ahead of UTC: a date there may be tomorrow's."""


class ApprovalFacts(Facts):
    """What an approval must know beyond the customer's own stream."""

    edition: EditionName
    newest_list_sha256: Sha256 | None
    """The newest screening list; None when none was ever imported."""
    max_validity_days: Annotated[int, msgspec.Meta(ge=1)]
    affiliates_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    """Ownership by listed parties from which the party counts as listed; None: rule not on."""


def register_customer(
    command: RegisterCustomer, state: CustomerState, facts: Facts
) -> list[CustomerEvent]:
    """Introduce a party; what is still missing is asked for before an approval."""
    if not isinstance(state, Unregistered):
        if state.file.party == command.party and state.file.party_version == 1:
            return []
        raise Refused("customer_already_registered", "The customer is registered: amend it")
    require_plausible(command.party)
    return [CustomerRegistered(exporter_id=facts.actor.organization_id, party=command.party)]


def amend_customer(
    command: AmendCustomer, state: CustomerState, _facts: Facts
) -> list[CustomerEvent]:
    """Give the party a new version; void what rested on the old one."""
    file = live(state).file
    changed = {
        field
        for field in command.party.__struct_fields__
        if getattr(command.party, field) != getattr(file.party, field)
    }
    if not changed:
        return []
    require_plausible(command.party)
    amended = CustomerAmended(
        party=command.party,
        party_version=file.party_version + 1,
        changed=tuple(sorted(changed)),
        certification_voided=not changed.isdisjoint(_CERTIFICATION_RESTS_ON),
        measures_voided=not changed.isdisjoint(_MEASURES_REST_ON),
    )
    return [amended, *_suspension(state, SuspensionCause.AMENDED)]


def certify_end_use(
    command: CertifyEndUse, state: CustomerState, facts: Facts
) -> list[CustomerEvent]:
    """Take a certification that rules out military use and discloses every remote end user."""
    file = live(state).file
    if file.certification == command.certification:
        return []
    _require_civilian(command.certification)
    if command.certification.signed_on > (facts.now + _EASTERNMOST).date():
        raise Refused("signed_in_future", "The certification is dated in the future")
    certified = EndUseCertified(
        party_version=file.party_version, certification=command.certification
    )
    return [certified, *_suspension(state, SuspensionCause.RECERTIFIED)]


def prove_security(
    command: ProveSecurity, state: CustomerState, _facts: Facts
) -> list[CustomerEvent]:
    """Take proofs of security measures in place of those held."""
    file = live(state).file
    if file.measures == command.measures:
        return []
    proven = SecurityProven(party_version=file.party_version, measures=command.measures)
    return [proven, *_suspension(state, SuspensionCause.SECURITY_CHANGED)]


def propose_approval(
    command: ProposeApproval, state: CustomerState, facts: ApprovalFacts
) -> list[CustomerEvent]:
    """Propose an approval when nothing is missing and nothing blocks."""
    file = live(state).file
    if file.proposal == Proposal(expires_at=command.expires_at, by=facts.actor.person_id):
        return []
    screening = _require_approvable(file, command.expires_at, facts)
    return [
        ApprovalProposed(
            party_version=file.party_version,
            expires_at=command.expires_at,
            reason=command.reason,
            by=facts.actor.person_id,
            edition=facts.edition,
            list_sha256=screening.list_sha256,
        )
    ]


def confirm_approval(
    command: ConfirmApproval, state: CustomerState, facts: ApprovalFacts
) -> list[CustomerEvent]:
    """Approve what another officer proposed, if everything still holds."""
    live_state = live(state)
    file, proposal = live_state.file, live_state.file.proposal
    if proposal is None:
        if _was_confirmed(command, state, facts):
            return []
        raise Refused("approval_not_proposed", "Nobody proposed this approval, or it is void")
    if proposal.by == facts.actor.person_id:
        raise Refused("four_eyes", "Another officer than the one who proposed must confirm")
    if proposal.expires_at != command.expires_at:
        raise Refused(
            "approval_differs",
            "The proposal names another end of the approval",
            extra={"proposed_expires_at": proposal.expires_at.isoformat()},
        )
    screening = _require_approvable(file, command.expires_at, facts)
    return [
        CustomerApproved(
            party_version=file.party_version,
            expires_at=command.expires_at,
            proposed_by=proposal.by,
            by=facts.actor.person_id,
            edition=facts.edition,
            list_sha256=screening.list_sha256,
        )
    ]


def reject_customer(
    command: RejectCustomer, state: CustomerState, facts: Facts
) -> list[CustomerEvent]:
    """Refuse a customer that is not approved."""
    if isinstance(state, Barred) and state.bar is Bar.REJECTED:
        return []
    if isinstance(live(state), Approved):
        raise Refused("customer_already_approved", "The customer is approved: revoke the approval")
    return [CustomerRejected(reason=command.reason, by=facts.actor.person_id)]


def revoke_approval(
    command: RevokeApproval, state: CustomerState, facts: Facts
) -> list[CustomerEvent]:
    """Take back an approval in force."""
    if isinstance(state, Barred) and state.bar is Bar.REVOKED:
        return []
    if isinstance(live(state), Pending):
        raise Refused(
            "customer_not_approved", "There is no approval in force", citation=CUSTOMER_RULE
        )
    return [ApprovalRevoked(reason=command.reason, by=facts.actor.person_id)]


def expire_approval(
    _command: ExpireApproval, state: CustomerState, facts: Facts
) -> list[CustomerEvent]:
    """End an approval that has run out; nothing to do where none is in force."""
    if isinstance(state, Unregistered):
        raise Refused("customer_not_registered", "There is no such customer")
    if not isinstance(state, Approved):
        return []
    if facts.now < state.approval.expires_at:
        raise Refused("approval_not_due", "The approval has not run out")
    return [ApprovalExpired(expired_at=state.approval.expires_at)]


def _suspension(state: CustomerState, cause: SuspensionCause) -> list[CustomerEvent]:
    return [ApprovalSuspended(cause=cause)] if isinstance(state, Approved) else []


def _was_confirmed(command: ConfirmApproval, state: CustomerState, facts: ApprovalFacts) -> bool:
    return (
        isinstance(state, Approved)
        and state.approval.expires_at == command.expires_at
        and state.approval.confirmed_by == facts.actor.person_id
    )


def _require_approvable(
    file: CustomerFile, expires_at: datetime, facts: ApprovalFacts
) -> Screening:
    """Refuse an approval that lacks something, or that would end too late; give the screening."""
    screening = require_clear(
        file,
        newest_list_sha256=facts.newest_list_sha256,
        affiliates_percent=facts.affiliates_percent,
    )
    require_future(expires_at, now=facts.now, most=timedelta(days=facts.max_validity_days))
    return screening


def _require_civilian(certification: Certification) -> None:
    if not (
        certification.civilian_end_use
        and certification.no_military_end_use
        and certification.no_military_end_user
    ):
        raise Refused(
            "military_use_not_excluded",
            "The certification must state a civilian end use, no military end use and no military "
            "or military-intelligence end user",
            citation="15 CFR 744.21, 744.22",
        )
    if not certification.remote_end_users_complete:
        raise Refused(
            "remote_end_users_undisclosed",
            "The certification must disclose every remote end user with its country",
            citation=CUSTOMER_RULE,
        )
