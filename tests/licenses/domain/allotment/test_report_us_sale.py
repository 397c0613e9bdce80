"""US sales: with evidence, each once, only those at home; they heal a shortfall first."""

from datetime import date
from typing import Any

import msgspec
import pytest

from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.commands import ReportUsSale
from licenses.domain.allotment.events import AllotmentOpened, UsSaleReported
from licenses.domain.allotment.state import Frozen, Open
from licenses.domain.allotment.values import NO_COUNTERS, Counters, Tally
from tests.licenses.domain.allotment.cases import (
    HISTORIES,
    TPP_CAP,
    UNITS_CAP,
    both,
    counters,
    history,
    reserve,
    reversal,
    sale,
    tally,
    under,
)
from tests.licenses.domain.application.cases import EDITION, document
from tests.support.deciding import given
from tests.support.people import EXPORTER, identity

REPORTED = UsSaleReported(
    sale_reference="INV-1",
    evidence=document("INV-1"),
    buyer="A data center in Ohio",
    sold_on=date(2026, 5, 1),
    quantity=100,
    tpp_per_unit=1000,
    tpp=100_000,
    destination_country="US",
    end_use_country="US",
    edition=EDITION,
    seen=NO_COUNTERS,
    moved=both(us_reported=100, us_counting=100),
)


def test_the_first_sale_opens_the_allotment() -> None:
    given(DECIDER).when(sale(), under()).then(
        AllotmentOpened(
            exporter_id=EXPORTER.organization_id,
            product_id=identity("product/h200"),
            window="2026",
            cap=UNITS_CAP,
            edition=EDITION,
        ),
        REPORTED,
    )


@pytest.mark.parametrize("state", ["not opened", "open"])
def test_a_sale_that_counts_in_another_window_does_not_count_here(state: str) -> None:
    given(DECIDER, *HISTORIES[state]).when(
        sale(name="INV-2"), under(counted_elsewhere=True)
    ).refused("sale_already_counted", citation=UNITS_CAP.citation)


def test_a_further_sale_sees_what_was_counted_before() -> None:
    given(DECIDER, *HISTORIES["open"]).when(sale(7, name="INV-2"), under()).then(
        msgspec.structs.replace(
            REPORTED,
            sale_reference="INV-2",
            evidence=document("INV-2"),
            quantity=7,
            tpp=7000,
            seen=both(us_reported=100, us_counting=100),
            moved=both(us_reported=7, us_counting=7),
        )
    )


@pytest.mark.parametrize(
    ("quantity", "counting", "shortfall", "state"),
    [(9, 80, 1, Frozen), (10, 80, 0, Open), (11, 81, 0, Open)],
)
def test_a_sale_heals_the_shortfall_first(
    quantity: int, counting: int, shortfall: int, state: type
) -> None:
    frozen = HISTORIES["frozen"]
    assert tally(frozen).shortfall == 10
    events = given(DECIDER, *frozen).when(sale(quantity, name="INV-2"), under()).events

    after = DECIDER.fold([*frozen, *events])
    assert isinstance(after, state)
    assert (counters(after).units.us_counting, counters(after).units.shortfall) == (
        counting,
        shortfall,
    )


def test_only_the_metric_of_the_cap_has_a_shortfall() -> None:
    events = history(sale(100), reserve(40), reversal(30), cap=TPP_CAP)

    assert counters(DECIDER.fold(events)) == Counters(
        units=Tally(us_reported=100, us_reversed=30, us_counting=70, pending=40),
        tpp=Tally(
            us_reported=100_000,
            us_reversed=30_000,
            us_counting=80_000,
            shortfall=10_000,
            pending=40_000,
        ),
    )


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["open"]).when(sale(), under()).then()


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 101},
        {"buyer": "Another buyer"},
        {"sold_on": date(2026, 5, 2)},
        {"evidence": document("other")},
    ],
)
def test_a_sale_is_reported_in_one_way_only(changes: dict[str, Any]) -> None:
    given(DECIDER, *HISTORIES["open"]).when(
        msgspec.structs.replace(sale(), **changes), under()
    ).refused("sale_already_reported")


@pytest.mark.parametrize("name", ["INV-1", "CN-1"])
def test_a_document_proves_one_report_only(name: str) -> None:
    events = history(sale(), reversal(1))
    given(DECIDER, *events).when(sale(name="INV-2", evidence=document(name)), under()).refused(
        "evidence_already_used"
    )


@pytest.mark.parametrize(
    "command",
    [
        sale(destination_country="CA"),
        sale(end_use_country="CN"),
        sale(destination_country="CN", end_use_country="CN"),
    ],
)
def test_only_sales_at_home_for_use_at_home_count(command: ReportUsSale) -> None:
    given(DECIDER).when(command, under()).refused("sale_not_domestic", citation=UNITS_CAP.citation)


@pytest.mark.parametrize(
    ("window", "sold_on", "code"),
    [
        ("2026", date(2026, 1, 1), None),
        ("2026", date(2025, 12, 31), "sale_outside_window"),
        ("2025", date(2025, 12, 31), None),
        ("2025", date(2026, 1, 1), "sale_outside_window"),
        ("all_time", date(1999, 1, 1), None),
        ("2026", date(2026, 11, 23), None),
        ("2026", date(2026, 11, 24), "sale_in_future"),
    ],
)
def test_when_a_sale_counts(window: str, sold_on: date, code: str | None) -> None:
    outcome = given(DECIDER).when(sale(sold_on=sold_on), under(window=window))

    assert (outcome.refusal.code if outcome.refusal else None) == code
    if code == "sale_outside_window":
        outcome.refused(code, citation=UNITS_CAP.citation)


def test_the_books_say_whose_they_are() -> None:
    state = DECIDER.fold(HISTORIES["open"])

    assert isinstance(state, Open)
    assert (state.volume.exporter_id, state.volume.product_id, state.volume.window) == (
        EXPORTER.organization_id,
        identity("product/h200"),
        "2026",
    )
