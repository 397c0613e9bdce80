"""Every command in every state: events that can be folded, or a refusal. Nothing else."""

from typing import Final

import pytest

from audits.kernel import Command, Facts
from licenses.domain.application import DECIDER
from licenses.domain.application.commands import (
    ReturnApplication,
    ReviseApplication,
    WithdrawApplication,
)
from licenses.domain.application.events import ApplicationEvent
from tests.licenses.domain.application.cases import (
    APPROVE,
    APPROVED,
    CONFIRM,
    DENIED,
    DRAFTED,
    HISTORIES,
    PROPOSED,
    RETURNED,
    SUBMIT,
    SUBMITTED,
    WITHDRAWN,
    confirming,
    drafting,
    proposing,
    submitting,
)
from tests.support.deciding import cells, outcome_of, states_of
from tests.support.people import EXPORTER, NOON, OFFICER

BY_EXPORTER: Final = Facts(now=NOON, actor=EXPORTER)
BY_OFFICER: Final = Facts(now=NOON, actor=OFFICER)
STAGES: Final = tuple(HISTORIES)

COMMANDS: Final[dict[str, tuple[Command, Facts]]] = {
    "draft": (drafting(end_use="Other"), BY_EXPORTER),
    "revise": (ReviseApplication(end_use="Other"), BY_EXPORTER),
    "submit": (SUBMIT, submitting()),
    "withdraw": (WithdrawApplication(reason="Other"), BY_EXPORTER),
    "return": (ReturnApplication(reasons=("Other",)), BY_OFFICER),
    "propose": (APPROVE, proposing(version=9)),
    "confirm": (CONFIRM, confirming()),
}

NO_DRAFT: Final = "application_not_drafted"
NOT_DRAFT: Final = "application_not_draft"
SETTLED: Final = "application_not_pending"
UNPROPOSED: Final = "application_not_proposed"
AGAIN: Final = "application_already_drafted"
EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    # One column for each of STAGES, from `not drafted` to `withdrawn`.
    "draft": ("ApplicationDrafted", *[AGAIN] * 7),
    "revise": (NO_DRAFT, "ApplicationRevised", *[NOT_DRAFT] * 6),
    "submit": (NO_DRAFT, "ApplicationSubmitted", "", "", *[NOT_DRAFT] * 4),
    "withdraw": (NO_DRAFT, *["ApplicationWithdrawn"] * 3, *[SETTLED] * 3, ""),
    "return": (NO_DRAFT, SETTLED, *["ApplicationReturned"] * 2, *[SETTLED] * 4),
    "propose": (NO_DRAFT, SETTLED, "DecisionProposed", "", *[SETTLED] * 4),
    "confirm": (NO_DRAFT, *[UNPROPOSED] * 2, "ApplicationApproved", "", "", *[UNPROPOSED] * 2),
}


@pytest.mark.parametrize(("name", "stage", "expected"), cells(EXPECTED, STAGES))
def test_the_outcome_is_defined(name: str, stage: str, expected: str) -> None:
    assert outcome_of(DECIDER, HISTORIES[stage], COMMANDS[name]) == expected


def test_no_command_is_forgotten() -> None:
    assert {type(command) for command, _ in COMMANDS.values()} == set(DECIDER.decisions)


def test_each_history_ends_in_a_state_of_its_own() -> None:
    assert states_of(DECIDER, HISTORIES) == [name.title().replace(" ", "") for name in STAGES]


@pytest.mark.parametrize(
    "event",
    [DRAFTED, SUBMITTED, PROPOSED, APPROVED, DENIED, RETURNED, WITHDRAWN],
    ids=lambda event: type(event).__name__,
)
def test_what_cannot_follow_is_never_folded(event: ApplicationEvent) -> None:
    with pytest.raises(TypeError, match="cannot follow Denied"):
        DECIDER.fold([*HISTORIES["denied"], event])
