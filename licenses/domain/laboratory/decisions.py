"""Who may be accredited, and how an accreditation ends."""

from typing import Final

from audits.kernel import Decider, Facts, Refused
from licenses.domain.laboratory.commands import (
    AccreditLaboratory,
    ConfirmDisqualification,
    ProposeDisqualification,
    RotateLaboratoryKey,
)
from licenses.domain.laboratory.events import (
    DisqualificationProposed,
    LaboratoryAccredited,
    LaboratoryDisqualified,
    LaboratoryEvent,
    LaboratoryKeyRotated,
)
from licenses.domain.laboratory.keys import key_id, read_public_key
from licenses.domain.laboratory.state import (
    INITIAL,
    Accredited,
    Disqualified,
    LaboratoryState,
    NotAccredited,
    evolve,
)
from licenses.domain.policy.model import TestingRule


class AccreditFacts(Facts):
    """What accrediting must know beyond the laboratory."""

    testing: TestingRule
    edition: str


def accredit_laboratory(
    command: AccreditLaboratory, state: LaboratoryState, facts: AccreditFacts
) -> list[LaboratoryEvent]:
    """Admit a laboratory that is domestic, uncontrolled from excluded countries and impartial."""
    _refuse_unfit(command, facts.testing)
    public_key = read_public_key(command.public_key)
    accredited = LaboratoryAccredited(
        organization_id=command.organization_id,
        name=command.name,
        headquarters_country=command.headquarters_country,
        control_countries=command.control_countries,
        sites=command.sites,
        public_key=public_key,
        key_id=key_id(public_key),
        edition=facts.edition,
    )
    if isinstance(state, NotAccredited):
        return [accredited]
    if isinstance(state, Disqualified):
        raise Refused("laboratory_disqualified", "It was disqualified, for good")
    if state.terms != accredited:
        raise Refused("laboratory_already_accredited", "It was accredited on other terms")
    return []


def _refuse_unfit(command: AccreditLaboratory, rule: TestingRule) -> None:
    home = rule.laboratory_country
    if command.headquarters_country != home:
        detail = f"Headquarters in {command.headquarters_country}; must be in {home}"
        raise Refused("laboratory_not_domestic", detail, citation=rule.citation)
    abroad = sorted({site.country for site in command.sites} - {home})
    if abroad:
        detail = f"Tests in {', '.join(abroad)}; must test in {home} only"
        raise Refused("laboratory_site_abroad", detail, citation=rule.citation)
    excluded = sorted(set(command.control_countries) & set(rule.excluded_control_countries))
    if excluded:
        detail = f"Controlled by capital from {', '.join(excluded)}"
        raise Refused("laboratory_controlled_from_abroad", detail, citation=rule.citation)
    if command.financial_interests:
        names = ", ".join(interest.party_name for interest in command.financial_interests)
        detail = f"Financial interest in {names}"
        raise Refused("laboratory_not_independent", detail, citation=rule.citation)


def rotate_laboratory_key(
    command: RotateLaboratoryKey, state: LaboratoryState, facts: Facts
) -> list[LaboratoryEvent]:
    """Replace the key that is in use by one that never was."""
    del facts  # a key may be replaced on any day
    current = _accredited(state)
    public_key = read_public_key(command.public_key)
    new_key_id = key_id(public_key)
    if new_key_id == current.key_id and command.replaces_key_id in current.retired_key_ids[-1:]:
        return []
    if command.replaces_key_id != current.key_id:
        raise Refused("key_not_in_use", "The key to replace is not the one in use")
    if new_key_id in {current.key_id, *current.retired_key_ids}:
        raise Refused("key_used_before", "A laboratory never signs with an old key again")
    rotated = LaboratoryKeyRotated(
        public_key=public_key, key_id=new_key_id, replaced_key_id=current.key_id
    )
    return [rotated]


def propose_disqualification(
    command: ProposeDisqualification, state: LaboratoryState, facts: Facts
) -> list[LaboratoryEvent]:
    """Propose to end the accreditation; a proposal stands until it is confirmed."""
    current = _accredited(state)
    proposed = DisqualificationProposed(reason=command.reason, by=facts.actor.person_id)
    if current.proposal == proposed:
        return []
    if current.proposal is not None:
        raise Refused("disqualification_already_proposed", "A proposal waits for confirmation")
    return [proposed]


def confirm_disqualification(
    command: ConfirmDisqualification, state: LaboratoryState, facts: Facts
) -> list[LaboratoryEvent]:
    """End the accreditation, as a second natural person."""
    if isinstance(state, Disqualified) and state.disqualified.reason == command.reason:
        return []
    proposal = _accredited(state).proposal
    if proposal is None:
        raise Refused("disqualification_not_proposed", "Nobody proposed a disqualification")
    if proposal.by == facts.actor.person_id:
        raise Refused("four_eyes", "Who proposes a disqualification cannot confirm it")
    if proposal.reason != command.reason:
        raise Refused("disqualification_reason_differs", "Another reason was proposed")
    disqualified = LaboratoryDisqualified(
        reason=proposal.reason, proposed_by=proposal.by, by=facts.actor.person_id
    )
    return [disqualified]


def _accredited(state: LaboratoryState) -> Accredited:
    if not isinstance(state, Accredited):
        raise Refused("laboratory_not_accredited", "It is not accredited")
    return state


DECIDER: Final[Decider[LaboratoryState]] = Decider(
    aggregate="laboratory",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        AccreditLaboratory: accredit_laboratory,
        RotateLaboratoryKey: rotate_laboratory_key,
        ProposeDisqualification: propose_disqualification,
        ConfirmDisqualification: confirm_disqualification,
    },
)
