"""Decisions on screenings and their hits: a person adjudicates, a second one releases."""

from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Facts, Refused
from customers.domain.customer.commands import AdjudicateHit, RecordScreening, ReleaseHit
from customers.domain.customer.events import (
    ApprovalSuspended,
    CustomerEvent,
    CustomerScreened,
    HitAdjudicated,
    HitReleased,
)
from customers.domain.customer.guards import SCREENING_RULE, live, require_not_affiliate
from customers.domain.customer.standing import adjudication_of, hits_of, open_hits
from customers.domain.customer.state import Approved, CustomerState
from customers.domain.customer.values import CustomerFile, SuspensionCause
from customers.domain.hits import Adjudication, Disposition, Hit, Subject


class ReleaseFacts(Facts):
    """What a release must know beyond the customer's own stream."""

    affiliates_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    """Ownership by listed parties from which the party counts as listed; None: rule not on."""


def record_screening(
    command: RecordScreening, state: CustomerState, _facts: Facts
) -> list[CustomerEvent]:
    """File a screening of the present version of the party; a new hit suspends an approval."""
    state = live(state)
    if command.screening.party_version != state.file.party_version:
        raise Refused(
            "party_version_outdated",
            f"Version {command.screening.party_version} was screened, the party is at version "
            f"{state.file.party_version}",
        )
    if command.screening == state.file.screening:
        return []
    screened = CustomerScreened(screening=command.screening)
    blocking = open_hits(msgspec.structs.replace(state.file, screening=command.screening))
    if not isinstance(state, Approved) or not blocking:
        return [screened]
    suspended = ApprovalSuspended(
        cause=SuspensionCause.NEW_HIT, hit_ids=tuple(hit.hit_id for hit in blocking)
    )
    return [screened, suspended]


def adjudicate_hit(
    command: AdjudicateHit, state: CustomerState, facts: Facts
) -> list[CustomerEvent]:
    """Record what an officer finds a hit to be; another finding replaces it until released."""
    file = live(state).file
    _hit(file, command.hit_id)
    known = adjudication_of(file, command.hit_id)
    if known is not None and known.disposition is command.disposition:
        if known.by == facts.actor.person_id and known.reason == command.reason:
            return []
        raise Refused("hit_already_adjudicated", f"The hit was found a {known.disposition}")
    if known is not None and known.released_by is not None:
        raise Refused("hit_already_released", "A second officer has released the hit")
    return [
        HitAdjudicated(
            hit_id=command.hit_id,
            disposition=command.disposition,
            reason=command.reason,
            by=facts.actor.person_id,
        )
    ]


def release_hit(
    command: ReleaseHit, state: CustomerState, facts: ReleaseFacts
) -> list[CustomerEvent]:
    """Release a hit that another officer adjudicated.

    A true match of the party itself is never released. One of an owner or the ultimate parent
    is, as long as listed parties own too little for the affiliates rule, or the rule is not on.
    """
    file = live(state).file
    hit = _hit(file, command.hit_id)
    known = adjudication_of(file, command.hit_id)
    if known is None:
        raise Refused("hit_not_adjudicated", "An officer must adjudicate the hit first")
    if known.released_by is not None:
        return []
    if known.by == facts.actor.person_id:
        raise Refused("four_eyes", "Another officer than the one who adjudicated must release")
    _require_releasable(file, hit, known, affiliates_percent=facts.affiliates_percent)
    return [HitReleased(hit_id=command.hit_id, reason=command.reason, by=facts.actor.person_id)]


def _hit(file: CustomerFile, hit_id: UUID) -> Hit:
    for hit in hits_of(file):
        if hit.hit_id == hit_id:
            return hit
    raise Refused("hit_not_found", "The last screening has no such hit")


def _require_releasable(
    file: CustomerFile, hit: Hit, known: Adjudication, *, affiliates_percent: int | None
) -> None:
    if known.disposition is not Disposition.TRUE_MATCH:
        return
    if hit.screened.subject is Subject.PARTY:
        raise Refused(
            "true_match_stands",
            "A customer that is on the list cannot be released",
            citation=SCREENING_RULE,
        )
    require_not_affiliate(file, affiliates_percent=affiliates_percent)
