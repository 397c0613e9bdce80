"""Decisions on erasing a natural person's data: two persons, and nothing that keeps the data."""

from datetime import datetime
from typing import Final
from uuid import UUID

from audits.kernel import Facts, Refused, Value
from customers.domain.erasure.commands import ApproveErasure, DeclineErasure, RequestErasure
from customers.domain.erasure.events import (
    ErasureDeclined,
    ErasureEvent,
    ErasureRequested,
    PersonalDataErased,
)
from customers.domain.erasure.state import Erased, ErasureState, Requested
from customers.domain.values import Sha256

RETENTION_RULE: Final = "15 CFR 762.6"
RETENTION_YEARS: Final = 5
"""From the last export or other end of the transaction."""


class SubjectKey(Value):
    """The key that is to go."""

    holder_id: UUID
    sha256: Sha256
    is_destroyed: bool


class ErasureFacts(Facts):
    """What an erasure must know beyond its own stream."""

    key: SubjectKey | None
    """None: there is no such subject."""
    matters: tuple[str, ...] = ()
    """What the holder, its deals or their parties are under legal hold for."""
    open_deal_ids: tuple[UUID, ...] = ()
    approval_in_force: bool = False
    """Whether the holder is a customer that may be dealt with."""
    last_ended_at: datetime | None = None
    """When the last transaction that names the holder ended; None: it had no part in any."""


def request_erasure(
    command: RequestErasure, state: ErasureState, facts: ErasureFacts
) -> list[ErasureEvent]:
    """Ask for the erasure; what keeps the data is said at once."""
    if isinstance(state, Requested):
        if state.by == facts.actor.person_id:
            return []
        raise Refused("erasure_already_requested", "Another person asked for it: approve it")
    key = _erasable(facts)
    return [
        ErasureRequested(holder_id=key.holder_id, reason=command.reason, by=facts.actor.person_id)
    ]


def approve_erasure(
    _command: ApproveErasure, state: ErasureState, facts: ErasureFacts
) -> list[ErasureEvent]:
    """Erase what another person asked to erase, if still nothing keeps it."""
    if isinstance(state, Erased):
        if state.by == facts.actor.person_id:
            return []
        raise Refused("already_erased", "Another person erased the data before")
    if not isinstance(state, Requested):
        raise Refused("erasure_not_requested", "Somebody must ask for the erasure first")
    if state.by == facts.actor.person_id:
        raise Refused("four_eyes", "Another person than the one who asked must approve")
    key = _erasable(facts)
    return [
        PersonalDataErased(
            holder_id=key.holder_id,
            key_sha256=key.sha256,
            reason=state.reason,
            requested_by=state.by,
            by=facts.actor.person_id,
        )
    ]


def decline_erasure(
    command: DeclineErasure, state: ErasureState, facts: Facts
) -> list[ErasureEvent]:
    """Turn a request down; who asked may take it back so, too."""
    if not isinstance(state, Requested):
        raise Refused("erasure_not_requested", "There is no request to decline")
    return [
        ErasureDeclined(holder_id=state.holder_id, reason=command.reason, by=facts.actor.person_id)
    ]


def _erasable(facts: ErasureFacts) -> SubjectKey:
    """Give the key back that may go; raises Refused with what keeps it, the strongest first."""
    if facts.key is None:
        raise Refused("subject_unknown", "Nobody's data are kept under this id")
    if facts.key.is_destroyed:
        raise Refused("already_erased", "The data were erased before")
    if facts.matters:
        raise Refused(
            "legal_hold",
            f"Under legal hold for: {', '.join(facts.matters)}",
            extra={"matters": list(facts.matters)},
        )
    if facts.approval_in_force:
        raise Refused("approval_in_force", "The approval of the customer rests on these data")
    if facts.open_deal_ids:
        raise Refused(
            "deal_open",
            "A deal that needs these data has not ended",
            citation=RETENTION_RULE,
            extra={"deals": [str(deal_id) for deal_id in facts.open_deal_ids]},
        )
    if facts.last_ended_at is not None:
        _require_over(facts.last_ended_at, now=facts.now)
    return facts.key


def _require_over(ended_at: datetime, *, now: datetime) -> None:
    kept_until = years_after(ended_at, RETENTION_YEARS)
    if now < kept_until:
        raise Refused(
            "retention_running",
            f"Records are kept until {kept_until.date()}, {RETENTION_YEARS} years after the end",
            citation=RETENTION_RULE,
            extra={"kept_until": kept_until.isoformat()},
        )


def years_after(moment: datetime, years: int) -> datetime:
    """Add calendar years; from 29 February it is 1 March where the year has no such day."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)
