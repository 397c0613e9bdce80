"""RecordScreening, AdjudicateHit, ReleaseHit: a hit blocks until two persons have looked at it."""

import pytest
from msgspec.structs import replace

from audits.kernel import Facts
from customers.domain.customer import DECIDER
from customers.domain.customer.commands import AdjudicateHit, RecordScreening, ReleaseHit
from customers.domain.customer.events import ApprovalSuspended, CustomerAmended, CustomerRejected
from customers.domain.customer.standing import (
    is_listed,
    listed_ownership_percent,
    open_hits,
    true_matches,
)
from customers.domain.customer.state import Pending
from customers.domain.customer.values import SuspensionCause
from customers.domain.hits import Disposition, Hit
from tests.customers.histories import (
    APPROVED,
    HIT,
    MAJORITY_HIT,
    MINORITY_HIT,
    NEXT_LIST,
    PAPERS,
    PARENT_HIT,
    PARTY,
    READY,
    adjudicated,
    approved,
    hit,
    proposed,
    registered,
    release_facts,
    released,
    screened,
    screening,
)
from tests.support.deciding import given
from tests.support.people import NOON, OFFICER, SECOND_OFFICER, SYSTEM

TRUE = Disposition.TRUE_MATCH
FALSE = Disposition.FALSE_POSITIVE
BY_SYSTEM = Facts(now=NOON, actor=SYSTEM)
BY_SECOND = Facts(now=NOON, actor=SECOND_OFFICER)
SECOND_VERSION = CustomerAmended(
    party=replace(PARTY, aliases=()),
    party_version=2,
    changed=("aliases",),
    certification_voided=False,
    measures_voided=False,
)
REASON = "Another city, another trade"
AGREED = "Agreed"
HIT_FOUND = (*PAPERS, screened(HIT))
CLEARED = (*HIT_FOUND, adjudicated(), released())


def adjudicate(
    of: Hit = HIT, disposition: Disposition = FALSE, reason: str = REASON
) -> AdjudicateHit:
    return AdjudicateHit(hit_id=of.hit_id, disposition=disposition, reason=reason)


def release(of: Hit = HIT) -> ReleaseHit:
    return ReleaseHit(hit_id=of.hit_id, reason=AGREED)


# -- Screening


def test_a_screening_of_the_present_version_is_filed() -> None:
    given(DECIDER, *PAPERS).when(RecordScreening(screening=screening(HIT)), BY_SYSTEM).then(
        screened(HIT)
    )


def test_the_same_screening_again_changes_nothing() -> None:
    given(DECIDER, *HIT_FOUND).when(RecordScreening(screening=screening(HIT)), BY_SYSTEM).then()


@pytest.mark.parametrize("version", [1, 3])
def test_a_screening_of_another_version_is_refused(version: int) -> None:
    of_another = RecordScreening(screening=screening(version=version))
    given(DECIDER, *PAPERS, SECOND_VERSION).when(of_another, BY_SYSTEM).refused(
        "party_version_outdated"
    )


def test_a_screening_of_a_later_version_is_filed() -> None:
    given(DECIDER, *PAPERS, SECOND_VERSION).when(
        RecordScreening(screening=screening(version=2)), BY_SYSTEM
    ).then(screened(version=2))


def test_a_clear_screening_leaves_an_approval_in_force() -> None:
    clear = screening(sha256=NEXT_LIST)
    given(DECIDER, *APPROVED).when(RecordScreening(screening=clear), BY_SYSTEM).then(
        screened(sha256=NEXT_LIST)
    )


def test_a_new_hit_suspends_an_approval() -> None:
    found = screening(HIT, sha256=NEXT_LIST)
    given(DECIDER, *APPROVED).when(RecordScreening(screening=found), BY_SYSTEM).then(
        screened(HIT, sha256=NEXT_LIST),
        ApprovalSuspended(cause=SuspensionCause.NEW_HIT, hit_ids=(HIT.hit_id,)),
    )


def test_a_released_hit_does_not_come_back_with_the_next_list() -> None:
    history = (*CLEARED, proposed(), approved())
    again = screening(HIT, sha256=NEXT_LIST)
    given(DECIDER, *history).when(RecordScreening(screening=again), BY_SYSTEM).then(
        screened(HIT, sha256=NEXT_LIST)
    )


def test_a_changed_entry_is_a_new_hit() -> None:
    history = (*CLEARED, proposed(), approved())
    changed = hit("hit on the changed entry")
    given(DECIDER, *history).when(
        RecordScreening(screening=screening(changed, sha256=NEXT_LIST)), BY_SYSTEM
    ).then(
        screened(changed, sha256=NEXT_LIST),
        ApprovalSuspended(cause=SuspensionCause.NEW_HIT, hit_ids=(changed.hit_id,)),
    )


def test_a_hit_that_left_the_list_blocks_no_longer() -> None:
    state = DECIDER.fold((*HIT_FOUND, screened(sha256=NEXT_LIST)))
    assert isinstance(state, Pending)
    assert open_hits(state.file) == ()


# -- Adjudication


def test_an_officer_adjudicates_a_hit() -> None:
    given(DECIDER, *HIT_FOUND).when(adjudicate()).then(adjudicated())


def test_an_adjudication_alone_still_blocks() -> None:
    state = DECIDER.fold((*HIT_FOUND, adjudicated()))
    assert isinstance(state, Pending)
    assert open_hits(state.file) == (HIT,)


def test_adjudicating_the_same_way_again_changes_nothing() -> None:
    given(DECIDER, *HIT_FOUND, adjudicated()).when(adjudicate()).then()


def test_somebody_else_cannot_take_over_an_adjudication() -> None:
    given(DECIDER, *HIT_FOUND, adjudicated()).when(adjudicate(), BY_SECOND).refused(
        "hit_already_adjudicated"
    )
    given(DECIDER, *HIT_FOUND, adjudicated()).when(adjudicate(reason="Other")).refused(
        "hit_already_adjudicated"
    )


def test_another_finding_replaces_the_first_until_it_is_released() -> None:
    found = adjudicated(HIT, TRUE)
    given(DECIDER, *HIT_FOUND, adjudicated()).when(adjudicate(HIT, TRUE)).then(found)
    given(DECIDER, *CLEARED).when(adjudicate(HIT, TRUE)).refused("hit_already_released")


def test_a_hit_of_an_earlier_screening_cannot_be_adjudicated() -> None:
    given(DECIDER, *HIT_FOUND).when(adjudicate(hit("another"))).refused("hit_not_found")
    given(DECIDER, *HIT_FOUND, screened()).when(adjudicate()).refused("hit_not_found")
    given(DECIDER, *PAPERS).when(adjudicate()).refused("hit_not_found")


# -- Release


def test_a_second_officer_releases_a_false_positive() -> None:
    given(DECIDER, *HIT_FOUND, adjudicated()).when(release(), release_facts()).then(released())
    state = DECIDER.fold(CLEARED)
    assert isinstance(state, Pending)
    assert open_hits(state.file) == ()


def test_the_officer_who_adjudicated_cannot_release() -> None:
    given(DECIDER, *HIT_FOUND, adjudicated()).when(release(), release_facts(OFFICER)).refused(
        "four_eyes"
    )


def test_a_hit_is_adjudicated_before_it_is_released() -> None:
    given(DECIDER, *HIT_FOUND).when(release(), release_facts()).refused("hit_not_adjudicated")
    given(DECIDER, *PAPERS).when(release(), release_facts()).refused("hit_not_found")


def test_releasing_again_changes_nothing() -> None:
    given(DECIDER, *CLEARED).when(release(), release_facts()).then()


def test_a_release_is_of_one_hit_alone() -> None:
    history = (*PAPERS, screened(HIT, PARENT_HIT), adjudicated(), adjudicated(PARENT_HIT))
    state = DECIDER.fold((*history, released()))
    assert isinstance(state, Pending)
    assert open_hits(state.file) == (PARENT_HIT,)


def test_a_customer_that_is_itself_listed_is_never_released() -> None:
    history = (*HIT_FOUND, adjudicated(HIT, TRUE))
    for percent in (50, None):
        given(DECIDER, *history).when(release(), release_facts(affiliates_percent=percent)).refused(
            "true_match_stands", citation="15 CFR part 744"
        )


@pytest.mark.parametrize(
    ("owners_hit", "percent", "owned"),
    [
        (MINORITY_HIT, 31, 30),
        (MINORITY_HIT, None, 30),
        (MAJORITY_HIT, 62, 61),  # 60.01 % rounded up
        (MAJORITY_HIT, None, 61),
        (PARENT_HIT, None, 100),
    ],
)
def test_a_listed_owner_below_the_limit_is_released(
    owners_hit: Hit, percent: int | None, owned: int
) -> None:
    history = (*PAPERS, screened(owners_hit), adjudicated(owners_hit, TRUE))
    given(DECIDER, *history).when(
        release(owners_hit), release_facts(affiliates_percent=percent)
    ).then(released(owners_hit))
    state = DECIDER.fold(history)
    assert isinstance(state, Pending)
    assert listed_ownership_percent(state.file) == owned


@pytest.mark.parametrize(
    ("owners_hit", "percent"), [(MINORITY_HIT, 30), (MAJORITY_HIT, 61), (PARENT_HIT, 100)]
)
def test_a_listed_owner_from_the_limit_on_is_not_released(owners_hit: Hit, percent: int) -> None:
    history = (*PAPERS, screened(owners_hit), adjudicated(owners_hit, TRUE))
    refusal = (
        given(DECIDER, *history)
        .when(release(owners_hit), release_facts(affiliates_percent=percent))
        .refused("affiliate_of_listed", citation="15 CFR 744.11(a)(1)")
    )
    assert refusal.extra == {"listed_ownership_percent": percent}


def test_listed_owners_add_up() -> None:
    """30 % and 60.01 %: together 91 %, rounded up."""
    history = (
        *PAPERS,
        screened(MINORITY_HIT, MAJORITY_HIT),
        adjudicated(MINORITY_HIT, TRUE),
        adjudicated(MAJORITY_HIT, TRUE),
    )
    state = DECIDER.fold(history)
    assert isinstance(state, Pending)
    assert listed_ownership_percent(state.file) == 91
    assert true_matches(state.file) == (MINORITY_HIT, MAJORITY_HIT)
    assert not is_listed(state.file)


def test_ownership_by_listed_parties_is_zero_only_when_established() -> None:
    ownerless = registered(replace(PARTY, owners=None))
    for history, owned in (
        ((registered(), screened()), 0),
        ((registered(),), None),
        ((ownerless, screened()), None),
        ((registered(), screened(MINORITY_HIT), adjudicated(MINORITY_HIT)), 0),
    ):
        state = DECIDER.fold(history)
        assert isinstance(state, Pending)
        assert listed_ownership_percent(state.file) == owned


def test_only_a_live_customer_is_screened_and_judged() -> None:
    rejected = CustomerRejected(reason="No", by=OFFICER.person_id)
    for command in (RecordScreening(screening=screening()), adjudicate(), release()):
        given(DECIDER).when(command, release_facts()).refused("customer_not_registered")
        given(DECIDER, *READY, rejected).when(command, release_facts()).refused("customer_barred")
