"""C8: deposited in full, and this shipment's price still held."""

import pytest

from licenses.domain.policy.model import Condition
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    PRICE_CENTS,
    RULE,
    RULE_DEAL,
    amended,
    changed,
    expect,
    proof,
    without,
)

C8 = Condition.PREPAYMENT


@pytest.mark.parametrize(
    ("deposited_cents", "code"),
    [
        (2 * PRICE_CENTS - 1, "not_prepaid"),
        (2 * PRICE_CENTS, "prepaid"),
        (2 * PRICE_CENTS + 1, "prepaid"),
    ],
)
def test_a_cent_short_is_not_prepaid(deposited_cents: int, code: str) -> None:
    deal = changed(BRIEF_DEAL, "payment", deposited_cents=deposited_cents)

    verdict = expect(code, C8, BRIEF, deal, citation=BRIEF.prepayment.citation)
    assert verdict.evidence == proof("escrow_funded")


@pytest.mark.parametrize(
    ("held_cents", "code"), [(PRICE_CENTS - 1, "escrow_short"), (PRICE_CENTS, "prepaid")]
)
def test_escrow_still_holds_the_price(held_cents: int, code: str) -> None:
    expect(code, C8, BRIEF, changed(BRIEF_DEAL, "payment", held_cents=held_cents))


@pytest.mark.parametrize(("reversed_cents", "code"), [(1, "deposit_reversed"), (0, "prepaid")])
def test_what_the_bank_took_back_is_not_prepaid(reversed_cents: int, code: str) -> None:
    expect(code, C8, BRIEF, changed(BRIEF_DEAL, "payment", reversed_cents=reversed_cents))


def test_required_is_a_setting() -> None:
    optional = amended(RULE, "prepayment", required=False)

    expect("prepayment_not_required", C8, optional, without(RULE_DEAL, "payment"))
    expect("payment_unknown", C8, RULE, without(RULE_DEAL, "payment"))


def test_what_happens_to_the_money_follows_the_edition() -> None:
    assert (BRIEF.prepayment.on_ban, BRIEF.prepayment.on_revocation) == ("forfeit", "forfeit")
    assert (RULE.prepayment.on_ban, RULE.prepayment.on_revocation) == ("hold", "hold")
