"""Many claim the last units at the same moment: never one too many, never a false refusal."""

from typing import Final

from audits.kernel import Refused
from licenses.domain import allotment
from licenses.domain.allotment.values import Tally
from tests.support.deal import Deal
from tests.support.racing import together
from tests.support.world import World

BUYERS: Final = 8
QUANTITIES: Final = (1, 2, 3, 4)
HEADROOM: Final = 37
"""Of the 80 units that the 32 claims ask for."""


def test_thirty_two_claimants_share_what_the_cap_leaves(world: World) -> None:
    volume = world.sell_at_home(2 * HEADROOM)
    deals = [
        Deal(world, buyer, f"{number}-{quantity}", quantity=quantity)
        for number in range(BUYERS)
        for buyer in [world.approved_customer(f"buyer-{number}")]
        for quantity in QUANTITIES
    ]
    for deal in deals:
        deal.apply().propose()

    outcomes = together(*(deal.confirm for deal in deals))

    refused = [deal for deal, out in zip(deals, outcomes, strict=True) if is_refused(out)]
    granted = [deal.quantity for deal in deals if deal not in refused]
    tally: Tally = world.state(allotment.DECIDER, volume).volume.counters.units
    assert tally.taken == sum(granted) <= HEADROOM
    left = HEADROOM - tally.taken
    assert refused, "there was not enough for all"
    assert all(deal.quantity > left for deal in refused), "somebody was refused what is left"


def is_refused(outcome: object) -> bool:
    """Tell a refusal by the cap from a grant; anything else is a failure."""
    if not isinstance(outcome, Exception):
        return False
    assert isinstance(outcome, Refused), repr(outcome)
    assert outcome.code in {"cap_exceeded", "conditions_not_met"}, outcome.code
    return True
