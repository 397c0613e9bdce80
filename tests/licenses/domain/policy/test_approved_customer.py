"""C3: approved now, with every assurance that the edition asks for."""

from datetime import datetime, timedelta

import pytest

from licenses.domain.policy.model import Assurance, Condition
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
from tests.support.people import NOON

C3 = Condition.APPROVED_CUSTOMER


@pytest.mark.parametrize("status", ["unregistered", "pending", "barred"])
def test_only_an_approved_customer(status: str) -> None:
    expect("customer_not_approved", C3, BRIEF, changed(BRIEF_DEAL, "customer", status=status))


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (NOON + timedelta(microseconds=1), "customer_approved"),
        (NOON, "approval_expired"),
        (NOON - timedelta(days=1), "approval_expired"),
        (None, "approval_expired"),
    ],
)
def test_approval_ends_at_its_first_moment_without(until: datetime | None, code: str) -> None:
    deal = changed(BRIEF_DEAL, "customer", approved_until=until)

    verdict = expect(code, C3, BRIEF, deal, citation=BRIEF.customer.citation)
    assert verdict.evidence == proof("customer_approved")


@pytest.mark.parametrize("missing", Assurance)
def test_every_assurance_that_the_edition_asks_for(missing: Assurance) -> None:
    rest = tuple(each for each in Assurance if each is not missing)

    expect(f"{missing}_missing", C3, RULE, changed(RULE_DEAL, "customer", assurances=rest))
    asked = missing in BRIEF.customer.assurances
    expect(
        f"{missing}_missing" if asked else "customer_approved",
        C3,
        BRIEF,
        changed(BRIEF_DEAL, "customer", assurances=rest),
    )


def test_brief_asks_for_civilian_use_and_security_alone() -> None:
    assert BRIEF.customer.assurances == (
        "civilian_end_use",
        "no_military_end_use",
        "security_measures",
    )
    assert set(RULE.customer.assurances) == set(Assurance)


def test_an_unknown_customer_is_not_approved() -> None:
    expect("customer_unknown", C3, RULE, without(RULE_DEAL, "customer"))
