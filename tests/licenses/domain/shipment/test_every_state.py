"""Every command in every state: events that can be folded, or a refusal. Nothing else."""

from typing import Final

import pytest

from audits.kernel import Command, Facts
from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.commands import AssessClearance, CancelShipment, StopShipment
from licenses.domain.shipment.events import ShipmentEvent
from tests.licenses.domain.shipment.cases import (
    BY_EXPORTER,
    BY_SYSTEM,
    CANCELLED,
    DELIVERED,
    DISPATCH,
    DISPATCHED,
    FILE,
    FILED,
    HELD,
    HISTORIES,
    HOLD,
    RECORD,
    RECORDED,
    REQUEST,
    REQUESTED,
    STOPPED,
    VERIFY,
    assessed,
    assessing,
    dispatching,
    filing,
    requesting,
)
from tests.support.deciding import cells, outcome_of, states_of

STAGES: Final = tuple(HISTORIES)

COMMANDS: Final[dict[str, tuple[Command, Facts]]] = {
    "request": (REQUEST, requesting()),
    "hold": (HOLD, BY_EXPORTER),
    "record": (RECORD, BY_EXPORTER),
    "file": (FILE, filing()),
    "assess": (AssessClearance(), assessing(C9="levy_overdue")),
    "dispatch": (DISPATCH, dispatching()),
    "verify": (VERIFY, BY_EXPORTER),
    "cancel": (CancelShipment(reason="Other"), BY_EXPORTER),
    "stop": (StopShipment(reason="Other"), BY_SYSTEM),
}

ABSENT: Final = "shipment_not_requested"
GONE: Final = ("shipment_already_dispatched",) * 2
OVER: Final = ("shipment_not_open",) * 2
HERE: Final = ("shipment_not_dispatched",)
EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    # One column for each of STAGES, from `not requested` to `stopped`.
    "request": ("ShipmentRequested", *[""] * 7),
    "hold": (ABSENT, "EndUserStatementHeld", "", "", *GONE, *OVER),
    "record": (ABSENT, "GateRecorded", "", "GateRecorded", *GONE, *OVER),
    "file": (ABSENT, "ExportFiled", "", "", *GONE, *OVER),
    "assess": (ABSENT, *["ClearanceAssessed"] * 3, *GONE, *OVER),
    "dispatch": (ABSENT, "itn_differs", *["ShipmentDispatched"] * 2, "", "", *OVER),
    "verify": (ABSENT, *HERE * 3, "DeliveryVerified", "", *HERE * 2),
    "cancel": (ABSENT, *["ShipmentCancelled"] * 3, *GONE, "", OVER[0]),
    "stop": (ABSENT, *["ShipmentStopped"] * 3, *GONE, OVER[0], ""),
}


@pytest.mark.parametrize(("name", "stage", "expected"), cells(EXPECTED, STAGES))
def test_the_outcome_is_defined(name: str, stage: str, expected: str) -> None:
    assert outcome_of(DECIDER, HISTORIES[stage], COMMANDS[name]) == expected


def test_no_command_is_forgotten() -> None:
    assert {type(command) for command, _ in COMMANDS.values()} == set(DECIDER.decisions)


def test_each_history_ends_in_the_state_that_it_names() -> None:
    assert states_of(DECIDER, HISTORIES) == [
        name.split(",")[0].title().replace(" ", "") for name in STAGES
    ]


@pytest.mark.parametrize(
    "event",
    [REQUESTED, HELD, RECORDED, FILED, assessed(), DISPATCHED, DELIVERED, CANCELLED, STOPPED],
    ids=lambda event: type(event).__name__,
)
def test_what_cannot_follow_is_never_folded(event: ShipmentEvent) -> None:
    with pytest.raises(TypeError, match="cannot follow Stopped"):
        DECIDER.fold([*HISTORIES["stopped"], event])
