"""Partial saves: what is not given stays."""

import msgspec
import pytest

from licenses.domain.application import DECIDER
from licenses.domain.application.commands import ReviseApplication
from licenses.domain.application.events import ApplicationDrafted, ApplicationRevised
from licenses.domain.application.state import Draft
from licenses.domain.application.values import Content, DraftItem
from tests.licenses.domain.application.cases import (
    CONTENT,
    DRAFTED,
    HISTORIES,
    document,
)
from tests.support.deciding import given
from tests.support.people import EXPORTER

ITEMS = (DraftItem(line=1, quantity=5),)


def test_only_what_is_given_is_recorded() -> None:
    given(DECIDER, DRAFTED).when(ReviseApplication(currency="EUR")).then(
        ApplicationRevised(changes=Content(currency="EUR"))
    )


def test_saves_add_up_and_lists_are_replaced_whole() -> None:
    state = DECIDER.fold(
        [
            ApplicationDrafted(
                exporter_id=EXPORTER.organization_id, content=Content(end_use="Research")
            ),
            ApplicationRevised(changes=Content(items=ITEMS, currency="USD")),
            ApplicationRevised(changes=Content(items=(), currency="EUR")),
        ]
    )

    assert state == Draft(
        exporter_id=EXPORTER.organization_id,
        content=Content(end_use="Research", items=(), currency="EUR"),
    )


@pytest.mark.parametrize(
    "command",
    [
        ReviseApplication(),
        ReviseApplication(currency=CONTENT.currency),
        ReviseApplication(**msgspec.structs.asdict(CONTENT)),
    ],
)
def test_a_save_that_changes_nothing_leaves_no_event(command: ReviseApplication) -> None:
    given(DECIDER, DRAFTED).when(command).then()


@pytest.mark.parametrize("stage", ["submitted", "proposed", "approved", "withdrawn"])
def test_what_was_submitted_stands(stage: str) -> None:
    outcome = given(DECIDER, *HISTORIES[stage]).when(ReviseApplication(currency="EUR"))
    refusal = outcome.refused("application_not_draft")
    assert stage in refusal.detail  # a draft that was withdrawn was never submitted


def test_there_must_be_a_draft() -> None:
    given(DECIDER).when(ReviseApplication(currency="EUR")).refused("application_not_drafted")


def test_saves_may_not_add_up_to_more_than_the_journal_holds() -> None:
    documents = tuple(document(f"{number}-{'x' * 190}") for number in range(50))
    large = ApplicationDrafted(
        exporter_id=EXPORTER.organization_id, content=Content(documents=documents)
    )
    items = tuple(DraftItem(line=line, description="x" * 1000) for line in range(1, 6))
    command = ReviseApplication(end_use="x" * 4000, items=items)

    given(DECIDER, DRAFTED).when(command).then(
        ApplicationRevised(changes=Content(end_use="x" * 4000, items=items))
    )
    given(DECIDER, large).when(command).refused("application_too_large")
