"""Cancelling and stopping: while the goods are here; what left is never undone."""

import pytest

from audits.kernel import Command, Event
from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.commands import CancelShipment, StopShipment
from licenses.domain.shipment.state import Cancelled, Stopped
from tests.licenses.domain.shipment.cases import (
    BY_EXPORTER,
    BY_SYSTEM,
    CANCELLED,
    GONE,
    HISTORIES,
    STOPPED,
    WAITING,
)
from tests.support.deciding import given

CANCEL = CancelShipment(reason="The buyer gave up")
STOP = StopShipment(reason="H200 is banned", edition="ban-2027", citation="Ban of 2027")


@pytest.mark.parametrize("stage", WAITING)
@pytest.mark.parametrize(
    ("command", "event", "state"), [(CANCEL, CANCELLED, Cancelled), (STOP, STOPPED, Stopped)]
)
def test_while_the_goods_wait(command: Command, event: Event, state: type, stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(command, BY_SYSTEM).then(event)

    assert isinstance(DECIDER.fold([*HISTORIES[stage], event]), state)


@pytest.mark.parametrize("stage", GONE)
@pytest.mark.parametrize("command", [CANCEL, STOP])
def test_what_left_is_never_undone(command: Command, stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(command, BY_SYSTEM).refused(
        "shipment_already_dispatched"
    )


@pytest.mark.parametrize(("stage", "command"), [("cancelled", CANCEL), ("stopped", STOP)])
def test_a_repeat_changes_nothing(stage: str, command: Command) -> None:
    given(DECIDER, *HISTORIES[stage]).when(command, BY_EXPORTER).then()


@pytest.mark.parametrize(("stage", "command"), [("stopped", CANCEL), ("cancelled", STOP)])
def test_it_ends_in_one_way_only(stage: str, command: Command) -> None:
    given(DECIDER, *HISTORIES[stage]).when(command, BY_EXPORTER).refused("shipment_not_open")
