"""Decisions on an application. Pure."""

from typing import Final
from uuid import UUID

import msgspec

from audits.kernel import Decider, Facts, Refused
from licenses.domain.application.commands import (
    ConfirmDecision,
    DraftApplication,
    ProposeDecision,
    ReturnApplication,
    ReviseApplication,
    SubmitApplication,
    WithdrawApplication,
)
from licenses.domain.application.content import complete, deal_fingerprint, gaps, merge
from licenses.domain.application.events import (
    ApplicationApproved,
    ApplicationDenied,
    ApplicationDrafted,
    ApplicationEvent,
    ApplicationReturned,
    ApplicationRevised,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    DecisionProposed,
)
from licenses.domain.application.facts import DecisionFacts, ProposalFacts, SubmitFacts
from licenses.domain.application.proposals import (
    grounds,
    propose,
    require_future_expiry,
    same_decision,
)
from licenses.domain.application.state import (
    INITIAL,
    ApplicationState,
    Approved,
    Denied,
    Draft,
    NotDrafted,
    Proposed,
    Returned,
    Submitted,
    Withdrawn,
    evolve,
)
from licenses.domain.application.values import MAX_CONTENT_BYTES, Content, Outcome

COMPLETENESS_CITATION: Final = "15 CFR 748.6"
DUPLICATE_CITATION: Final = "15 CFR 748.4"
DESCRIPTION_CITATION: Final = "15 CFR 764.2(g)"
FOUR_EYES_CITATION: Final = "Tollgate: four-eyes principle"


def draft_application(
    command: DraftApplication, state: ApplicationState, facts: Facts
) -> list[ApplicationEvent]:
    """Start the application of the actor's organization."""
    content = _given(command)
    if isinstance(state, NotDrafted):
        _require_size(content)
        return [ApplicationDrafted(exporter_id=facts.actor.organization_id, content=content)]
    if isinstance(state, Draft) and merge(state.content, content) == state.content:
        return []  # already drafted so: retrying is safe
    raise Refused("application_already_drafted", "This application has been started before")


def revise_application(
    command: ReviseApplication, state: ApplicationState, _facts: Facts
) -> list[ApplicationEvent]:
    """Save what is given of a draft; a save that changes nothing leaves no event."""
    draft = _draft(state)
    changes = _given(command)
    content = merge(draft.content, changes)
    if content == draft.content:
        return []
    _require_size(content)
    return [ApplicationRevised(changes=changes)]


def submit_application(
    _command: SubmitApplication, state: ApplicationState, facts: SubmitFacts
) -> list[ApplicationEvent]:
    """File the draft, or name every gap, ineligible or misdescribed line, or the pending twin."""
    if isinstance(state, Submitted | Proposed):
        return []  # already filed: retrying is safe
    draft = _draft(state)
    _require_complete(draft, facts)
    _require_eligible(facts)
    _require_described(facts)
    if facts.duplicate_of is not None:
        raise Refused(
            "application_duplicate",
            f"Application {facts.duplicate_of} for the same deal is pending",
            citation=DUPLICATE_CITATION,
            extra={"duplicate_of": str(facts.duplicate_of)},
        )
    return [
        ApplicationSubmitted(
            exporter_id=draft.exporter_id,
            control_number=facts.control_number,
            fingerprint=deal_fingerprint(draft.exporter_id, draft.content),
            submission=complete(draft.content, facts.customers),
            by=facts.actor.person_id,
            edition=facts.edition,
        )
    ]


def withdraw_application(
    command: WithdrawApplication, state: ApplicationState, _facts: Facts
) -> list[ApplicationEvent]:
    """Take back a draft or a pending application."""
    if isinstance(state, Withdrawn):
        return []  # already withdrawn: retrying is safe
    if not isinstance(state, Draft | Submitted | Proposed):
        raise _not_pending(state)
    return [ApplicationWithdrawn(reason=command.reason)]


def return_application(
    command: ReturnApplication, state: ApplicationState, facts: Facts
) -> list[ApplicationEvent]:
    """Return a pending application without action."""
    if isinstance(state, Returned) and state.reasons == command.reasons:
        return []  # already returned for these reasons: retrying is safe
    if not isinstance(state, Submitted | Proposed):
        raise _not_pending(state)
    return [ApplicationReturned(reasons=command.reasons, by=facts.actor.person_id)]


def propose_decision(
    command: ProposeDecision, state: ApplicationState, facts: ProposalFacts
) -> list[ApplicationEvent]:
    """Record what one officer would decide; a new proposal replaces the one before it."""
    if not isinstance(state, Submitted | Proposed):
        raise _not_pending(state)
    _require_other_person(facts, state.filing.submitted_by)
    proposal = propose(command, state.filing.submission, facts)
    if isinstance(state, Proposed) and same_decision(state.proposal, proposal):
        return []  # already proposed by this officer: retrying is safe
    verdicts = grounds(proposal, facts)
    return [DecisionProposed(proposal=proposal, verdicts=verdicts)]


def confirm_decision(
    command: ConfirmDecision, state: ApplicationState, facts: DecisionFacts
) -> list[ApplicationEvent]:
    """Give effect to the proposal, by another natural person than those who filed or proposed."""
    person_id = facts.actor.person_id
    if isinstance(state, Approved | Denied) and (
        (state.proposal.on_version, state.confirmed_by) == (command.on_version, person_id)
    ):
        return []  # already confirmed by this officer: retrying is safe
    if not isinstance(state, Proposed):
        raise _not_pending(state, code="application_not_proposed")
    _require_other_person(facts, state.filing.submitted_by, state.proposal.by)
    proposal = state.proposal
    if command.on_version != proposal.on_version:
        raise Refused(
            "proposal_replaced",
            f"The pending proposal was made on version {proposal.on_version}, "
            f"not on version {command.on_version}",
            extra={"on_version": proposal.on_version},
        )
    if proposal.outcome is Outcome.DENY:
        return [ApplicationDenied(proposal=proposal, confirmed_by=person_id, edition=facts.edition)]
    require_future_expiry(proposal, facts)
    return [
        ApplicationApproved(
            proposal=proposal,
            confirmed_by=person_id,
            verdicts=grounds(proposal, facts),
            edition=facts.edition,
        )
    ]


def _given(command: DraftApplication | ReviseApplication) -> Content:
    return Content(**{field: getattr(command, field) for field in Content.__struct_fields__})


def _require_size(content: Content) -> None:
    size = len(msgspec.json.encode(content))
    if size > MAX_CONTENT_BYTES:
        raise Refused(
            "application_too_large",
            f"An application holds {MAX_CONTENT_BYTES} bytes; put the rest into documents",
            extra={"size_bytes": size},
        )


def _draft(state: ApplicationState) -> Draft:
    if isinstance(state, NotDrafted):
        raise Refused("application_not_drafted", "There is no such application")
    if not isinstance(state, Draft):
        case = type(state).__name__.lower()
        raise Refused("application_not_draft", f"It is {case}: only a draft is changed or filed")
    return state


def _require_complete(draft: Draft, facts: SubmitFacts) -> None:
    found = gaps(draft.content, facts.customers)
    if found:
        raise Refused(
            "application_incomplete",
            f"{len(found)} gaps, the first: {found[0].field} {found[0].reason}",
            citation=COMPLETENESS_CITATION,
            extra={"gaps": msgspec.to_builtins(list(found))},
        )


def _require_eligible(facts: SubmitFacts) -> None:
    if facts.ineligible:
        raise Refused(
            "product_not_eligible",
            f"{len(facts.ineligible)} lines, the first: {facts.ineligible[0].reason}",
            citation=facts.ineligible[0].citation,
            extra={"lines": msgspec.to_builtins(list(facts.ineligible))},
        )


def _require_described(facts: SubmitFacts) -> None:
    if facts.misdescribed:
        first = facts.misdescribed[0]
        raise Refused(
            "product_misdescribed",
            f"{len(facts.misdescribed)} particulars, the first: {first.field} {first.reason}",
            citation=DESCRIPTION_CITATION,
            extra={"gaps": msgspec.to_builtins(list(facts.misdescribed))},
        )


def _require_other_person(facts: Facts, *makers: UUID) -> None:
    if facts.actor.person_id in makers:
        raise Refused(
            "four_eyes",
            "Whoever filed or proposed does not decide: another natural person must",
            citation=FOUR_EYES_CITATION,
        )


def _not_pending(state: ApplicationState, code: str = "application_not_pending") -> Refused:
    if isinstance(state, NotDrafted):
        return Refused("application_not_drafted", "There is no such application")
    return Refused(code, f"The application is {type(state).__name__.lower()}")


DECIDER: Final[Decider[ApplicationState]] = Decider(
    aggregate="application",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        DraftApplication: draft_application,
        ReviseApplication: revise_application,
        SubmitApplication: submit_application,
        WithdrawApplication: withdraw_application,
        ReturnApplication: return_application,
        ProposeDecision: propose_decision,
        ConfirmDecision: confirm_decision,
    },
)
