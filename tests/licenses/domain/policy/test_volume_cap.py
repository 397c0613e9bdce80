"""C5: half of US sales, and not one more."""

import pytest

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

C5 = Condition.VOLUME_CAP


@pytest.mark.parametrize(
    ("us_sold", "taken", "asked", "code"),
    [
        (400, 200, 0, "within_cap"),
        (400, 199, 1, "within_cap"),
        (400, 200, 1, "cap_exceeded"),
        (401, 200, 0, "within_cap"),
        (401, 201, 0, "cap_exceeded"),
        (402, 201, 0, "within_cap"),
        (0, 0, 0, "within_cap"),
        (0, 0, 1, "cap_exceeded"),
        (1, 0, 1, "cap_exceeded"),
    ],
)
def test_half_of_us_sales_and_not_one_more(us_sold: int, taken: int, asked: int, code: str) -> None:
    deal = changed(BRIEF_DEAL, "volume", us_sold=us_sold, taken=taken, asked=asked)

    verdict = expect(code, C5, BRIEF, deal, citation=BRIEF.cap.citation)
    assert verdict.evidence == proof("volume_reserved")


def test_the_counters_are_in_the_reason() -> None:
    verdict = expect("cap_exceeded", C5, BRIEF, changed(BRIEF_DEAL, "volume", asked=1))

    assert verdict.reason == (
        "200 taken and 1 asked, of at most 200 units (1/2 of 400 sold in US, window 2026)."
    )


def test_rule_counts_in_tpp() -> None:
    expect("within_cap", C5, RULE, RULE_DEAL, citation=RULE.cap.citation)
    expect("cap_exceeded", C5, RULE, changed(RULE_DEAL, "volume", asked=1))
    expect("volume_metric_differs", C5, RULE, BRIEF_DEAL)


def test_a_frozen_allotment_waits_for_a_person() -> None:
    deal = changed(BRIEF_DEAL, "volume", frozen=True, us_sold=10_000)

    expect("volume_frozen", C5, BRIEF, deal)


def test_other_destinations_do_not_count() -> None:
    elsewhere = changed(BRIEF_DEAL, "route", destination="AE")

    expect("outside_cap", C5, BRIEF, without(elsewhere, "volume"))
    expect("volume_unknown", C5, BRIEF, without(BRIEF_DEAL, "volume"))


def test_macau_counts_under_the_rule_alone() -> None:
    deal = changed(changed(RULE_DEAL, "route", destination="MO"), "volume", asked=1)

    expect("cap_exceeded", C5, RULE, deal)
    expect("outside_cap", C5, BRIEF, deal)


def test_an_unknown_route_is_not_outside_the_cap() -> None:
    expect("route_unknown", C5, BRIEF, without(BRIEF_DEAL, "route"))
