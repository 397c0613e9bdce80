"""A finding: raised once while open, answered by one, closed by another, cleared when gone."""

from typing import Any, Final

import pytest
from msgspec.structs import replace

from audits.domain.finding import DECIDER
from audits.domain.finding.commands import (
    AcceptFinding,
    AnswerFinding,
    AssignFinding,
    ClearFinding,
    CloseFinding,
    RaiseFinding,
    ReopenFinding,
)
from audits.domain.finding.decisions import AssignFacts
from audits.domain.finding.events import (
    FindingAccepted,
    FindingAnswered,
    FindingAssigned,
    FindingCleared,
    FindingClosed,
    FindingRaised,
    FindingReopened,
)
from audits.domain.finding.state import Assigned, Raised
from audits.domain.halt.commands import HaltKind
from audits.kernel import Actor, Facts
from tests.support.deciding import cells, given, outcome_of, states_of
from tests.support.people import AUDITOR, NOON, OFFICER, SYSTEM, identity
from tests.support.people import SECOND_OFFICER as SECOND

EVENT: Final = identity("event")
RAISE: Final = RaiseFinding(
    audit="trial_balance",
    kind="balance_wrong",
    subject="account escrow/1/USD",
    detail="expected 5, found 6",
    evidence=(EVENT,),
    halts=HaltKind.MONEY,
)
RAISED: Final = FindingRaised(
    audit="trial_balance",
    kind="balance_wrong",
    subject="account escrow/1/USD",
    detail="expected 5, found 6",
    evidence=(EVENT,),
    halts=HaltKind.MONEY,
)
ASSIGNED: Final = FindingAssigned(assignee_id=AUDITOR.person_id)
ANSWERED: Final = FindingAnswered(answer="A test transfer", by=AUDITOR.person_id)
CLOSED: Final = FindingClosed(reason="Agreed", answered_by=AUDITOR.person_id, by=OFFICER.person_id)
ACCEPTED: Final = FindingAccepted(
    reason="It stays", answered_by=AUDITOR.person_id, by=OFFICER.person_id
)
HISTORIES: Final[dict[str, tuple[Any, ...]]] = {
    "not raised": (),
    "raised": (RAISED,),
    "assigned": (RAISED, ASSIGNED),
    "answered": (RAISED, ASSIGNED, ANSWERED),
    "closed": (RAISED, ASSIGNED, ANSWERED, CLOSED),
    "accepted": (RAISED, ASSIGNED, ANSWERED, ACCEPTED),
    "cleared": (RAISED, FindingCleared()),
}
ATTEMPTS: Final[dict[str, tuple[Any, Facts]]] = {
    "raise": (RAISE, Facts(now=NOON, actor=SYSTEM)),
    "clear": (ClearFinding(), Facts(now=NOON, actor=SYSTEM)),
    "assign": (
        AssignFinding(assignee_id=OFFICER.person_id),
        AssignFacts(now=NOON, actor=OFFICER, may_look=True),
    ),
    "answer": (AnswerFinding(answer="Seen"), Facts(now=NOON, actor=AUDITOR)),
    "close": (CloseFinding(reason="Fine"), Facts(now=NOON, actor=OFFICER)),
    "accept": (AcceptFinding(reason="Fine"), Facts(now=NOON, actor=OFFICER)),
    "reopen": (ReopenFinding(reason="Not fine"), Facts(now=NOON, actor=OFFICER)),
}
GONE: Final = "finding_cleared"
EXPECTED: Final = {
    "raise": ("FindingRaised", "", "", "", "FindingRaised", "", "FindingRaised"),
    "clear": ("", *["FindingCleared"] * 5, ""),
    "assign": (GONE, *["FindingAssigned"] * 3, "finding_closed", "finding_accepted", GONE),
    "answer": (
        *(GONE, "finding_not_assigned", "FindingAnswered"),
        *("finding_already_answered", "finding_closed", "finding_accepted", GONE),
    ),
    "close": (
        *(GONE, "finding_not_answered", "finding_not_answered"),
        *("FindingClosed", "finding_closed", "finding_accepted", GONE),
    ),
    "accept": (
        *(GONE, "finding_not_answered", "finding_not_answered"),
        *("FindingAccepted", "finding_closed", "finding_accepted", GONE),
    ),
    "reopen": (
        *["finding_not_closed"] * 4,
        *("FindingReopened", "FindingReopened", "finding_not_closed"),
    ),
}


FOLLOWERS: Final = (
    *(RAISED, FindingCleared(), ASSIGNED, ANSWERED, CLOSED, ACCEPTED),
    FindingReopened(reason="Look again"),
)
MAY_FOLLOW: Final = {
    "not raised": "raised",
    "raised": "raised cleared assigned",
    "assigned": "raised cleared assigned answered",
    "answered": "raised cleared assigned closed accepted",
    "closed": "raised cleared reopened",
    "accepted": "raised cleared reopened",
    "cleared": "raised",
}


@pytest.mark.parametrize("name", HISTORIES)
def test_what_cannot_follow_is_never_folded(name: str) -> None:
    folded = []
    for event in FOLLOWERS:
        try:
            DECIDER.fold([*HISTORIES[name], event])
        except TypeError:
            continue
        folded.append(type(event).__name__.removeprefix("Finding").lower())
    assert " ".join(folded) == MAY_FOLLOW[name]


def facts(actor: Actor) -> Facts:
    return Facts(now=NOON, actor=actor)


def test_each_history_ends_in_the_state_of_its_name() -> None:
    assert states_of(DECIDER, HISTORIES) == [
        *("NotRaised", "Raised", "Assigned", "Answered", "Closed", "Accepted", "Cleared"),
    ]


@pytest.mark.parametrize(("name", "state", "outcome"), cells(EXPECTED, HISTORIES))
def test_every_command_in_every_state(name: str, state: str, outcome: str) -> None:
    assert outcome_of(DECIDER, HISTORIES[state], ATTEMPTS[name]) == outcome


def test_what_was_closed_as_put_right_and_is_not_is_raised_again() -> None:
    closed = given(DECIDER, *HISTORIES["closed"])
    closed.when(RAISE, facts(SYSTEM)).then(RAISED)
    assert DECIDER.fold([*HISTORIES["closed"], RAISED]) == Raised(matter=RAISED)


def test_what_was_accepted_stays_so_until_it_is_otherwise() -> None:
    accepted = given(DECIDER, *HISTORIES["accepted"])
    accepted.when(RAISE, facts(SYSTEM)).then()
    otherwise = replace(RAISE, detail="expected 5, found 7")
    accepted.when(otherwise, facts(SYSTEM)).then(replace(RAISED, detail="expected 5, found 7"))


@pytest.mark.parametrize("name", ["raised", "assigned", "answered"])
def test_what_is_open_is_told_anew_when_it_is_otherwise(name: str) -> None:
    """More that is wrong in the same place must not hide behind what is known."""
    more = {"detail": "expected 5, found 700"}
    opened = given(DECIDER, *HISTORIES[name])
    opened.when(replace(RAISE, **more), facts(SYSTEM)).then(replace(RAISED, **more))


def test_an_answer_to_other_words_is_none_and_the_assignee_stays_asked() -> None:
    otherwise = replace(RAISED, detail="expected 5, found 700")
    told = given(DECIDER, *HISTORIES["answered"], otherwise)
    told.when(CloseFinding(reason="Fine"), facts(OFFICER)).refused("finding_not_answered")
    told.when(AnswerFinding(answer="A test transfer"), facts(AUDITOR)).then(ANSWERED)
    state = DECIDER.fold(told.events)
    assert state == Assigned(matter=otherwise, assignee_id=AUDITOR.person_id)


@pytest.mark.parametrize("name", ["raised", "assigned", "answered", "accepted"])
def test_a_stream_that_goes_on_makes_no_other_finding(name: str) -> None:
    later = replace(RAISE, evidence=(identity("later event"),))
    given(DECIDER, *HISTORIES[name]).when(later, facts(SYSTEM)).then()


@pytest.mark.parametrize("name", ["closed", "accepted"])
def test_what_was_closed_or_accepted_and_gone_is_a_new_matter_when_it_comes_back(name: str) -> None:
    given(DECIDER, *HISTORIES[name], FindingCleared()).when(RAISE, facts(SYSTEM)).then(RAISED)


def test_only_officers_and_auditors_are_asked() -> None:
    unfit = AssignFacts(now=NOON, actor=OFFICER, may_look=False)
    command = AssignFinding(assignee_id=identity("exporter"))
    given(DECIDER, RAISED).when(command, unfit).refused("assignee_unfit")


def test_only_the_assignee_answers() -> None:
    given(DECIDER, RAISED, ASSIGNED).when(AnswerFinding(answer="Seen"), facts(OFFICER)).refused(
        "not_the_assignee"
    )


def test_who_answered_neither_closes_nor_accepts() -> None:
    answered = given(DECIDER, *HISTORIES["answered"])
    answered.when(AcceptFinding(reason="Fine"), facts(AUDITOR)).refused("four_eyes")
    answered.when(AcceptFinding(reason="It stays"), facts(OFFICER)).then(ACCEPTED)
    answered.when(CloseFinding(reason="Fine"), facts(AUDITOR)).refused("four_eyes")
    answered.when(CloseFinding(reason="Agreed"), facts(OFFICER)).then(CLOSED)


@pytest.mark.parametrize(
    ("history", "command", "actor"),
    [
        ("assigned", AssignFinding(assignee_id=AUDITOR.person_id), OFFICER),
        ("answered", AnswerFinding(answer="A test transfer"), AUDITOR),
        ("closed", CloseFinding(reason="Agreed"), OFFICER),
        ("accepted", AcceptFinding(reason="It stays"), OFFICER),
    ],
)
def test_a_repeat_changes_nothing(history: str, command: Any, actor: Actor) -> None:
    fit = AssignFacts(now=NOON, actor=actor, may_look=True)
    given(DECIDER, *HISTORIES[history]).when(command, fit).then()


@pytest.mark.parametrize(
    ("history", "actor", "reason"),
    [
        ("closed", OFFICER, "Other"),
        ("accepted", OFFICER, "Other"),
        ("accepted", SECOND, "It stays"),
    ],
)
def test_a_repeat_in_other_words_or_by_another_is_none(
    history: str, actor: Actor, reason: str
) -> None:
    kind = CloseFinding if history == "closed" else AcceptFinding
    given(DECIDER, *HISTORIES[history]).when(kind(reason=reason), facts(actor)).refused(
        f"finding_{history}"
    )


@pytest.mark.parametrize("name", ["closed", "accepted"])
def test_a_reopened_finding_is_looked_into_anew(name: str) -> None:
    reopened = (*HISTORIES[name], FindingReopened(reason="Look again"))
    assert states_of(DECIDER, {"reopened": reopened}) == ["Raised"]
    given(DECIDER, *reopened).when(RAISE, facts(SYSTEM)).then()
