"""C11: required gates open, recorded gates not shut."""

import pytest

from licenses.domain.policy.facts import ClearanceFacts, DealFacts, GateFacts
from licenses.domain.policy.model import Condition, Edition, GateKind
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

C11 = Condition.DESTINATION_CLEARANCE
HELD = GateFacts(kind=GateKind.END_USER_STATEMENT, cleared=True)
REFUSED = GateFacts(kind=GateKind.END_USER_STATEMENT, cleared=False)


def _ceiling(units_left: int | None) -> GateFacts:
    return GateFacts(kind=GateKind.BUYER_CEILING, cleared=True, units_left=units_left)


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        ((HELD,), "destination_clear"),
        ((), "end_user_statement_missing"),
        ((REFUSED,), "end_user_statement_refused"),
        ((HELD, REFUSED), "end_user_statement_refused"),
        (
            (HELD, GateFacts(kind=GateKind.IMPORT_CLEARANCE, cleared=True)),
            "destination_clear",
        ),
        (
            (HELD, GateFacts(kind=GateKind.IMPORT_CLEARANCE, cleared=False)),
            "import_clearance_refused",
        ),
        ((HELD, _ceiling(100)), "destination_clear"),
        ((HELD, _ceiling(99)), "buyer_ceiling_exceeded"),
        ((HELD, _ceiling(None)), "destination_clear"),
    ],
)
def test_gates_of_china(gates: tuple[GateFacts, ...], code: str) -> None:
    deal = changed(BRIEF_DEAL, "clearance", gates=gates)

    expect(code, C11, BRIEF, deal)


@pytest.mark.parametrize(("edition", "deal"), [(BRIEF, BRIEF_DEAL), (RULE, RULE_DEAL)])
def test_hong_kong_has_the_gates_of_china(edition: Edition, deal: DealFacts) -> None:
    to_hong_kong = changed(without(deal, "clearance"), "route", destination="HK")

    expect("end_user_statement_missing", C11, edition, to_hong_kong)


def test_the_gate_is_cited_and_proven() -> None:
    missing = expect("end_user_statement_missing", C11, RULE, without(RULE_DEAL, "clearance"))
    held = expect("destination_clear", C11, RULE, RULE_DEAL, citation=RULE.clearance.citation)

    assert missing.citation == RULE.clearance.gates[0].citation
    assert held.evidence == proof("statement_held")
    assert held.reason == "CN asks for: end user statement."


def test_a_country_without_gates_asks_for_nothing() -> None:
    deal = without(changed(BRIEF_DEAL, "route", destination="AE"), "clearance")

    assert expect("destination_clear", C11, BRIEF, deal).reason == "AE asks for: nothing."


def test_a_ceiling_counts_against_an_unknown_shipment() -> None:
    clearance = ClearanceFacts(gates=(HELD, _ceiling(10_000)))
    deal = changed(BRIEF_DEAL, "clearance", gates=clearance.gates)

    expect("buyer_ceiling_exceeded", C11, BRIEF, without(deal, "shipment"))


def test_an_unknown_route_is_not_clear() -> None:
    expect("route_unknown", C11, BRIEF, without(BRIEF_DEAL, "route"))
