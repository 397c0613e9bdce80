"""Return without action: with reasons, while the application is pending."""

import msgspec
import pytest

from licenses.domain.application import DECIDER
from licenses.domain.application.commands import ReturnApplication
from licenses.domain.application.state import Returned, Submitted
from tests.licenses.domain.application.cases import HISTORIES, RETURNED
from tests.support.deciding import given

COMMAND = ReturnApplication(reasons=RETURNED.reasons)


@pytest.mark.parametrize("stage", ["submitted", "proposed"])
def test_while_it_is_pending(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).then(RETURNED)


def test_the_reasons_are_kept() -> None:
    before, after = DECIDER.fold(HISTORIES["submitted"]), DECIDER.fold(HISTORIES["returned"])

    assert isinstance(before, Submitted)
    assert after == Returned(filing=before.filing, reasons=RETURNED.reasons)


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["returned"]).when(COMMAND).then()


def test_other_reasons_come_too_late() -> None:
    given(DECIDER, *HISTORIES["returned"]).when(ReturnApplication(reasons=("Other",))).refused(
        "application_not_pending"
    )


@pytest.mark.parametrize("stage", ["draft", "approved", "denied", "withdrawn"])
def test_not_otherwise(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND).refused("application_not_pending")


def test_without_reasons_it_is_no_command() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"reasons": []}, ReturnApplication)
