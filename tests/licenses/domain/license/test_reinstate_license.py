"""Reinstatement: when what the grant needed holds again, and the license has not run out."""

import pytest

from licenses.domain.license import DECIDER
from licenses.domain.license.commands import ReinstateLicense
from licenses.domain.license.state import Active
from licenses.domain.policy.evaluation import GRANT_CONDITIONS
from licenses.domain.policy.model import Condition
from tests.licenses.domain.application.cases import EXPIRY, verdicts
from tests.licenses.domain.license.cases import (
    GRANTED,
    HISTORIES,
    ONE_MOMENT,
    PROPOSED,
    REINSTATED,
    SUSPENDED,
    reinstating,
)
from tests.support.deciding import given

COMMAND = ReinstateLicense(reason=REINSTATED.reason)


def test_a_suspended_license_may_ship_again() -> None:
    given(DECIDER, GRANTED, SUSPENDED).when(COMMAND, reinstating()).then(REINSTATED)

    assert DECIDER.fold([GRANTED, SUSPENDED, REINSTATED]) == DECIDER.fold([GRANTED])


def test_a_proposed_revocation_stays_proposed() -> None:
    state = DECIDER.fold([GRANTED, SUSPENDED, PROPOSED, REINSTATED])

    assert isinstance(state, Active)
    assert state.revocation is not None
    assert state == DECIDER.fold([GRANTED, PROPOSED])


@pytest.mark.parametrize("condition", list(Condition))
def test_the_conditions_of_the_grant_must_hold(condition: Condition) -> None:
    facts = reinstating(verdicts=verdicts(**{condition.value: "fails"}))
    outcome = given(DECIDER, GRANTED, SUSPENDED).when(COMMAND, facts)

    if condition in GRANT_CONDITIONS:
        outcome.refused("conditions_not_met", citation=f"Rule of {condition}")
    else:
        assert outcome.refusal is None


def test_not_after_the_license_ran_out() -> None:
    suspended = given(DECIDER, GRANTED, SUSPENDED)

    suspended.when(COMMAND, reinstating(now=EXPIRY - ONE_MOMENT)).then(REINSTATED)
    suspended.when(COMMAND, reinstating(now=EXPIRY)).refused(
        "license_expired", citation="15 CFR 750.7(g)"
    )


def test_only_what_is_suspended() -> None:
    given(DECIDER, GRANTED).when(COMMAND, reinstating()).refused("license_not_suspended")


@pytest.mark.parametrize("stage", ["revoked", "expired", "exhausted"])
def test_not_when_the_license_has_ended(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, reinstating()).refused("license_not_in_force")
