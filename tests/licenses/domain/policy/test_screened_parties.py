"""C4: every party screened on a fresh list, no standing hit, the affiliates rule by date."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from licenses.domain.policy.facts import DealFacts
from licenses.domain.policy.model import Condition
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    RULE,
    RULE_DEAL,
    changed,
    expect,
    proof,
    without,
)
from tests.support.people import NOON, identity

C4 = Condition.SCREENED_PARTIES
MIDNIGHT_IN_WASHINGTON_UTC = datetime(2026, 11, 10, 5, tzinfo=UTC)


def _screened(deal: DealFacts, **changes: Any) -> DealFacts:
    """Change the end user's screening."""
    assert deal.screening is not None
    purchaser, end_user = deal.screening.parties
    return changed(
        deal, "screening", parties=(purchaser, msgspec.structs.replace(end_user, **changes))
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "parties_clear"),
        ({"screened": False}, "party_not_screened"),
        ({"open_hits": 1}, "hit_open"),
        ({"confirmed_hits": 1}, "party_listed"),
        ({"confirmed_hits": 1, "open_hits": 1}, "party_listed"),
        ({"party_id": identity("party/somebody-else")}, "party_not_screened"),
    ],
)
def test_one_party_that_is_not_clear_stops_the_deal(changes: dict[str, Any], code: str) -> None:
    expect(code, C4, BRIEF, _screened(BRIEF_DEAL, **changes), citation=BRIEF.screening.citation)


@pytest.mark.parametrize(
    ("fetched_at", "code"),
    [
        (NOON - timedelta(days=30), "parties_clear"),
        (NOON - timedelta(days=30, microseconds=1), "screening_stale"),
        (None, "screening_stale"),
    ],
)
def test_an_old_list_no_longer_counts(fetched_at: datetime | None, code: str) -> None:
    expect(code, C4, BRIEF, _screened(BRIEF_DEAL, list_fetched_at=fetched_at))


@pytest.mark.parametrize(
    ("percent", "code"),
    [(49, "parties_clear"), (50, "affiliate_of_listed"), (51, "affiliate_of_listed")],
)
def test_affiliates_from_fifty_percent(percent: int, code: str) -> None:
    deal = _screened(RULE_DEAL, listed_ownership_percent=percent)

    expect(code, C4, RULE, deal)
    expect("parties_clear", C4, BRIEF, deal)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (datetime(2025, 9, 29, 3, 59, 59, tzinfo=UTC), "parties_clear"),
        (datetime(2025, 9, 29, 4, tzinfo=UTC), "affiliate_of_listed"),
        (datetime(2025, 11, 10, 4, 59, 59, tzinfo=UTC), "affiliate_of_listed"),
        (datetime(2025, 11, 10, 5, tzinfo=UTC), "parties_clear"),
        (datetime(2026, 11, 9, 12, tzinfo=UTC), "parties_clear"),
        (MIDNIGHT_IN_WASHINGTON_UTC - timedelta(microseconds=1), "parties_clear"),
        (MIDNIGHT_IN_WASHINGTON_UTC, "affiliate_of_listed"),
        (datetime(2027, 1, 1, tzinfo=UTC), "affiliate_of_listed"),
    ],
)
def test_the_affiliates_rule_is_a_dated_switch(now: datetime, code: str) -> None:
    deal = _screened(
        msgspec.structs.replace(RULE_DEAL, now=now),
        listed_ownership_percent=50,
        list_fetched_at=now,
    )
    assert deal.screening is not None
    fresh = tuple(
        msgspec.structs.replace(party, list_fetched_at=now) for party in deal.screening.parties
    )

    expect(code, C4, RULE, changed(deal, "screening", parties=fresh))


def test_the_switch_that_counts_is_cited() -> None:
    deal = _screened(RULE_DEAL, listed_ownership_percent=100)

    citation = RULE.screening.affiliates[-1].citation
    verdict = expect("affiliate_of_listed", C4, RULE, deal, citation=citation)
    assert verdict.reason == "Listed parties own 100 % of the end user."


def test_ownership_that_nobody_established_fails_while_the_rule_is_on() -> None:
    deal = _screened(RULE_DEAL, listed_ownership_percent=None)

    expect("ownership_unknown", C4, RULE, deal)
    expect("parties_clear", C4, BRIEF, deal)


def test_parties_are_those_of_the_route() -> None:
    expect("route_unknown", C4, RULE, without(RULE_DEAL, "route"))
    expect("route_unknown", C4, RULE, changed(RULE_DEAL, "route", parties=()))
    expect("screening_unknown", C4, RULE, without(RULE_DEAL, "screening"))


def test_the_list_and_every_screening_are_evidence() -> None:
    verdict = expect("parties_clear", C4, RULE, RULE_DEAL)

    assert verdict.evidence[:1] == proof("list_imported")
    assert len(verdict.evidence) == 3
    assert verdict.reason == "2 parties clear; affiliates rule applied."
