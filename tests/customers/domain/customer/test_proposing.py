"""ProposeApproval: everything that is missing is named at once."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from customers.domain.customer import DECIDER
from customers.domain.customer.commands import ConfirmApproval
from customers.domain.hits import Disposition
from customers.domain.party import Party, PartyKind
from customers.domain.values import Address
from tests.customers.domain.customer.approvals import PROPOSE, PROPOSED, SECOND, TICK
from tests.customers.histories import (
    APPROVED,
    EXPIRES_AT,
    HIT,
    MAJORITY_HIT,
    NEXT_LIST,
    PAPERS,
    PARTY,
    READY,
    adjudicated,
    approval_facts,
    approved,
    certified,
    proposed,
    proven,
    registered,
    released,
    screened,
)
from tests.support.deciding import given
from tests.support.people import NOON, SECOND_OFFICER

TRUE = Disposition.TRUE_MATCH


def test_an_officer_proposes_an_approval() -> None:
    given(DECIDER, *READY).when(PROPOSE, approval_facts()).then(proposed())


def test_everything_that_is_missing_is_named_at_once() -> None:
    bare = replace(
        PARTY,
        native_name=None,
        uscc=None,
        headquarters_country=None,
        ultimate_parent=None,
        owners=None,
    )
    refusal = (
        given(DECIDER, registered(bare))
        .when(PROPOSE, approval_facts())
        .refused("customer_incomplete", citation="91 FR 1684")
    )
    assert refusal.extra == {
        "missing": [
            "native_name",
            "uscc",
            "headquarters_country",
            "ultimate_parent",
            "owners",
            "end_use_certification",
            "security_measures.physical_security",
            "security_measures.cyber_security",
            "security_measures.remote_access_kyc",
            "screening_against_newest_list",
        ]
    }


def in_country(country: str, **changes: Any) -> Party:
    return replace(PARTY, address=Address(lines=("1",), city="Town", country=country), **changes)


@pytest.mark.parametrize(
    ("party", "missing"),
    [
        (in_country("CN", uscc=None), ["uscc"]),
        (in_country("MO", uscc=None), []),
        (in_country("SG", uscc=None, native_name=None), []),
        (in_country("HK", native_name=None), ["native_name"]),
        (replace(PARTY, kind=PartyKind.PERSON, uscc=None, owners=None), []),
        (replace(PARTY, kind=PartyKind.PERSON, native_name=None), ["native_name"]),
        (replace(PARTY, owners=()), []),
    ],
)
def test_what_a_party_must_state_depends_on_what_and_where_it_is(
    party: Party, missing: list[str]
) -> None:
    outcome = given(DECIDER, registered(party), certified(), proven(), screened()).when(
        PROPOSE, approval_facts()
    )
    found = outcome.refusal.extra["missing"] if outcome.refusal else []
    assert found == missing


@pytest.mark.parametrize("newest", [NEXT_LIST, None])
def test_a_screening_against_any_but_the_newest_list_does_not_count(newest: str | None) -> None:
    refusal = (
        given(DECIDER, *READY)
        .when(PROPOSE, approval_facts(newest_list_sha256=newest))
        .refused("customer_incomplete")
    )
    assert refusal.extra == {"missing": ["screening_against_newest_list"]}


def test_open_hits_are_named() -> None:
    for history in ((*PAPERS, screened(HIT)), (*PAPERS, screened(HIT), adjudicated())):
        refusal = (
            given(DECIDER, *history)
            .when(PROPOSE, approval_facts())
            .refused("hits_open", citation="15 CFR part 744")
        )
        assert refusal.extra == {"hits": [str(HIT.hit_id)]}


def test_released_hits_do_not_hinder() -> None:
    history = (*PAPERS, screened(HIT), adjudicated(), released())
    given(DECIDER, *history).when(PROPOSE, approval_facts()).then(proposed())


def test_a_listed_customer_cannot_be_approved() -> None:
    history = (*PAPERS, screened(HIT), adjudicated(HIT, TRUE))
    given(DECIDER, *history).when(PROPOSE, approval_facts()).refused(
        "customer_listed", citation="15 CFR part 744"
    )


def test_the_affiliates_rule_counts_as_it_stands_when_approving() -> None:
    """The owner was released while the rule was off; then it came back."""
    history = (
        *PAPERS,
        screened(MAJORITY_HIT),
        adjudicated(MAJORITY_HIT, TRUE),
        released(MAJORITY_HIT),
    )
    given(DECIDER, *history).when(PROPOSE, approval_facts(affiliates_percent=61)).refused(
        "affiliate_of_listed", citation="15 CFR 744.11(a)(1)"
    )
    for percent in (62, None):
        given(DECIDER, *history).when(PROPOSE, approval_facts(affiliates_percent=percent)).then(
            proposed()
        )


@pytest.mark.parametrize(
    ("expires_at", "code"),
    [
        (NOON, "expiry_not_in_future"),
        (NOON - TICK, "expiry_not_in_future"),
        (EXPIRES_AT + TICK, "expiry_too_far"),
    ],
)
def test_an_approval_must_end_within_its_bounds(expires_at: Any, code: str) -> None:
    command = replace(PROPOSE, expires_at=expires_at)
    given(DECIDER, *READY).when(command, approval_facts()).refused(code)


def test_both_ends_of_the_bounds_are_in() -> None:
    soon = NOON + TICK
    given(DECIDER, *READY).when(replace(PROPOSE, expires_at=soon), approval_facts()).then(
        replace(proposed(), expires_at=soon)
    )
    given(DECIDER, *READY).when(PROPOSE, approval_facts(max_validity_days=365)).then(proposed())


def test_proposing_the_same_again_changes_nothing() -> None:
    given(DECIDER, *PROPOSED).when(PROPOSE, approval_facts()).then()


def test_a_later_proposal_replaces_an_earlier_one() -> None:
    shorter = replace(PROPOSE, expires_at=NOON + timedelta(days=30))
    given(DECIDER, *PROPOSED).when(shorter, approval_facts()).then(
        replace(proposed(), expires_at=shorter.expires_at)
    )
    given(DECIDER, *PROPOSED).when(PROPOSE, SECOND).then(
        replace(proposed(), by=SECOND_OFFICER.person_id)
    )


def test_an_approval_in_force_may_be_renewed() -> None:
    later = EXPIRES_AT + timedelta(days=100)
    facts = approval_facts(now=EXPIRES_AT - timedelta(days=1))
    renewal = replace(proposed(), expires_at=later)
    given(DECIDER, *APPROVED).when(replace(PROPOSE, expires_at=later), facts).then(renewal)
    given(DECIDER, *APPROVED, renewal).when(
        ConfirmApproval(expires_at=later),
        approval_facts(SECOND_OFFICER, now=EXPIRES_AT - timedelta(days=1)),
    ).then(replace(approved(), expires_at=later))
