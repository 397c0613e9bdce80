"""Twelve conditions: always all of them, and what is unknown never holds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licenses.domain.policy.evaluation import GRANT_CONDITIONS, evaluate, unmet
from licenses.domain.policy.facts import DealFacts
from licenses.domain.policy.model import Condition, Edition
from tests.licenses.domain.policy.deals import BRIEF, BRIEF_DEAL, RULE, RULE_DEAL, changed, without
from tests.support.people import NOON

GROUPS = tuple(name for name in DealFacts.__struct_fields__ if name != "now")

NEEDS: dict[str, set[str]] = {
    "C1": {"product"},
    "C2": {"route"},
    "C3": {"customer"},
    "C4": {"route", "screening"},
    "C5": {"route", "volume"},
    "C6": {"supply"},
    "C7": {"testing"},
    "C8": {"payment"},
    "C9": {"levy"},
    "C10": {"license", "shipment"},
    "C11": {"route", "clearance"},
    "C12": {"filing", "license", "product"},
}
RULE_NEEDS = NEEDS | {"C6": {"supply", "product"}, "C9": {"levy", "product"}}

BOTH = pytest.mark.parametrize(
    ("edition", "deal", "needs"),
    [(BRIEF, BRIEF_DEAL, NEEDS), (RULE, RULE_DEAL, RULE_NEEDS)],
    ids=["brief", "rule"],
)


@BOTH
def test_a_sound_deal_holds_in_all_twelve(
    edition: Edition, deal: DealFacts, needs: dict[str, set[str]]
) -> None:
    verdicts = evaluate(edition, deal)

    assert [verdict.condition for verdict in verdicts] == list(needs)
    assert [verdict.code for verdict in verdicts if not verdict.holds] == []
    assert unmet(verdicts) == ()


@BOTH
def test_every_verdict_cites_and_proves(
    edition: Edition, deal: DealFacts, needs: dict[str, set[str]]
) -> None:
    assert needs
    for verdict in evaluate(edition, deal):
        assert verdict.citation
        assert verdict.evidence, verdict
        assert len(set(verdict.evidence)) == len(verdict.evidence)
        assert msgspec.json.decode(msgspec.json.encode(verdict), type=type(verdict)) == verdict


@BOTH
@given(groups=st.sets(st.sampled_from(GROUPS)))
def test_what_is_unknown_never_holds(
    edition: Edition, deal: DealFacts, needs: dict[str, set[str]], groups: set[str]
) -> None:
    verdicts = evaluate(edition, without(deal, *groups))

    assert [verdict.condition for verdict in verdicts] == list(Condition)
    for verdict in verdicts:
        assert verdict.holds is needs[verdict.condition].isdisjoint(groups), verdict


@pytest.mark.parametrize("edition", [BRIEF, RULE], ids=["brief", "rule"])
def test_nothing_known_nothing_holds(edition: Edition) -> None:
    verdicts = evaluate(edition, DealFacts(now=NOON))

    assert len(unmet(verdicts)) == len(Condition) == 12
    assert {verdict.evidence for verdict in verdicts} == {()}


def test_a_grant_waits_for_what_can_be_known_before_it() -> None:
    before_grant = without(
        BRIEF_DEAL, "testing", "payment", "levy", "license", "shipment", "clearance", "filing"
    )
    verdicts = evaluate(BRIEF, before_grant)

    assert GRANT_CONDITIONS == ("C1", "C2", "C3", "C4", "C5", "C6")
    assert unmet(verdicts, GRANT_CONDITIONS) == ()
    assert [verdict.condition for verdict in unmet(verdicts)] == [
        "C7", "C8", "C9", "C10", "C11", "C12",
    ]  # fmt: skip


def test_a_missing_verdict_is_no_consent() -> None:
    with pytest.raises(LookupError):
        unmet(evaluate(BRIEF, BRIEF_DEAL)[1:])


def test_every_failure_is_named_and_the_first_gives_the_code() -> None:
    deal = changed(BRIEF_DEAL, "payment", deposited_cents=1, held_cents=0)
    (verdict,) = unmet(evaluate(BRIEF, deal))

    assert verdict.code == "not_prepaid"
    assert verdict.reason == (
        "USD 0.01 of USD 6,400,000.00 are deposited."
        " Escrow holds USD 0.00; the shipment costs USD 3,200,000.00."
    )
