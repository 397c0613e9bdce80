"""C10: standing, scope, and what is left of quantity and value."""

from datetime import timedelta
from typing import Any

import pytest

from licenses.domain.policy.model import Condition
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    BUYER,
    END_USER,
    PRICE_CENTS,
    RULE,
    RULE_DEAL,
    amended,
    changed,
    expect,
    proof,
    without,
)
from tests.support.people import NOON, identity

C10 = Condition.LICENSE_IN_FORCE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "license_covers"),
        ({"status": "suspended"}, "license_not_active"),
        ({"status": "revoked"}, "license_not_active"),
        ({"status": "expired"}, "license_expired"),
        ({"status": "exhausted"}, "license_not_active"),
        ({"expires_at": NOON + timedelta(microseconds=1)}, "license_covers"),
        ({"expires_at": NOON}, "license_expired"),
        ({"expires_at": NOON - timedelta(days=1)}, "license_expired"),
        ({"provisos_acknowledged": False}, "provisos_not_acknowledged"),
    ],
)
def test_standing(changes: dict[str, Any], code: str) -> None:
    deal = changed(BRIEF_DEAL, "license", **changes)

    verdict = expect(code, C10, BRIEF, deal, citation=BRIEF.license.citation)
    assert verdict.evidence == (*proof("license_granted"), *proof("shipment_requested"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exporter_id": identity("organization/intruder")}, "exporter_differs"),
        ({"product_id": identity("product/b200")}, "item_differs"),
        ({"party_ids": (BUYER, END_USER, identity("party/straw"))}, "parties_differ"),
        ({"party_ids": (END_USER,)}, "license_covers"),
        ({"end_use": "Weapons"}, "end_use_differs"),
    ],
)
def test_scope(changes: dict[str, Any], code: str) -> None:
    expect(code, C10, RULE, changed(RULE_DEAL, "shipment", **changes))


@pytest.mark.parametrize(
    ("quantity", "code"), [(100, "license_covers"), (101, "quantity_exceeded")]
)
def test_quantity_has_no_tolerance(quantity: int, code: str) -> None:
    expect(code, C10, RULE, changed(RULE_DEAL, "shipment", quantity=quantity))


@pytest.mark.parametrize(
    ("value_cents", "code"),
    [
        (PRICE_CENTS * 12 // 10, "license_covers"),
        (PRICE_CENTS * 12 // 10 + 1, "value_exceeded"),
    ],
)
def test_value_may_run_ten_percent_over(value_cents: int, code: str) -> None:
    expect(code, C10, RULE, changed(RULE_DEAL, "shipment", value_cents=value_cents))


@pytest.mark.parametrize(("value_cents", "code"), [(11, "license_covers"), (12, "value_exceeded")])
def test_the_tolerance_is_rounded_down(value_cents: int, code: str) -> None:
    small = changed(RULE_DEAL, "license", value_cents=19, shipped_value_cents=9)

    expect(code, C10, RULE, changed(small, "shipment", value_cents=value_cents))


def test_what_is_left_is_in_the_reason() -> None:
    verdict = expect("license_covers", C10, RULE, changed(RULE_DEAL, "shipment", quantity=40))

    assert verdict.reason == "License D000001 covers 40 of 100 units left."


def test_tolerances_are_settings() -> None:
    edition = amended(RULE, "license", quantity_tolerance=1, value_tolerance_percent=0)

    expect("license_covers", C10, edition, changed(RULE_DEAL, "shipment", quantity=101))
    expect("quantity_exceeded", C10, edition, changed(RULE_DEAL, "shipment", quantity=102))
    deal = changed(RULE_DEAL, "shipment", value_cents=PRICE_CENTS + 1)
    expect("value_exceeded", C10, edition, deal)


def test_unknown_license_and_unknown_shipment() -> None:
    expect("license_unknown", C10, RULE, without(RULE_DEAL, "license"))
    expect("shipment_unknown", C10, RULE, without(RULE_DEAL, "shipment"))
