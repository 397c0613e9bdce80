"""Forfeiture: the unreleased rest, and only where the edition says so."""

import pytest
from msgspec.structs import replace

from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.decisions import ForfeitFacts
from licenses.domain.escrow.events import EscrowForfeited, ForfeitReason
from licenses.domain.escrow.state import Closed, Closing
from tests.licenses.domain.escrow.scenes import (
    FORFEIT,
    FORFEIT_FACTS,
    HISTORIES,
    HOLD_FACTS,
    LICENSE,
    PRICE_CENTS,
)
from tests.licenses.domain.policy.deals import BRIEF, RULE
from tests.support.deciding import given
from tests.support.people import NOON, SYSTEM

FORFEITED = EscrowForfeited(
    license_id=LICENSE,
    reason=ForfeitReason.BAN,
    amount_cents=PRICE_CENTS,
    currency="USD",
    edition="brief-2026",
    citation=BRIEF.prepayment.citation,
)


@pytest.mark.parametrize(
    ("name", "amount_cents"),
    [
        ("awaiting funds", 0),
        ("partly paid", 400_00),
        ("funded", PRICE_CENTS),
        ("overpaid", PRICE_CENTS),
        ("partly released", PRICE_CENTS - 300_00),
        ("refund proposed", PRICE_CENTS),
    ],
)
def test_what_was_not_released_is_lost(name: str, amount_cents: int) -> None:
    events = HISTORIES[name]
    outcome = given(DECIDER, *events).when(FORFEIT, FORFEIT_FACTS)
    outcome.then(replace(FORFEITED, amount_cents=amount_cents))
    state = DECIDER.fold([*events, *outcome.events])
    assert isinstance(state, Closed)
    assert (state.how, state.books.held_cents) == (Closing.FORFEITED, 0)


@pytest.mark.parametrize("reason", ForfeitReason)
def test_an_edition_may_hold_instead(reason: ForfeitReason) -> None:
    command = replace(FORFEIT, reason=reason, edition=RULE.name)
    outcome = given(DECIDER, *HISTORIES["funded"]).when(command, HOLD_FACTS)
    outcome.refused("forfeiture_not_provided", citation=RULE.prepayment.citation)


@pytest.mark.parametrize(
    ("reason", "other"),
    [(ForfeitReason.BAN, ForfeitReason.REVOCATION), (ForfeitReason.REVOCATION, ForfeitReason.BAN)],
)
def test_ban_and_revocation_are_told_apart(reason: ForfeitReason, other: ForfeitReason) -> None:
    rule = replace(BRIEF.prepayment, on_ban="hold", on_revocation="hold")
    forfeits = {ForfeitReason.BAN: "on_ban", ForfeitReason.REVOCATION: "on_revocation"}[reason]
    facts = ForfeitFacts(now=NOON, actor=SYSTEM, prepayment=replace(rule, **{forfeits: "forfeit"}))
    funded = given(DECIDER, *HISTORIES["funded"])
    funded.when(replace(FORFEIT, reason=reason), facts).then(replace(FORFEITED, reason=reason))
    funded.when(replace(FORFEIT, reason=other), facts).refused("forfeiture_not_provided")


@pytest.mark.parametrize("name", ["forfeited", "released"])
def test_where_nothing_is_left_nothing_happens(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(FORFEIT, FORFEIT_FACTS).then()


@pytest.mark.parametrize("name", ["refund waived", "refunded"])
def test_a_waived_refund_is_not_forfeited(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(FORFEIT, FORFEIT_FACTS)
    outcome.refused("escrow_closed", citation=BRIEF.prepayment.citation)


def test_an_escrow_must_be_open() -> None:
    given(DECIDER).when(FORFEIT, FORFEIT_FACTS).refused("escrow_not_opened")
