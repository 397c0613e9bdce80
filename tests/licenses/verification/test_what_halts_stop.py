"""What a halt stops is what moves: no event posts to a ledger, or to an allotment, beside it."""

from typing import Any

import pytest

from audits import replay
from audits.codec import Recorded
from audits.domain.halt.commands import HaltKind
from audits.execution import house
from licenses import guarded
from licenses.domain import allotment, escrow, remittance
from licenses.domain.remittance.events import RemittanceAssessed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("played")]


def moves(event: Recorded[Any]) -> set[HaltKind]:
    """Tell of which kind the rows are that follow from an event."""
    if event.aggregate == allotment.DECIDER.aggregate:
        return {HaltKind.VOLUME} if hasattr(event.data, "moved") else set()
    return {HaltKind.MONEY} if guarded.transfer_rows(event) else set()


def test_exactly_what_moves_money_or_volume_is_stopped() -> None:
    deciders = (allotment.DECIDER, escrow.DECIDER, remittance.DECIDER)
    events = list(replay.events_of([decider.aggregate for decider in deciders]))
    moving = {type(event.data): moves(event) for event in events if moves(event)}
    still = {type(event.data) for event in events} - moving.keys()
    assert {kind: {house.halts[kind]} for kind in moving} == moving
    assert still & house.halts.keys() == {RemittanceAssessed}  # here, escrow paid the levy already
    assert len(moving) >= 8
    assert len(still) >= 4
