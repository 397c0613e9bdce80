"""C9: a share of the proceeds taken at dispatch, or a duty paid at entry."""

from typing import Any

import msgspec
import pytest

from licenses.domain.policy.facts import LevyFacts
from licenses.domain.policy.model import Condition
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    PRICE_CENTS,
    RULE,
    RULE_DEAL,
    changed,
    expect,
    proof,
    without,
)

C9 = Condition.REMITTANCE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "levy_secured"),
        ({"overdue": 1}, "remittance_overdue"),
        ({"base_cents": None}, "levy_base_unknown"),
        ({"held_cents": PRICE_CENTS // 4}, "levy_secured"),
        ({"held_cents": PRICE_CENTS // 4 - 1}, "levy_not_covered"),
        ({"base_cents": 5, "held_cents": 2}, "levy_secured"),
        ({"base_cents": 5, "held_cents": 1}, "levy_not_covered"),
        ({"imported_for_testing": None, "confirmed_cents": 0}, "levy_secured"),
    ],
)
def test_brief_takes_a_quarter_of_the_proceeds_from_escrow(
    changes: dict[str, Any], code: str
) -> None:
    deal = changed(BRIEF_DEAL, "levy", **changes)

    verdict = expect(code, C9, BRIEF, deal, citation=BRIEF.levy.citation)
    assert verdict.evidence == proof("remittance")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "levy_secured"),
        ({"overdue": 1}, "remittance_overdue"),
        ({"confirmed_cents": PRICE_CENTS // 4 - 1}, "levy_not_paid"),
        ({"base_cents": PRICE_CENTS + 1}, "levy_not_paid"),
        ({"base_cents": None}, "levy_base_unknown"),
        ({"imported_for_testing": None}, "entry_unknown"),
        ({"imported_for_testing": False, "confirmed_cents": 0}, "levy_secured"),
        ({"held_cents": 0}, "levy_secured"),
    ],
)
def test_rule_wants_the_duty_confirmed_before_the_lot_leaves(
    changes: dict[str, Any], code: str
) -> None:
    expect(code, C9, RULE, changed(RULE_DEAL, "levy", **changes), citation=RULE.levy.citation)


@pytest.mark.parametrize(
    ("tpp_thousandths", "gb_per_s", "code"),
    [
        (14_000_000, 4800, "levy_secured"),
        (14_000_001, 4800, "levy_not_paid"),
        (17_499_999, 4800, "levy_not_paid"),
        (17_500_000, 4800, "levy_secured"),
        (15_832_000, 4500, "levy_secured"),
        (15_832_000, 4501, "levy_not_paid"),
        (15_832_000, 4999, "levy_not_paid"),
        (15_832_000, 5000, "levy_secured"),
        (20_800_000, 6000, "levy_secured"),
        (20_800_001, 6000, "levy_not_paid"),
        (21_099_999, 6000, "levy_not_paid"),
        (21_100_000, 6000, "levy_secured"),
        (20_919_200, 5800, "levy_secured"),
        (20_919_200, 5801, "levy_not_paid"),
        (20_919_200, 6199, "levy_not_paid"),
        (20_919_200, 6200, "levy_secured"),
        (20_919_200, 4800, "levy_secured"),
    ],
)
def test_rule_duty_falls_inside_its_windows_alone(
    tpp_thousandths: int, gb_per_s: int, code: str
) -> None:
    unpaid = changed(RULE_DEAL, "levy", confirmed_cents=0)
    deal = changed(
        unpaid, "product", tpp_thousandths=tpp_thousandths, dram_bandwidth_gb_per_s=gb_per_s
    )

    expect(code, C9, RULE, deal)


def test_money_that_nobody_reported_is_not_there() -> None:
    silent = LevyFacts(overdue=0, currency="USD", base_cents=1, imported_for_testing=True)

    expect("levy_not_covered", C9, BRIEF, msgspec.structs.replace(BRIEF_DEAL, levy=silent))
    expect("levy_not_paid", C9, RULE, msgspec.structs.replace(RULE_DEAL, levy=silent))


def test_unknown_levy_and_unknown_product() -> None:
    expect("levy_unknown", C9, BRIEF, without(BRIEF_DEAL, "levy"))
    expect("product_unknown", C9, RULE, without(RULE_DEAL, "product"))
    expect("levy_secured", C9, BRIEF, without(BRIEF_DEAL, "product"))
