"""C2: route, and the three countries of every party."""

import msgspec
import pytest

from licenses.domain.policy.facts import DealFacts, PartyFacts, RouteFacts
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

C2 = Condition.ELIGIBLE_DESTINATION


def _route(deal: DealFacts) -> RouteFacts:
    assert deal.route is not None
    return deal.route


def _with_end_user(deal: DealFacts, **countries: str | None) -> DealFacts:
    purchaser, end_user = _route(deal).parties
    parties: tuple[PartyFacts, ...] = (purchaser, msgspec.structs.replace(end_user, **countries))
    return changed(deal, "route", parties=parties)


@pytest.mark.parametrize(
    ("destination", "under_rule", "under_brief"),
    [
        ("CN", "destination_eligible", "destination_eligible"),
        ("MO", "destination_eligible", "destination_eligible"),
        ("AE", "destination_not_admitted", "destination_eligible"),
        ("HK", "destination_eligible", "destination_eligible"),
        ("RU", "destination_not_admitted", "destination_eligible"),
        ("IR", "destination_not_admitted", "destination_refused"),
    ],
)
def test_rule_admits_china_with_hong_kong_and_macau_alone(
    destination: str, under_rule: str, under_brief: str
) -> None:
    expect(under_rule, C2, RULE, changed(RULE_DEAL, "route", destination=destination))
    expect(under_brief, C2, BRIEF, changed(BRIEF_DEAL, "route", destination=destination))


def test_it_ships_from_the_united_states() -> None:
    expect("origin_not_admitted", C2, RULE, changed(RULE_DEAL, "route", shipped_from="TW"))


@pytest.mark.parametrize("field", ["country", "headquarters_country", "ultimate_parent_country"])
@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("RU", "party_country_refused"),
        ("KP", "party_country_refused"),
        (None, "party_country_unknown"),
        ("MO", "destination_eligible"),
        ("KH", "destination_eligible"),
        ("DE", "destination_eligible"),
    ],
)
def test_headquarters_and_parent_count_like_the_address(
    field: str, country: str | None, code: str
) -> None:
    deal = _with_end_user(RULE_DEAL, **{field: country})

    verdict = expect(code, C2, RULE, deal, citation=RULE.destination.citation)
    assert verdict.evidence == (
        *proof("application_submitted"), *proof("purchaser"), *proof("end user"),
    )  # fmt: skip


def test_the_country_and_the_party_are_named() -> None:
    deal = _with_end_user(RULE_DEAL, ultimate_parent_country="RU")

    assert expect("party_country_refused", C2, RULE, deal).reason == (
        "The ultimate parent of the end user is in RU, which is refused."
    )


def test_without_parties_or_route_nothing_holds() -> None:
    expect("parties_unknown", C2, BRIEF, changed(BRIEF_DEAL, "route", parties=()))
    expect("route_unknown", C2, BRIEF, without(BRIEF_DEAL, "route"))
