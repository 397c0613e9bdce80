"""Papers before departure: end-user statement, other gates of the destination, export filing."""

from datetime import date
from typing import Any

import msgspec
import pytest

from audits.kernel import Command, Event
from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.events import EndUserStatementHeld, ExportFiled, GateRecorded
from licenses.domain.shipment.state import Cleared, Requested
from licenses.domain.shipment.values import Gate, Papers, RecordedGate
from tests.licenses.domain.application.cases import document
from tests.licenses.domain.shipment.cases import (
    BY_EXPORTER,
    FILE,
    FILED,
    GONE,
    HELD,
    HISTORIES,
    HOLD,
    RECORD,
    RECORDED,
    REQUESTED,
    RULE,
    WAITING,
    filing,
)
from tests.support.deciding import given


def test_the_end_user_statement_is_held() -> None:
    given(DECIDER, REQUESTED).when(HOLD, BY_EXPORTER).then(HELD)


def test_a_later_statement_replaces_it() -> None:
    later = msgspec.structs.replace(HOLD, reference="EUS-2026-2")
    (event,) = given(DECIDER, REQUESTED, HELD).when(later, BY_EXPORTER).events

    state = DECIDER.fold([REQUESTED, HELD, event])
    assert isinstance(event, EndUserStatementHeld)
    assert isinstance(state, Requested)
    assert state.papers == Papers(statement=event.statement)


@pytest.mark.parametrize(
    ("issued_on", "code"),
    [(date(2026, 11, 24), None), (date(2026, 11, 25), "statement_in_future")],
)
def test_a_statement_may_be_dated_where_it_is_tomorrow(issued_on: date, code: str | None) -> None:
    """At noon UTC it is the 24th east of +12:00, and nowhere the 25th."""
    outcome = given(DECIDER, REQUESTED).when(
        msgspec.structs.replace(HOLD, issued_on=issued_on), BY_EXPORTER
    )
    assert (outcome.refusal.code if outcome.refusal else None) == code


def test_a_gate_is_recorded() -> None:
    given(DECIDER, REQUESTED).when(RECORD, BY_EXPORTER).then(RECORDED)


def test_the_last_record_of_each_gate_counts() -> None:
    imported = GateRecorded(
        gate=Gate(
            kind=RecordedGate.IMPORT_CLEARANCE,
            cleared=True,
            units_left=None,
            document=document("import"),
        )
    )
    refused = msgspec.structs.replace(RECORD, cleared=False, units_left=None)
    (event,) = given(DECIDER, REQUESTED, RECORDED, imported).when(refused, BY_EXPORTER).events

    state = DECIDER.fold([REQUESTED, RECORDED, imported, event])
    assert isinstance(event, GateRecorded)
    assert isinstance(state, Requested)
    assert state.papers.gates == (imported.gate, event.gate)


def test_the_export_is_filed() -> None:
    given(DECIDER, REQUESTED).when(FILE, filing()).then(FILED)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"itn": "X2026112300000"}, "itn_malformed"),
        ({"itn": "X202611230000011"}, "itn_malformed"),
        ({"itn": "Y20261123000001"}, "itn_malformed"),
        ({"license_code": "C33"}, "license_code_wrong"),
        ({"eccn": "4A003.b"}, "filed_eccn_wrong"),
        ({"eccn": "4A090.a"}, "filed_eccn_differs"),
        ({"license_number": "D1000002"}, "filed_license_differs"),
    ],
)
def test_a_filing_fits_edition_license_and_goods(changes: dict[str, Any], code: str) -> None:
    given(DECIDER, REQUESTED).when(msgspec.structs.replace(FILE, **changes), filing()).refused(
        code, citation=RULE.citation
    )


def test_a_transaction_number_is_used_once() -> None:
    given(DECIDER, REQUESTED).when(FILE, filing(is_itn_taken=True)).refused("itn_already_used")


def test_a_later_filing_replaces_it() -> None:
    later = msgspec.structs.replace(FILE, itn="X20261123000002")
    (event,) = given(DECIDER, REQUESTED, FILED).when(later, filing()).events

    state = DECIDER.fold([REQUESTED, FILED, event])
    assert isinstance(event, ExportFiled)
    assert isinstance(state, Requested)
    assert state.papers.filing == event.filing


REPEATS: list[tuple[Event, Command]] = [(HELD, HOLD), (RECORDED, RECORD), (FILED, FILE)]


@pytest.mark.parametrize(("event", "command"), REPEATS)
def test_a_repeat_changes_nothing(event: Event, command: Command) -> None:
    given(DECIDER, REQUESTED, event).when(command, filing(is_itn_taken=True)).then()


@pytest.mark.parametrize("stage", WAITING)
@pytest.mark.parametrize(("event", "command"), REPEATS)
def test_papers_come_in_while_the_goods_wait(event: Event, command: Command, stage: str) -> None:
    before = DECIDER.fold(HISTORIES[stage])
    events = given(DECIDER, *HISTORIES[stage]).when(command, filing()).events

    assert isinstance(before, Requested | Cleared)
    assert type(DECIDER.fold(events, before)) is type(before)
    assert events in ([], [event])


@pytest.mark.parametrize("stage", GONE)
@pytest.mark.parametrize("command", [HOLD, RECORD, FILE])
def test_papers_come_too_late_for_goods_that_left(command: Command, stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(command, filing()).refused("shipment_already_dispatched")
