"""Withdrawal: the exporter's way out, until the decision."""

import pytest

from licenses.domain.application import DECIDER
from licenses.domain.application.commands import WithdrawApplication
from licenses.domain.application.state import Proposed, Submitted, Withdrawn
from tests.licenses.domain.application.cases import HISTORIES, WITHDRAWN
from tests.support.deciding import given
from tests.support.people import EXPORTER

COMMAND = WithdrawApplication(reason=WITHDRAWN.reason)


@pytest.mark.parametrize("stage", ["draft", "submitted", "proposed"])
def test_before_the_decision(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).then(WITHDRAWN)


def test_it_ends_a_draft_that_was_never_filed() -> None:
    assert DECIDER.fold([*HISTORIES["draft"], WITHDRAWN]) == Withdrawn(
        exporter_id=EXPORTER.organization_id, filing=None, reason=WITHDRAWN.reason
    )


@pytest.mark.parametrize("stage", ["submitted", "proposed"])
def test_it_ends_an_application_that_stays_on_file(stage: str) -> None:
    before = DECIDER.fold(HISTORIES[stage])
    assert isinstance(before, Submitted | Proposed)
    assert DECIDER.fold([*HISTORIES[stage], WITHDRAWN]) == Withdrawn(
        exporter_id=EXPORTER.organization_id, filing=before.filing, reason=WITHDRAWN.reason
    )


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["withdrawn"]).when(COMMAND).then()


@pytest.mark.parametrize("stage", ["approved", "denied", "returned"])
def test_not_after_the_decision(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).refused("application_not_pending")
