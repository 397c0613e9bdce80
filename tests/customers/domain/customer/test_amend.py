"""AmendCustomer: a new version of the party; what rested on the old one is void."""

from typing import Any

import pytest
from msgspec.structs import replace

from customers.domain.customer import DECIDER
from customers.domain.customer.commands import AmendCustomer
from customers.domain.customer.events import (
    ApprovalRevoked,
    ApprovalSuspended,
    CustomerAmended,
    CustomerRejected,
)
from customers.domain.customer.state import Approved, Pending
from customers.domain.customer.values import SuspensionCause
from customers.domain.party import PartyKind, UltimateParent
from customers.domain.values import Address
from tests.customers.histories import (
    APPROVED,
    HIT,
    PAPERS,
    PARTY,
    READY,
    adjudicated,
    proposed,
    registered,
    released,
    screened,
)
from tests.support.deciding import given
from tests.support.people import OFFICER

ELSEWHERE = Address(lines=("2 Hill Road",), city="Suzhou", country="CN")
SUSPENDED = ApprovalSuspended(cause=SuspensionCause.AMENDED)


def amended(*, certification: bool, measures: bool, **changes: Any) -> CustomerAmended:
    return CustomerAmended(
        party=replace(PARTY, **changes),
        party_version=2,
        changed=tuple(sorted(changes)),
        certification_voided=certification,
        measures_voided=measures,
    )


RENAMED = amended(certification=True, measures=False, name="Riverside Cloud Co., Ltd.")
MOVED = amended(certification=True, measures=True, address=ELSEWHERE)
ALSO_KNOWN = amended(certification=False, measures=False, aliases=("Riverside",))


@pytest.mark.parametrize("event", [RENAMED, MOVED, ALSO_KNOWN], ids=lambda event: event.changed[0])
def test_an_amendment_names_what_changed_and_what_it_voids(event: CustomerAmended) -> None:
    given(DECIDER, *READY).when(AmendCustomer(party=event.party)).then(event)


@pytest.mark.parametrize(
    ("changes", "certification", "measures"),
    [
        ({"kind": PartyKind.PERSON}, True, True),
        ({"name": "Other"}, True, False),
        ({"uscc": None}, True, False),
        ({"address": ELSEWHERE}, True, True),
        ({"headquarters_country": "HK"}, True, False),
        ({"ultimate_parent": UltimateParent(name="Other", country="HK")}, True, False),
        ({"owners": ()}, True, False),
        ({"aliases": ()}, False, False),
        ({"native_name": None}, False, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_each_field_voids(changes: dict[str, Any], certification: Any, measures: Any) -> None:
    event = amended(certification=certification, measures=measures, **changes)
    given(DECIDER, registered()).when(AmendCustomer(party=event.party)).then(event)


def test_an_amendment_ends_an_approval() -> None:
    given(DECIDER, *APPROVED).when(AmendCustomer(party=ALSO_KNOWN.party)).then(
        ALSO_KNOWN, SUSPENDED
    )


def test_after_an_amendment_nothing_is_screened_adjudicated_or_proposed() -> None:
    history = (*PAPERS, screened(HIT), adjudicated(), released(), proposed(), ALSO_KNOWN)
    state = DECIDER.fold(history)
    assert isinstance(state, Pending)
    assert state.file.party_version == 2
    assert (state.file.screening, state.file.adjudications, state.file.proposal) == (None, (), None)
    assert state.file.certification is not None
    assert state.file.measures


def test_after_a_move_certification_and_measures_are_needed_anew() -> None:
    state = DECIDER.fold((*APPROVED, MOVED, SUSPENDED))
    assert isinstance(state, Pending)
    assert (state.file.certification, state.file.measures) == (None, ())


def test_the_file_is_amended_before_the_approval_ends() -> None:
    assert isinstance(DECIDER.fold((*APPROVED, ALSO_KNOWN)), Approved)


def test_amending_to_the_same_changes_nothing() -> None:
    given(DECIDER, *APPROVED).when(AmendCustomer(party=PARTY)).then()


def test_an_amendment_cannot_bring_in_a_wrong_uscc() -> None:
    given(DECIDER, *READY).when(
        AmendCustomer(party=replace(PARTY, uscc="91320100MA27XYL780"))
    ).refused("uscc_invalid")


def test_only_a_live_customer_can_be_amended() -> None:
    command = AmendCustomer(party=RENAMED.party)
    rejected = CustomerRejected(reason="No", by=OFFICER.person_id)
    revoked = ApprovalRevoked(reason="No", by=OFFICER.person_id)
    given(DECIDER).when(command).refused("customer_not_registered")
    given(DECIDER, *READY, rejected).when(command).refused("customer_barred")
    given(DECIDER, *APPROVED, revoked).when(command).refused("customer_barred")
