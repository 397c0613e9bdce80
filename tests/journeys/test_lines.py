"""Applications with several lines, goods outside the cap, and lots that leave in part."""

from typing import Any

from devstack.demo.material import H200
from licenses.domain import allotment, escrow, license
from licenses.domain.escrow.state import Closed, Closing
from licenses.domain.license.state import Active, Exhausted
from tests.journeys.test_refusals import refused
from tests.support.deal import UNIT_PRICE_CENTS, Deal
from tests.support.stage import Stage

H100: dict[str, Any] = H200 | {
    "model": "H100 SXM",
    "dram_bandwidth_gb_per_s": 3_350,
    "dram_capacity_gb": 80,
    "us_commercially_available_on": "2023-01-10",
}


def units(stage: Stage, volume: Any) -> tuple[int, int]:
    """Give what an allotment holds and what it has used, in units."""
    tally = stage.state(allotment.DECIDER, volume).volume.counters.units
    return tally.pending, tally.posted


def two_lines(deal: Deal, second: str, model: str, quantity: int) -> list[dict[str, Any]]:
    """Write the lines of a filing: the deal's own, and another."""
    [first] = deal.content()["items"]
    changes = {"line": 2, "product_id": str(deal.stage.products[second])}
    return [first, first | changes | {"model": model, "quantity": quantity}]


def test_two_lines_of_one_product_draw_on_one_allotment(stage: Stage) -> None:
    volume = stage.sell_at_home(9)
    customer_id = stage.approved_customer()
    over = Deal(stage, customer_id, "over", quantity=3)
    over.apply(items=two_lines(over, "H200", "H200 SXM", 2))
    refusal = refused("conditions_not_met", over.propose)
    assert refusal.extra["failing"][0]["code"] == "cap_exceeded"

    deal = Deal(stage, customer_id, quantity=3)
    deal.apply(items=two_lines(deal, "H200", "H200 SXM", 1)).grant().acknowledge()
    assert units(stage, volume) == (4, 0)
    deal.deposit(4 * UNIT_PRICE_CENTS)
    deal.request().sample().certify()
    deal.clear().dispatch()
    assert units(stage, volume) == (1, 3)
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Active)

    deal.remit().again(line=2, serials=("SECOND-LINE-1",)).request().sample().certify()
    deal.clear().dispatch()
    assert units(stage, volume) == (0, 4)
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Exhausted)


def test_two_products_draw_on_an_allotment_each(stage: Stage) -> None:
    stage.products["H100"] = stage.register_product(H100)
    first = stage.sell_at_home(8)
    second = stage.sell_at_home(4, product_name="H100")
    deal = Deal(stage, stage.approved_customer(), quantity=4)
    deal.apply(items=two_lines(deal, "H100", "H100 SXM", 2)).grant()
    assert (units(stage, first), units(stage, second)) == ((4, 0), (2, 0))
    deal.revoke()
    assert (units(stage, first), units(stage, second)) == ((0, 0), (0, 0))


def test_a_destination_outside_the_cap_takes_no_volume(stage: Stage) -> None:
    singapore: dict[str, Any] = {
        "native_name": None,
        "uscc": None,
        "address": {"lines": ["2 Marina Road"], "city": "Singapore", "country": "SG"},
        "headquarters_country": "SG",
        "ultimate_parent": {"name": "Straits Compute", "country": "SG"},
    }
    buyer = stage.approved_customer(name="Straits Compute", **singapore)
    deal = Deal(stage, buyer)
    deal.apply(destination_country="SG").grant().acknowledge().deposit()
    [line] = stage.state(license.DECIDER, deal.license_id).grant.terms.lines
    assert line.allotment_id is None
    deal.request().sample().certify()
    deal.clear().dispatch()
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Exhausted)


def test_a_short_shipment_gives_the_rest_back(stage: Stage) -> None:
    volume = stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch(deal.serials[:3])
    assert units(stage, volume) == (0, 3)

    rest = deal.serials[3:]
    deal.remit().again(serials=rest).request().sample().certify()
    deal.clear().dispatch()
    assert units(stage, volume) == (0, 4), "what was given back and not taken may still go"
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Closed)
    assert account.how is Closing.RELEASED
    assert account.books.released_levy_cents == deal.price_cents // 4
