"""The arithmetic of the cap."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from licenses.domain.policy.volume import amount, counts, headroom, window, within
from tests.licenses.domain.policy.deals import BRIEF, RULE

COUNTS = st.integers(0, 2**50)


def test_the_window_is_a_year_or_all_time() -> None:
    assert window(BRIEF.cap, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) == "2026"
    assert window(BRIEF.cap, datetime(2027, 1, 1, tzinfo=UTC)) == "2027"
    assert window(RULE.cap, datetime(2027, 1, 1, tzinfo=UTC)) == "all_time"


def test_amounts_are_in_the_metric_of_the_cap() -> None:
    assert amount(BRIEF.cap, units=3, tpp=15_832) == 3
    assert amount(RULE.cap, units=3, tpp=15_832) == 47_496


def test_macau_counts_where_the_edition_says_so() -> None:
    assert [counts(BRIEF.cap, country) for country in ("CN", "MO", "AE")] == [True, False, False]
    assert [counts(RULE.cap, country) for country in ("CN", "MO", "AE")] == [True, True, False]


def test_no_way_around_the_cap_leads_through_hong_kong() -> None:
    assert counts(BRIEF.cap, "HK")
    assert counts(RULE.cap, "HK")


def test_headroom_rounds_down_and_shows_a_broken_cap() -> None:
    assert headroom(BRIEF.cap, us_sold=7, taken=1) == 2
    assert headroom(BRIEF.cap, us_sold=2, taken=3) == -2


@given(
    us_sold=COUNTS,
    taken=COUNTS,
    more=st.integers(-3, 3),
    numerator=st.integers(1, 9),
    denominator=st.integers(1, 9),
)
def test_headroom_is_exactly_what_still_fits(
    us_sold: int, taken: int, more: int, numerator: int, denominator: int
) -> None:
    cap = msgspec.structs.replace(
        BRIEF.cap, ratio_numerator=numerator, ratio_denominator=denominator
    )
    left = headroom(cap, us_sold=us_sold, taken=taken)

    assert within(cap, us_sold=us_sold, taken=taken + left + more) is (more <= 0)
