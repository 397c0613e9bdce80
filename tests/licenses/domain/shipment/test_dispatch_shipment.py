"""Dispatch: on the verdicts of this very moment, unit by unit, never undone."""

from typing import Any

import msgspec
import pytest

from licenses.domain.policy.model import Condition
from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.commands import DispatchShipment
from licenses.domain.shipment.state import Dispatched
from licenses.domain.shipment.values import Departure
from tests.licenses.domain.application.cases import verdicts
from tests.licenses.domain.shipment.cases import (
    DISPATCH,
    DISPATCHED,
    HISTORIES,
    ITN,
    REQUESTED,
    SERIALS,
    assessed,
    dispatching,
    without,
)
from tests.support.deciding import given
from tests.support.people import NOON


def dispatch(*serials: str, itn: str = ITN) -> DispatchShipment:
    return DispatchShipment(itn=itn, serials=serials)


@pytest.mark.parametrize("stage", ["cleared", "requested, filed"])
def test_what_holds_at_this_moment_counts_not_what_held_before(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(DISPATCH, dispatching()).then(DISPATCHED)


def test_a_clearance_that_no_longer_holds_is_worth_nothing() -> None:
    given(DECIDER, *HISTORIES["cleared"]).when(
        DISPATCH, dispatching(verdicts=verdicts(C10="license_not_active"))
    ).refused("license_not_active", citation="Rule of C10")


@pytest.mark.parametrize("condition", list(Condition))
def test_a_single_failure_answers_by_its_own_code(condition: Condition) -> None:
    failing = verdicts(**{condition.value: "a_code_of_its_own"})

    refusal = (
        given(DECIDER, *HISTORIES["cleared"])
        .when(DISPATCH, dispatching(verdicts=failing))
        .refused("a_code_of_its_own", citation=f"Rule of {condition}")
    )
    assert [each["condition"] for each in refusal.extra["failing"]] == [condition]


def test_several_failures_are_all_named() -> None:
    failing = verdicts(C12="itn_malformed", C7="lot_not_certified", C8="not_prepaid")

    refusal = (
        given(DECIDER, *HISTORIES["cleared"])
        .when(DISPATCH, dispatching(verdicts=failing))
        .refused("clearance_does_not_hold", citation="Rule of C7")
    )
    assert [each["code"] for each in refusal.extra["failing"]] == [
        "lot_not_certified",
        "not_prepaid",
        "itn_malformed",
    ]
    assert refusal.detail == "C7: Judged C7. C8: Judged C8. C12: Judged C12."


def test_nothing_leaves_because_nobody_looked() -> None:
    with pytest.raises(LookupError):
        given(DECIDER, *HISTORIES["cleared"]).when(DISPATCH, dispatching(verdicts=()))


def test_fewer_units_than_requested_make_a_short_shipment() -> None:
    given(DECIDER, *HISTORIES["cleared"]).when(dispatch("SN-0001", "SN-0003"), dispatching()).then(
        without("SN-0002")
    )


@pytest.mark.parametrize(
    ("tested", "foreign"),
    [
        (SERIALS[:2], ["SN-0003"]),
        ((), list(SERIALS)),
        ((*SERIALS, "SN-0004"), []),
        (None, []),
    ],
)
def test_only_units_of_the_tested_lot(tested: Any, foreign: list[str]) -> None:
    outcome = given(DECIDER, *HISTORIES["cleared"]).when(
        DISPATCH, dispatching(tested_serials=tested)
    )

    if foreign:
        refusal = outcome.refused("serial_not_in_lot", citation="Rule of C7")
        assert refusal.extra == {"serials": foreign}
    else:
        outcome.then(DISPATCHED)


@pytest.mark.parametrize("tested", [(*SERIALS, "SN-0004"), None])
def test_only_units_of_this_shipment(tested: Any) -> None:
    given(DECIDER, *HISTORIES["cleared"]).when(
        dispatch("SN-0001", "SN-0004"), dispatching(tested_serials=tested)
    ).refused("serial_not_in_lot")


def test_each_unit_ships_once_ever() -> None:
    refusal = (
        given(DECIDER, *HISTORIES["cleared"])
        .when(DISPATCH, dispatching(shipped_serials=("SN-0001",)))
        .refused("serial_already_shipped")
    )
    assert refusal.extra == {"serials": ["SN-0001"]}


def test_no_unit_is_counted_twice() -> None:
    given(DECIDER, *HISTORIES["cleared"]).when(
        dispatch("SN-0001", "SN-0001"), dispatching()
    ).refused("serials_repeated")


def test_under_the_transaction_number_that_was_filed() -> None:
    other = dispatch(*SERIALS, itn="X20261123000002")
    given(DECIDER, *HISTORIES["cleared"]).when(other, dispatching()).refused(
        "itn_differs", citation="Rule of C12"
    )


def test_not_without_a_filing_whatever_the_verdicts() -> None:
    given(DECIDER, REQUESTED, assessed()).when(DISPATCH, dispatching()).refused("itn_differs")


def test_what_left_is_kept() -> None:
    state = DECIDER.fold(HISTORIES["dispatched"])

    assert isinstance(state, Dispatched)
    assert state.departure == Departure(itn=ITN, serials=SERIALS, dispatched_at=NOON)


@pytest.mark.parametrize("stage", ["dispatched", "delivered"])
@pytest.mark.parametrize("serials", [SERIALS, tuple(reversed(SERIALS))])
def test_a_repeat_changes_nothing(stage: str, serials: tuple[str, ...]) -> None:
    late = dispatching(verdicts=verdicts(C10="license_not_active"))
    given(DECIDER, *HISTORIES[stage]).when(dispatch(*serials), late).then()


@pytest.mark.parametrize(
    "other", [dispatch(*SERIALS[:2]), dispatch(*SERIALS, itn="X20261123000002")]
)
def test_a_shipment_leaves_once(other: DispatchShipment) -> None:
    given(DECIDER, *HISTORIES["dispatched"]).when(other, dispatching()).refused(
        "shipment_already_dispatched"
    )


@pytest.mark.parametrize("stage", ["cancelled", "stopped"])
def test_what_was_given_up_or_stopped_does_not_leave(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(DISPATCH, dispatching()).refused("shipment_not_open")


def test_the_edition_is_that_of_the_moment() -> None:
    given(DECIDER, *HISTORIES["cleared"]).when(DISPATCH, dispatching(edition="rule-2026")).then(
        msgspec.structs.replace(DISPATCHED, edition="rule-2026")
    )
