"""Processes that answer each event of one kind with one thing to be done, once."""

from itertools import chain
from typing import Any, get_args

import pytest

from licenses.domain.escrow.events import (
    AdvanceRepaid,
    DepositBooked,
    DepositReversed,
    EscrowEvent,
    EscrowReleased,
    ReversalUndone,
)
from licenses.domain.ids import remittance_id
from licenses.domain.processes import (
    PROCESSES,
    assess_clearance,
    assess_remittance,
    open_escrow,
    reconcile_remittance,
    register_lot,
)
from licenses.domain.processes.assess_clearance import AssessClearanceOf
from licenses.domain.processes.assess_remittance import AssessLevyOn
from licenses.domain.processes.model import Intent, Noted, Process
from licenses.domain.processes.open_escrow import OpenEscrowFor
from licenses.domain.processes.reconcile_remittance import ReconcileWithLedger
from licenses.domain.processes.register_lot import RegisterLotOf
from tests.licenses.domain.processes.cast import (
    FIRST,
    LICENSE,
    SECOND,
    THIRD,
    assessed,
    cancelled,
    confirmed,
    dispatched,
    escrow_opened,
    escrow_released,
    granted,
    lot_registered,
    reconciled,
    requested,
    stopped,
)
from tests.licenses.domain.processes.orders import in_every_order, to_the_end

ENTERED = 1_000_00

HISTORIES: dict[str, tuple[Process[Any], list[Noted], list[Intent]]] = {
    "no license": (open_escrow.PROCESS, [], []),
    "granted": (open_escrow.PROCESS, [granted()], [OpenEscrowFor(license_id=LICENSE)]),
    "opened": (open_escrow.PROCESS, [granted(), escrow_opened()], []),
    "requested": (
        register_lot.PROCESS,
        [requested(FIRST), requested(SECOND), lot_registered(SECOND)],
        [RegisterLotOf(shipment_id=FIRST)],
    ),
    "registered": (
        register_lot.PROCESS,
        [requested(FIRST), lot_registered(FIRST), lot_registered(SECOND), requested(SECOND)],
        [],
    ),
    "waiting": (
        assess_clearance.PROCESS,
        [requested(FIRST), requested(SECOND), requested(THIRD), dispatched(SECOND)],
        [AssessClearanceOf(shipment_id=FIRST), AssessClearanceOf(shipment_id=THIRD)],
    ),
    "closed": (
        assess_clearance.PROCESS,
        [
            *(requested(FIRST), requested(SECOND), requested(THIRD)),
            *(dispatched(FIRST), cancelled(SECOND), stopped(THIRD)),
        ],
        [],
    ),
    "left": (
        assess_remittance.PROCESS,
        [requested(FIRST), dispatched(FIRST), escrow_released(FIRST)],
        [AssessLevyOn(shipment_id=FIRST)],
    ),
    "left and entered": (
        assess_remittance.PROCESS,
        [
            *(requested(FIRST), escrow_released(FIRST), dispatched(FIRST), assessed(FIRST)),
            *(requested(SECOND, entered_value_cents=ENTERED), requested(THIRD)),
        ],
        [AssessLevyOn(shipment_id=SECOND)],
    ),
    "left without escrow": (
        assess_remittance.PROCESS,
        [requested(FIRST), dispatched(FIRST)],
        [AssessLevyOn(shipment_id=FIRST)],
    ),
    "all assessed": (
        assess_remittance.PROCESS,
        [
            *(escrow_released(FIRST), dispatched(FIRST), assessed(FIRST)),
            *(requested(SECOND, entered_value_cents=ENTERED), assessed(SECOND)),
        ],
        [],
    ),
    "confirmed": (
        reconcile_remittance.PROCESS,
        [confirmed(FIRST), confirmed(SECOND), reconciled(SECOND), assessed(THIRD)],
        [ReconcileWithLedger(remittance_id=remittance_id(FIRST))],
    ),
    "reconciled": (
        reconcile_remittance.PROCESS,
        [confirmed(FIRST), reconciled(FIRST), confirmed(SECOND), reconciled(SECOND)],
        [],
    ),
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_every_order_asks_for_the_same(
    history: tuple[Process[Any], list[Noted], list[Intent]],
) -> None:
    process, events, expected = history
    in_every_order(process, events, *expected)


def outcome_of_one(intent: Any) -> list[Noted]:
    """Say what happens when an intent is carried out."""
    match intent:
        case OpenEscrowFor():
            return [escrow_opened()]
        case RegisterLotOf(shipment_id=shipment_id):
            return [lot_registered(shipment_id)]
        case AssessLevyOn(shipment_id=shipment_id):
            return [assessed(shipment_id)]
        case ReconcileWithLedger(remittance_id=key):
            of_one = (each for each in (FIRST, SECOND, THIRD) if remittance_id(each) == key)
            return [reconciled(next(of_one))]
        case _:
            raise AssertionError(intent)


@pytest.mark.parametrize(
    ("process", "events"),
    [
        (open_escrow.PROCESS, [granted()]),
        (register_lot.PROCESS, [requested(FIRST), requested(SECOND), requested(THIRD)]),
        (
            assess_remittance.PROCESS,
            [
                *(requested(FIRST), dispatched(FIRST), escrow_released(FIRST)),
                *(requested(SECOND, entered_value_cents=ENTERED), dispatched(SECOND)),
                *(requested(THIRD), dispatched(THIRD)),
            ],
        ),
        (reconcile_remittance.PROCESS, [confirmed(FIRST), confirmed(SECOND), confirmed(THIRD)]),
    ],
    ids=["open_escrow", "register_lot", "assess_remittance", "reconcile_remittance"],
)
def test_each_intent_is_carried_out_once_whenever_it_is(
    process: Process[Any], events: list[Noted]
) -> None:
    to_the_end(process, events, outcome_of_one)


def test_every_event_that_a_process_listens_to_is_in_its_histories() -> None:
    for process in PROCESSES:
        if process.name == "wind_up_license":
            continue  # has its own test
        of_process = (events for each, events, _ in HISTORIES.values() if each is process)
        tried = {type(event.event) for event in chain.from_iterable(of_process)}
        assert set(process.listens) <= tried, process.name


def test_what_sets_a_process_going_is_what_it_answers() -> None:
    """Whatever makes a new intent outstanding must also wake the process up."""
    for process, events, expected in HISTORIES.values():
        for last in range(len(events)):
            others = events[:last] + events[last + 1 :]
            fresh = set(process.intents(events)) - set(process.intents(others))
            if fresh and expected and type(events[last].event) not in process.triggers:
                # Then the trigger comes with it, in one transaction.
                together = {type(each.event) for each in others} & set(process.triggers)
                assert together, (process.name, events[last])


def test_whatever_changes_what_escrow_holds_has_waiting_shipments_assessed() -> None:
    """A release follows a dispatch, which assessed it; a repayment comes with its deposit."""
    moving = {each for each in get_args(EscrowEvent) if "held_cents" in each.__struct_fields__}
    assert moving >= {DepositBooked, DepositReversed, ReversalUndone}
    assert moving - {EscrowReleased, AdvanceRepaid} <= set(assess_clearance.PROCESS.triggers)
