"""Drafting: everything may be missing, and a retry is safe."""

from typing import Any

import msgspec
import pytest

from audits.kernel import Facts
from licenses.domain.application import DECIDER
from licenses.domain.application.commands import DraftApplication
from licenses.domain.application.events import ApplicationDrafted
from licenses.domain.application.values import MAX_CONTENT_BYTES, Content
from tests.licenses.domain.application.cases import (
    DRAFTED,
    SUBMITTED,
    document,
    drafting,
)
from tests.support.deciding import given
from tests.support.people import EXPORTER, NOON

FACTS = Facts(now=NOON, actor=EXPORTER)


def test_the_applicant_is_the_organization_of_the_actor() -> None:
    given(DECIDER).when(drafting(), FACTS).then(DRAFTED)


def test_nothing_at_all_may_be_given() -> None:
    given(DECIDER).when(DraftApplication(), FACTS).then(
        ApplicationDrafted(exporter_id=EXPORTER.organization_id, content=Content())
    )


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, DRAFTED).when(drafting(), FACTS).then()


def test_another_draft_of_the_same_application_is_refused() -> None:
    given(DECIDER, DRAFTED).when(drafting(currency="EUR"), FACTS).refused(
        "application_already_drafted"
    )


def test_a_submitted_application_is_not_drafted_again() -> None:
    given(DECIDER, DRAFTED, SUBMITTED).when(drafting(), FACTS).refused(
        "application_already_drafted"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"currency": "XXX"},
        {"currency": "usd"},
        {"destination_country": "ZZ"},
        {"end_use": " "},
        {"items": [{"line": 0}]},
        {"items": [{"line": 1000}]},
        {"items": [{"line": 1, "quantity": 0}]},
        {"items": [{"line": 1, "quantity": 10_000_001}]},
        {"items": [{"line": 1, "unit_price_cents": 0}]},
        {"items": [{"line": 1, "eccn": "3A090.a\n"}]},
        {"items": [{"line": 1, "eccn": "3a090"}]},
        {"parties": [{"role": "applicant", "customer_id": str(EXPORTER.organization_id)}]},
        {"supply": {"us_units_shipped": -1}},
        {"total_cents": 1},
    ],
)
def test_what_has_no_right_shape_never_becomes_a_command(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, DraftApplication)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"currency": "USD"},
        {"items": [{"line": 1}, {"line": 999, "quantity": 1, "unit_price_cents": 1}]},
        {"items": [{"line": 1, "quantity": 10_000_000, "eccn": "EAR99"}]},
        {"supply": {"us_units_shipped": 0}},
    ],
)
def test_partial_bodies_have_the_right_shape(body: dict[str, Any]) -> None:
    msgspec.convert(body, DraftApplication)


def filled(size: int) -> Content:
    """Make a content of exactly `size` bytes as JSON."""
    documents = tuple(document(f"{number}-{'x' * 100}") for number in range(50))
    content = Content(documents=documents, end_use="x" * 4000)
    spare = len(msgspec.json.encode(content)) - size
    while spare >= 4000:
        content = msgspec.structs.replace(content, documents=(content.documents or ())[1:])
        spare = len(msgspec.json.encode(content)) - size
    return msgspec.structs.replace(content, end_use="x" * (4000 - spare))


def test_a_draft_has_room_up_to_the_last_byte() -> None:
    content = filled(MAX_CONTENT_BYTES)
    assert len(msgspec.json.encode(content)) == MAX_CONTENT_BYTES

    given(DECIDER).when(drafting(content), FACTS).then(
        ApplicationDrafted(exporter_id=EXPORTER.organization_id, content=content)
    )


def test_what_the_journal_could_not_hold_is_refused() -> None:
    refusal = (
        given(DECIDER)
        .when(drafting(filled(MAX_CONTENT_BYTES + 1)), FACTS)
        .refused("application_too_large")
    )
    assert refusal.extra == {"size_bytes": MAX_CONTENT_BYTES + 1}
