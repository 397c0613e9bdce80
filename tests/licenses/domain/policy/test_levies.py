"""The levy: rounding the total, so that splitting shaves nothing off."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licenses.domain.policy.levies import levy_due, levy_total
from licenses.domain.policy.model import Levy
from tests.licenses.domain.policy.deals import BRIEF, RULE

LEVY = BRIEF.levy
SHIPMENTS = st.lists(st.integers(min_value=0, max_value=2**50), max_size=50)
RATES = st.tuples(st.integers(0, 1000), st.integers(1, 1000)).filter(
    lambda rate: rate[0] <= rate[1]
)


def _paid(levy: Levy, shipments: list[int]) -> list[tuple[int, int]]:
    """(cumulative gross, cumulative levy) after each shipment."""
    gross = paid = 0
    history = []
    for shipment_cents in shipments:
        gross += shipment_cents
        paid += levy_due(levy, gross, paid)
        history.append((gross, paid))
    return history


@pytest.mark.parametrize("levy", [BRIEF.levy, RULE.levy], ids=["brief", "rule"])
def test_both_editions_take_a_quarter_rounded_up(levy: Levy) -> None:
    assert [levy_total(levy, cents) for cents in (0, 1, 4, 5, 8, 100, 101)] == [
        0, 1, 1, 2, 2, 25, 26,
    ]  # fmt: skip


def test_one_cent_steps_up_to_a_hundred_thousand() -> None:
    history = _paid(LEVY, [1] * 100_000)

    assert history == [(cents, (cents + 3) // 4) for cents in range(1, 100_001)]


@given(shipments=SHIPMENTS, rate=RATES)
def test_after_every_shipment_the_treasury_has_the_rounded_total(
    shipments: list[int], rate: tuple[int, int]
) -> None:
    levy = msgspec.structs.replace(LEVY, rate_numerator=rate[0], rate_denominator=rate[1])

    for gross, paid in _paid(levy, shipments):
        assert 0 <= paid * rate[1] - gross * rate[0] < rate[1]


@given(shipments=SHIPMENTS)
def test_splitting_changes_nothing(shipments: list[int]) -> None:
    whole = levy_due(LEVY, sum(shipments), 0)

    assert sum_due(shipments) == whole


def sum_due(shipments: list[int]) -> int:
    """Sum what every shipment of a split sale adds."""
    history = _paid(LEVY, shipments)
    return history[-1][1] if history else 0


def test_more_already_due_than_the_total_is_no_assessment() -> None:
    assert levy_due(LEVY, 100, 25) == 0
    with pytest.raises(ValueError, match="1 cents more than the levy asks for"):
        levy_due(LEVY, 100, 26)
