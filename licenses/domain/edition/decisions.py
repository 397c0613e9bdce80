"""How an edition comes into force: one officer, another officer, its day."""

import hashlib
from datetime import UTC
from typing import Final, assert_never

from audits.kernel import Decider, Facts, Refused
from licenses.domain.edition.commands import (
    ApproveEdition,
    EnforceEdition,
    PublishEdition,
    WithdrawEdition,
)
from licenses.domain.edition.events import (
    EditionApproved,
    EditionEvent,
    EditionPublished,
    EditionTookEffect,
    EditionWithdrawn,
)
from licenses.domain.edition.state import (
    INITIAL,
    Approved,
    EditionState,
    InForce,
    Published,
    Unpublished,
    Withdrawn,
    evolve,
)
from licenses.domain.policy.parsing import parse_edition


def publish_edition(
    command: PublishEdition, state: EditionState, facts: Facts
) -> list[EditionEvent]:
    """Publish a text that is an edition without gaps or contradictions. A name is used once."""
    edition = parse_edition(command.toml)
    sha256 = hashlib.sha256(command.toml.encode()).hexdigest()
    if not isinstance(state, Unpublished):
        if isinstance(state, Withdrawn):
            raise Refused("edition_withdrawn", f"{edition.name} was withdrawn; use another name")
        if state.sha256 != sha256:
            raise Refused("edition_name_taken", f"{edition.name} is published with another text")
        return []
    published = EditionPublished(
        name=edition.name,
        title=edition.title,
        family=edition.family,
        toml=command.toml,
        sha256=sha256,
        effective_from=edition.effective_from.astimezone(UTC),
        by=facts.actor.person_id,
    )
    return [published]


def approve_edition(
    command: ApproveEdition, state: EditionState, facts: Facts
) -> list[EditionEvent]:
    """Approve exactly the text that was read, as another person than its publisher.

    An edition approved after its day takes effect with its approval: it never rules over what
    was decided before anybody stood behind it.
    """
    if isinstance(state, Unpublished | Withdrawn):
        raise Refused("edition_not_published", "There is no published edition to approve")
    if command.sha256 != state.sha256:
        raise Refused("edition_text_differs", f"{state.name} is published with another text")
    if not isinstance(state, Published):
        return []
    if facts.actor.person_id == state.by:
        raise Refused("four_eyes", "Whoever published an edition cannot approve it")
    approved = EditionApproved(
        name=state.name,
        sha256=state.sha256,
        effective_from=max(state.effective_from, facts.now),
        approved_at=facts.now,
        published_by=state.by,
        by=facts.actor.person_id,
    )
    return [approved]


def withdraw_edition(
    command: WithdrawEdition, state: EditionState, facts: Facts
) -> list[EditionEvent]:
    """Take an edition back. From the first moment of its effect on, only a new one replaces it."""
    match state:
        case Unpublished():
            raise Refused("edition_not_published", "There is no published edition to withdraw")
        case Withdrawn():
            return []
        case InForce():
            raise Refused("edition_in_force", f"{state.name} has taken effect")
        case Approved() if facts.now >= state.effective_from:
            raise Refused("edition_in_force", f"{state.name} took effect {state.effective_from}")
        case Published() | Approved():
            return [
                EditionWithdrawn(name=state.name, reason=command.reason, by=facts.actor.person_id)
            ]
        case _:
            assert_never(state)


def enforce_edition(
    command: EnforceEdition, state: EditionState, facts: Facts
) -> list[EditionEvent]:
    """Note that an approved edition has taken effect, from the moment that it is due."""
    del command  # says nothing but that it is time
    if isinstance(state, InForce):
        return []
    if not isinstance(state, Approved):
        raise Refused("edition_not_approved", "Only an approved edition takes effect")
    if facts.now < state.effective_from:
        raise Refused("edition_not_due", f"{state.name} takes effect {state.effective_from}")
    in_effect = EditionTookEffect(
        name=state.name,
        sha256=state.sha256,
        effective_from=state.effective_from,
        approved_at=state.approved_at,
    )
    return [in_effect]


DECIDER: Final[Decider[EditionState]] = Decider(
    aggregate="edition",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        PublishEdition: publish_edition,
        ApproveEdition: approve_edition,
        WithdrawEdition: withdraw_edition,
        EnforceEdition: enforce_edition,
    },
)
