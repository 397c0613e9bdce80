"""Submission: all gaps at once, eligible products only, one application for a deal."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from licenses.domain.application import DECIDER
from licenses.domain.application.content import Gap, deal_fingerprint
from licenses.domain.application.events import ApplicationDrafted, ApplicationSubmitted
from licenses.domain.application.facts import IneligibleLine
from licenses.domain.application.values import (
    MAX_TOTAL_CENTS,
    Content,
    DraftItem,
    Party,
    PartyRole,
)
from tests.licenses.domain.application.cases import (
    BUYER,
    CONTENT,
    CUSTOMERS,
    DRAFTED,
    END_USER,
    FORWARDER,
    H100,
    H200,
    HISTORIES,
    ITEMS,
    SUBMIT,
    SUBMITTED,
    submitting,
)
from tests.support.deciding import Outcome, given
from tests.support.people import EXPORTER, INTRUDER, identity

ORGANIZATION = EXPORTER.organization_id


def submit(**changes: Any) -> Outcome:
    """Submit the complete content with some fields changed."""
    content = msgspec.structs.replace(CONTENT, **changes)
    draft = ApplicationDrafted(exporter_id=ORGANIZATION, content=content)
    return given(DECIDER, draft).when(SUBMIT, submitting())


def gaps(outcome: Outcome) -> list[tuple[str, str]]:
    """Read the gaps out of a refusal."""
    refusal = outcome.refused("application_incomplete", citation="15 CFR 748.6")
    return [(gap["field"], gap["reason"]) for gap in refusal.extra["gaps"]]


def test_a_complete_draft_is_filed_under_its_control_number() -> None:
    given(DECIDER, DRAFTED).when(SUBMIT, submitting()).then(SUBMITTED)


def test_totals_and_party_versions_are_added() -> None:
    submission = SUBMITTED.submission

    assert [item.total_cents for item in submission.items] == [3_000_000_00, 200_000_00]
    assert submission.total_cents == 3_200_000_00
    assert [
        (party.role, party.customer_id, party.party_version) for party in submission.parties
    ] == [
        (PartyRole.PURCHASER, BUYER, 1),
        (PartyRole.ULTIMATE_CONSIGNEE, END_USER, 3),
        (PartyRole.END_USER, END_USER, 3),
    ]


def test_every_gap_of_an_empty_draft_is_named_at_once() -> None:
    empty = ApplicationDrafted(exporter_id=ORGANIZATION, content=Content())

    assert gaps(given(DECIDER, empty).when(SUBMIT, submitting())) == [
        ("items", "is required"),
        ("currency", "is required"),
        ("shipped_from_country", "is required"),
        ("destination_country", "is required"),
        ("end_use", "is required"),
        ("documents", "is required"),
        ("supply", "is required"),
        ("parties", "names no purchaser"),
        ("parties", "names no ultimate_consignee"),
        ("parties", "names no end_user"),
    ]


def test_every_gap_of_an_item_is_named() -> None:
    items = (ITEMS[0], DraftItem(line=1, quantity=5))

    assert gaps(submit(items=items)) == [
        ("items[1].line", "repeats line 1"),
        ("items[1].product_id", "is required"),
        ("items[1].model", "is required"),
        ("items[1].eccn", "is required"),
        ("items[1].unit_price_cents", "is required"),
        ("items[1].manufacturer", "is required"),
        ("items[1].description", "is required"),
    ]


@pytest.mark.parametrize("field", ["items", "documents"])
def test_an_empty_list_is_a_gap(field: str) -> None:
    assert gaps(submit(**{field: ()})) == [(field, "is required")]


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (Party(role=PartyRole.END_USER, customer_id=BUYER), []),
        (Party(role=PartyRole.INTERMEDIATE_CONSIGNEE, customer_id=BUYER), []),
        (
            Party(role=PartyRole.PURCHASER, customer_id=END_USER),
            [("parties", "names more than one purchaser")],
        ),
        (
            Party(role=PartyRole.END_USER, customer_id=END_USER),
            [("parties[3]", "is named twice in this role")],
        ),
        (
            Party(role=PartyRole.OTHER_PARTY, customer_id=FORWARDER),
            [("parties[3].customer_id", "is not a customer of this exporter")],
        ),
    ],
)
def test_who_may_be_a_party(added: Party, expected: list[tuple[str, str]]) -> None:
    outcome = submit(parties=(*(CONTENT.parties or ()), added))

    assert (gaps(outcome) if expected else outcome.refusal) == (expected or None)


@pytest.mark.parametrize(
    ("excess", "expected"),
    [(0, []), (1, [("items", f"are worth more than {MAX_TOTAL_CENTS:,} minor units")])],
)
def test_how_much_an_application_may_be_worth(excess: int, expected: list[Any]) -> None:
    price = MAX_TOTAL_CENTS // 100
    dear = msgspec.structs.replace(ITEMS[0], unit_price_cents=price)
    cheap = msgspec.structs.replace(ITEMS[1], quantity=1, unit_price_cents=1)
    outcome = submit(items=(dear, cheap) if excess else (dear,))

    assert (gaps(outcome) if expected else outcome.refusal) == (expected or None)


def test_lines_come_in_order() -> None:
    (event,) = submit(items=tuple(reversed(ITEMS))).events

    assert isinstance(event, ApplicationSubmitted)
    assert [item.line for item in event.submission.items] == [1, 2]


def test_lines_with_ineligible_products_are_all_named() -> None:
    ineligible = (
        IneligibleLine(line=1, reason="B200 is Blackwell", citation="91 FR 1684"),
        IneligibleLine(line=2, reason="not registered", citation="15 CFR 748.6"),
    )
    facts = submitting(ineligible=ineligible)

    refusal = (
        given(DECIDER, DRAFTED)
        .when(SUBMIT, facts)
        .refused("product_not_eligible", citation="91 FR 1684")
    )
    assert refusal.extra["lines"] == [
        {"line": 1, "reason": "B200 is Blackwell", "citation": "91 FR 1684"},
        {"line": 2, "reason": "not registered", "citation": "15 CFR 748.6"},
    ]


def test_a_line_that_calls_its_product_something_else_is_refused() -> None:
    misdescribed = (Gap(field="items[1].model", reason="is not NVIDIA H200 SXM"),)
    refusal = (
        given(DECIDER, DRAFTED)
        .when(SUBMIT, submitting(misdescribed=misdescribed))
        .refused("product_misdescribed", citation="15 CFR 764.2(g)")
    )
    assert refusal.extra["gaps"] == [
        {"field": "items[1].model", "reason": "is not NVIDIA H200 SXM"}
    ]


def test_a_second_application_for_a_pending_deal_is_refused() -> None:
    twin = identity("application/twin")

    refusal = (
        given(DECIDER, DRAFTED)
        .when(SUBMIT, submitting(duplicate_of=twin))
        .refused("application_duplicate", citation="15 CFR 748.4")
    )
    assert refusal.extra == {"duplicate_of": str(twin)}


@pytest.mark.parametrize("stage", ["submitted", "proposed"])
def test_a_repeat_changes_nothing(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(SUBMIT, submitting()).then()


@pytest.mark.parametrize("stage", ["approved", "denied", "returned", "withdrawn"])
def test_what_is_settled_is_not_submitted_again(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(SUBMIT, submitting()).refused("application_not_draft")


def test_there_must_be_a_draft() -> None:
    given(DECIDER).when(SUBMIT, submitting()).refused("application_not_drafted")


def fingerprint(exporter_id: UUID = ORGANIZATION, **changes: Any) -> str:
    return deal_fingerprint(exporter_id, msgspec.structs.replace(CONTENT, **changes))


SPLIT = (
    msgspec.structs.replace(ITEMS[0], quantity=60),
    msgspec.structs.replace(ITEMS[0], line=3, quantity=40),
    ITEMS[1],
)


@pytest.mark.parametrize(
    "changes",
    [
        {"items": tuple(reversed(ITEMS))},
        {"items": SPLIT},
        {"items": tuple(msgspec.structs.replace(item, unit_price_cents=1) for item in ITEMS)},
        {"parties": tuple(reversed(CONTENT.parties or ()))},
        {
            "parties": (
                *(CONTENT.parties or ()),
                Party(role=PartyRole.INTERMEDIATE_CONSIGNEE, customer_id=FORWARDER),
            )
        },
        {"end_use": "Training of vision models"},
        {"currency": "EUR"},
    ],
)
def test_the_same_deal_in_other_words(changes: dict[str, Any]) -> None:
    assert fingerprint(**changes) == SUBMITTED.fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"exporter_id": INTRUDER.organization_id},
        {"items": ITEMS[:1]},
        {"items": (msgspec.structs.replace(ITEMS[0], quantity=101), ITEMS[1])},
        {"items": (msgspec.structs.replace(ITEMS[0], product_id=H100), ITEMS[1])},
        {"items": (ITEMS[0], msgspec.structs.replace(ITEMS[1], product_id=H200))},
        {"parties": (CONTENT.parties or ())[1:]},
        {"destination_country": "AE"},
    ],
)
def test_another_deal(changes: dict[str, Any]) -> None:
    assert fingerprint(**changes) != SUBMITTED.fingerprint


def test_the_fingerprint_of_a_draft_needs_nothing_filled_in() -> None:
    assert len(deal_fingerprint(ORGANIZATION, Content(items=(DraftItem(line=1),)))) == 64


def test_a_version_is_recorded_as_it_stands_at_submission() -> None:
    amended = (CUSTOMERS[0], msgspec.structs.replace(CUSTOMERS[1], party_version=4))
    (event,) = given(DECIDER, DRAFTED).when(SUBMIT, submitting(customers=amended)).events

    assert isinstance(event, ApplicationSubmitted)
    assert [party.party_version for party in event.submission.parties] == [1, 4, 4]
