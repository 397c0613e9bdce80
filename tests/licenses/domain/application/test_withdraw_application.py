"""Withdrawal: the exporter's way out, until the decision."""

import pytest

from licenses.domain.application import DECIDER
from licenses.domain.application.commands import WithdrawApplication
from licenses.domain.application.state import Withdrawn
from tests.licenses.domain.application.cases import HISTORIES, WITHDRAWN
from tests.support.deciding import given
from tests.support.people import EXPORTER

COMMAND = WithdrawApplication(reason=WITHDRAWN.reason)


@pytest.mark.parametrize("stage", ["draft", "submitted", "proposed"])
def test_before_the_decision(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).then(WITHDRAWN)


@pytest.mark.parametrize("stage", ["draft", "submitted", "proposed"])
def test_it_ends_the_application(stage: str) -> None:
    assert DECIDER.fold([*HISTORIES[stage], WITHDRAWN]) == Withdrawn(
        exporter_id=EXPORTER.organization_id, reason=WITHDRAWN.reason
    )


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["withdrawn"]).when(COMMAND).then()


@pytest.mark.parametrize("stage", ["approved", "denied", "returned"])
def test_not_after_the_decision(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).refused("application_not_pending")
