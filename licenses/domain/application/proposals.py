"""From what an officer asks to a proposal that can be confirmed. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import timedelta
from typing import Final

import msgspec

from audits.kernel import Refused
from licenses.domain.application.commands import ProposeDecision
from licenses.domain.application.facts import DecisionFacts, ProposalFacts
from licenses.domain.application.values import (
    MAX_PROPOSAL_BYTES,
    LineQuantity,
    Outcome,
    Proposal,
    Submission,
)
from licenses.domain.application.verdicts import require
from licenses.domain.policy.evaluation import GRANT_CONDITIONS
from licenses.domain.policy.model import Verdict

VALIDITY_CITATION: Final = "15 CFR 750.7(g)"


def propose(command: ProposeDecision, submission: Submission, facts: ProposalFacts) -> Proposal:
    """Make the proposal that `command` asks for; raises Refused for terms that cannot be."""
    if command.outcome is Outcome.DENY:
        _require_no_terms(command)
    else:
        _require_validity(command, facts)
        _require_unique("proviso_repeated", (proviso.proviso_id for proviso in command.provisos))
    proposal = Proposal(
        outcome=command.outcome,
        reasons=command.reasons,
        provisos=command.provisos,
        quantities=_quantities(command, submission),
        expires_at=command.expires_at,
        on_version=facts.version,
        by=facts.actor.person_id,
        edition=facts.edition,
    )
    _require_size(proposal)
    return proposal


def same_decision(one: Proposal, other: Proposal) -> bool:
    """Tell whether two proposals say the same by the same person, on whichever version."""
    return msgspec.structs.replace(one, on_version=0) == msgspec.structs.replace(
        other, on_version=0
    )


def grounds(proposal: Proposal, facts: DecisionFacts) -> tuple[Verdict, ...]:
    """Give the verdicts that a decision rests on; raises Refused where an approval lacks one."""
    if proposal.outcome is Outcome.DENY:
        return ()
    require(facts.verdicts, GRANT_CONDITIONS)
    return facts.verdicts


def require_future_expiry(proposal: Proposal, facts: DecisionFacts) -> None:
    """Refuse a license that would be over before it begins."""
    if proposal.expires_at is not None and proposal.expires_at <= facts.now:
        raise Refused(
            "expiry_past",
            f"The license would have ended on {proposal.expires_at.isoformat()}",
            citation=VALIDITY_CITATION,
        )


def _require_size(proposal: Proposal) -> None:
    size = len(msgspec.json.encode(proposal))
    if size > MAX_PROPOSAL_BYTES:
        raise Refused(
            "decision_too_large",
            f"Reasons and provisos hold {MAX_PROPOSAL_BYTES} bytes together",
            extra={"size_bytes": size},
        )


def _require_no_terms(command: ProposeDecision) -> None:
    if command.provisos or command.quantities or command.expires_at is not None:
        raise Refused(
            "denial_with_terms", "A denial carries no provisos, no quantities and no expiry"
        )


def _require_validity(command: ProposeDecision, facts: ProposalFacts) -> None:
    if command.expires_at is None:
        raise Refused("expiry_missing", "An approval names its expiry", citation=VALIDITY_CITATION)
    if command.expires_at <= facts.now:
        raise Refused("expiry_past", "The expiry lies in the past", citation=VALIDITY_CITATION)
    days = facts.rule.validity_days_at_most
    if command.expires_at > facts.now + timedelta(days=days):
        raise Refused(
            "validity_exceeded",
            f"A license is valid for {days} days at most",
            citation=facts.rule.citation,
        )


def _require_unique(code: str, names: Iterable[Hashable]) -> None:
    repeated = [str(name) for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise Refused(code, f"Named more than once: {', '.join(repeated)}")


def _quantities(command: ProposeDecision, submission: Submission) -> tuple[LineQuantity, ...]:
    """Resolve the lines to approve; none named for an approval: all lines in whole."""
    if command.outcome is Outcome.DENY:
        return ()
    applied = {item.line: item.quantity for item in submission.items}
    if not command.quantities:
        return tuple(LineQuantity(line=line, quantity=units) for line, units in applied.items())
    _require_unique("line_repeated", (part.line for part in command.quantities))
    for part in command.quantities:
        if part.line not in applied:
            raise Refused("line_unknown", f"The application has no line {part.line}")
        if part.quantity > applied[part.line]:
            raise Refused(
                "quantity_above_application",
                f"Line {part.line} applies for {applied[part.line]}, not for {part.quantity}",
                extra={"line": part.line, "applied": applied[part.line]},
            )
    return tuple(sorted(command.quantities, key=lambda part: part.line))
