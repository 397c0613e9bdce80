"""C6: stock and orders (brief), certifications and first day of sale (rule)."""

from datetime import date

import pytest

from licenses.domain.policy.model import Condition, SupplyCertification
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

C6 = Condition.US_SUPPLY_FIRST


@pytest.mark.parametrize(
    ("stock", "orders", "code"),
    [
        (50, 50, "us_supply_first"),
        (51, 50, "us_supply_first"),
        (49, 50, "us_stock_short"),
        (0, 0, "us_supply_first"),
        (None, 50, "us_stock_unknown"),
        (50, None, "us_stock_unknown"),
    ],
)
def test_brief_stock_covers_open_orders(stock: int | None, orders: int | None, code: str) -> None:
    deal = changed(BRIEF_DEAL, "supply", us_stock_units=stock, us_open_order_units=orders)

    expect(code, C6, BRIEF, deal, citation=BRIEF.supply.citation)


def test_rule_does_not_ask_for_stock() -> None:
    deal = changed(RULE_DEAL, "supply", us_stock_units=None, us_open_order_units=None)

    expect("us_supply_first", C6, RULE, deal, citation=RULE.supply.citation)


@pytest.mark.parametrize("missing", SupplyCertification)
def test_rule_asks_for_every_certification(missing: SupplyCertification) -> None:
    rest = tuple(each for each in SupplyCertification if each is not missing)
    deal = changed(RULE_DEAL, "supply", certifications=rest)

    expect(f"{missing}_not_certified", C6, RULE, deal)
    expect("us_supply_first", C6, BRIEF, deal)


@pytest.mark.parametrize(
    ("units", "code"), [(0, "us_supply_first"), (None, "us_units_shipped_not_stated")]
)
def test_rule_asks_for_units_shipped_at_home_and_zero_is_an_answer(
    units: int | None, code: str
) -> None:
    expect(code, C6, RULE, changed(RULE_DEAL, "supply", us_units_shipped=units))


@pytest.mark.parametrize(
    ("since", "code"),
    [
        (date(2026, 1, 14), "us_supply_first"),
        (date(2026, 1, 15), "us_supply_first"),
        (date(2026, 1, 16), "us_availability_late"),
        (None, "us_availability_unknown"),
    ],
)
def test_rule_on_sale_in_the_us_at_publication(since: date | None, code: str) -> None:
    deal = changed(RULE_DEAL, "product", us_commercially_available_on=since)

    verdict = expect(code, C6, RULE, deal)
    assert verdict.evidence == (*proof("supply"), *proof("product_registered"))


def test_unknown_supply_and_unknown_product() -> None:
    expect("supply_unknown", C6, RULE, without(RULE_DEAL, "supply"))
    expect("us_availability_unknown", C6, RULE, without(RULE_DEAL, "product"))
    expect("us_supply_first", C6, BRIEF, without(BRIEF_DEAL, "product"))
