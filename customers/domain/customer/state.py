"""The states of a customer and how events move it from one to the next."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, assert_never
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Event, ImpossibleHistoryError, State, require_follows
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
    CustomerScreened,
    EndUseCertified,
    HitAdjudicated,
    HitReleased,
    SecurityProven,
)
from customers.domain.customer.values import Approval, Bar, CustomerFile, Proposal
from customers.domain.hits import Adjudication
from customers.domain.values import LongText


class Unregistered(State):
    """Nothing happened yet."""


class Pending(State):
    """Registered; not approved, not approved yet or not approved any more."""

    file: CustomerFile


class Approved(State):
    """May be dealt with before `approval.expires_at`."""

    file: CustomerFile
    approval: Approval


class Barred(State):
    """Rejected or revoked: the end of the stream."""

    file: CustomerFile
    bar: Bar
    reason: LongText
    by: UUID


CustomerState: TypeAlias = Unregistered | Pending | Approved | Barred

INITIAL: Final[CustomerState] = Unregistered()


_LIVE: Final = (Pending, Approved)
FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    CustomerRegistered: (Unregistered,),
    CustomerAmended: _LIVE,
    EndUseCertified: _LIVE,
    SecurityProven: _LIVE,
    CustomerScreened: _LIVE,
    HitAdjudicated: _LIVE,
    HitReleased: _LIVE,
    ApprovalProposed: _LIVE,
    CustomerApproved: _LIVE,
    CustomerRejected: (Pending,),
    ApprovalRevoked: (Approved,),
    ApprovalExpired: (Approved,),
    ApprovalSuspended: (Approved,),
}


def evolve(state: CustomerState, event: CustomerEvent) -> CustomerState:
    """Move on by one event. Raises ImpossibleHistoryError for what cannot have happened."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, CustomerRegistered):
        return Pending(
            file=CustomerFile(exporter_id=event.exporter_id, party=event.party, party_version=1)
        )
    if not isinstance(state, Pending | Approved):
        raise ImpossibleHistoryError(f"{type(event).__name__} after {type(state).__name__}")
    match event:
        case CustomerApproved():
            return _approved(state, event)
        case CustomerRejected():
            return Barred(file=state.file, bar=Bar.REJECTED, reason=event.reason, by=event.by)
        case ApprovalRevoked():
            return Barred(file=state.file, bar=Bar.REVOKED, reason=event.reason, by=event.by)
        case ApprovalExpired() | ApprovalSuspended():
            return Pending(file=state.file)
        case _:
            return replace(state, file=_filed(state.file, event))


_FileEvent: TypeAlias = (
    CustomerAmended
    | EndUseCertified
    | SecurityProven
    | CustomerScreened
    | HitAdjudicated
    | HitReleased
    | ApprovalProposed
)


def _filed(file: CustomerFile, event: _FileEvent) -> CustomerFile:
    match event:
        case CustomerAmended():
            return _amended(file, event)
        case EndUseCertified():
            return replace(file, certification=event.certification, proposal=None)
        case SecurityProven():
            return replace(file, measures=event.measures, proposal=None)
        case CustomerScreened():
            return replace(file, screening=event.screening)
        case HitAdjudicated() | HitReleased():
            return replace(file, adjudications=_judged(file.adjudications, event))
        case ApprovalProposed():
            return replace(file, proposal=Proposal(expires_at=event.expires_at, by=event.by))
        case _:
            assert_never(event)


def _amended(file: CustomerFile, event: CustomerAmended) -> CustomerFile:
    voided: dict[str, Any] = {"screening": None, "adjudications": (), "proposal": None}
    if event.certification_voided:
        voided["certification"] = None
    if event.measures_voided:
        voided["measures"] = ()
    return replace(file, party=event.party, party_version=event.party_version, **voided)


def _judged(
    known: tuple[Adjudication, ...], event: HitAdjudicated | HitReleased
) -> tuple[Adjudication, ...]:
    if isinstance(event, HitReleased):
        return tuple(
            replace(each, released_by=event.by) if each.hit_id == event.hit_id else each
            for each in known
        )
    found = Adjudication(
        hit_id=event.hit_id, disposition=event.disposition, reason=event.reason, by=event.by
    )
    return (*(each for each in known if each.hit_id != event.hit_id), found)


def _approved(state: Pending | Approved, event: CustomerApproved) -> Approved:
    approval = Approval(
        expires_at=event.expires_at,
        proposed_by=event.proposed_by,
        confirmed_by=event.by,
        edition=event.edition,
    )
    return Approved(file=replace(state.file, proposal=None), approval=approval)
