"""Facts about the parties of a deal: where they are, whether they are approved and screened."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from audits.execution import Desk
from audits.reading import Loaded
from customers.domain import customer, screening_list
from customers.domain.customer import events
from customers.domain.customer.standing import (
    assurances,
    is_listed,
    listed_ownership_percent,
    open_hits,
    true_matches,
)
from customers.domain.customer.state import Approved, Barred, CustomerState, Pending, Unregistered
from customers.domain.hits import Subject
from customers.domain.screening_list.events import ListImported
from customers.domain.screening_list.state import InUse, ScreeningListState
from customers.handlers import SCREENING_LIST_ID
from licenses.domain.application.values import NamedParty, Party, PartyRole
from licenses.domain.policy.facts import (
    CustomerFacts,
    PartyFacts,
    RouteFacts,
    ScreenedPartyFacts,
    ScreeningFacts,
)
from licenses.domain.policy.model import Assurance

DEAL_ROLES: Final = frozenset(
    {PartyRole.PURCHASER, PartyRole.ULTIMATE_CONSIGNEE, PartyRole.END_USER}
)
"""Parties that must be approved customers; carriers in between must be screened."""

Customers = dict[UUID, Loaded[CustomerState]]


def load_customers(desk: Desk, party_ids: Iterable[UUID]) -> Customers:
    """Load the customers of a deal; nobody changes them before this command ends."""
    return {party_id: desk.load(customer.DECIDER, party_id) for party_id in sorted(set(party_ids))}


def party_facts(role: PartyRole, loaded: Loaded[CustomerState]) -> PartyFacts | None:
    """Say where a party is, is run from and is owned from; None for a stranger."""
    if isinstance(loaded.state, Unregistered):
        return None
    party = loaded.state.file.party
    return PartyFacts(
        party_id=loaded.stream_id,
        role=role.value.replace("_", " "),
        country=party.address.country,
        headquarters_country=party.headquarters_country,
        ultimate_parent_country=party.ultimate_parent.country if party.ultimate_parent else None,
        evidence=loaded.evidence(events.CustomerRegistered, events.CustomerAmended)[-1:],
    )


def route_facts(
    *,
    shipped_from: str,
    destination: str,
    parties: Sequence[NamedParty | Party],
    customers: Customers,
    evidence: tuple[UUID, ...],
) -> RouteFacts:
    """Say from where to where, and through whose hands."""
    known = (party_facts(party.role, customers[party.customer_id]) for party in parties)
    return RouteFacts(
        shipped_from=shipped_from,
        destination=destination,
        parties=tuple(facts for facts in known if facts is not None),
        evidence=evidence,
    )


def customer_facts(
    parties: Sequence[NamedParty | Party], customers: Customers
) -> CustomerFacts | None:
    """Say how the buying parties stand together: as the one that stands worst."""
    buying = [customers[party.customer_id] for party in parties if party.role in DEAL_ROLES]
    if not buying:
        return None
    states = [loaded.state for loaded in buying]
    ends = [state.approval.expires_at for state in states if isinstance(state, Approved)]
    files = [state.file for state in states if not isinstance(state, Unregistered)]
    given = frozenset.intersection(*map(assurances, files)) if files else frozenset()
    kinds = (
        *(events.CustomerApproved, events.EndUseCertified, events.SecurityProven),
        *(events.CustomerRejected, events.ApprovalRevoked, events.ApprovalSuspended),
    )
    return CustomerFacts(
        status=_worst(states),
        approved_until=min(ends) if len(ends) == len(states) else None,
        assurances=tuple(Assurance(name) for name in sorted(given)),
        evidence=_unique(event for loaded in buying for event in loaded.latest(*kinds)),
    )


def _worst(states: Sequence[CustomerState]) -> Any:
    order = ((Unregistered, "unregistered"), (Barred, "barred"), (Pending, "pending"))
    for case, name in order:
        if any(isinstance(state, case) for state in states):
            return name
    return "approved"


def screening_facts(desk: Desk, customers: Customers) -> ScreeningFacts:
    """Say what the last screenings of all parties found, and against which list."""
    in_use = desk.load(screening_list.DECIDER, SCREENING_LIST_ID)
    return ScreeningFacts(
        parties=tuple(
            _screened(loaded, in_use.state)
            for loaded in customers.values()
            if not isinstance(loaded.state, Unregistered)
        ),
        evidence=in_use.evidence(ListImported)[-1:],
    )


def _screened(loaded: Loaded[Any], in_use: ScreeningListState) -> ScreenedPartyFacts:
    file = loaded.state.file
    newest = in_use if isinstance(in_use, InUse) else None
    is_screened = (
        file.screening is not None
        and newest is not None
        and file.screening.list_sha256 == newest.sha256
    )
    own = [hit for hit in true_matches(file) if hit.screened.subject is Subject.PARTY]
    return ScreenedPartyFacts(
        party_id=loaded.stream_id,
        screened=is_screened,
        list_fetched_at=newest.fetched_at if newest and is_screened else None,
        open_hits=len(open_hits(file)),
        confirmed_hits=len(own),
        listed_ownership_percent=listed_ownership_percent(file),
        evidence=loaded.latest(events.CustomerScreened, events.HitAdjudicated, events.HitReleased),
    )


def is_cleared(loaded: Loaded[CustomerState], in_use: ScreeningListState) -> bool:
    """Tell whether a party's screening lets it pay or be paid today."""
    if isinstance(loaded.state, Unregistered | Barred) or not isinstance(in_use, InUse):
        return False
    file = loaded.state.file
    return (
        file.screening is not None
        and file.screening.list_sha256 == in_use.sha256
        and not open_hits(file)
        and not is_listed(file)
    )


def cleared_ids(desk: Desk, party_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    """Name the parties whose screening clears them now."""
    customers = load_customers(desk, party_ids)
    in_use = desk.load(screening_list.DECIDER, SCREENING_LIST_ID).state
    return tuple(key for key, loaded in customers.items() if is_cleared(loaded, in_use))


def _unique(event_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(event_ids))
