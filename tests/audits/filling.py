"""Commands that fill jars, carried out by the real handlers."""

from typing import Any
from uuid import UUID

import pytest

from audits import execution, reading
from audits.execution import Procedure, house
from audits.kernel import Actor, Command, NotPermitted, Refused
from audits.models import EventRow
from tests.audits.api.toy import DECIDER, FillJar, Open
from tests.audits.histories import context_of
from tests.support.people import EXPORTER

FILL = FillJar(amount_cents=100)
TOO_MUCH = FillJar(amount_cents=1_001)


def held_cents(jar: UUID) -> int:
    state = reading.load(DECIDER, jar).state
    assert isinstance(state, Open)
    return state.held_cents


def refusals() -> int:
    return EventRow.objects.filter(type="command_refused").count()


def run(
    command: Command, jar: UUID, *, actor: Actor = EXPORTER, command_id: UUID | None = None
) -> reading.Receipt:
    return execution.execute(command, jar, context_of(actor, command_id=command_id))


def carry_out(monkeypatch: pytest.MonkeyPatch, procedure: Procedure) -> None:
    """Let jars be filled by another procedure."""
    filling: dict[type[Command], Procedure] = {FillJar: procedure}
    monkeypatch.setattr(house, "procedures", house.procedures | filling)


def refusal_of(command: Command, jar: UUID, **more: Any) -> dict[str, Any]:
    with pytest.raises((Refused, NotPermitted)) as raised:
        run(command, jar, **more)
    return {"kind": type(raised.value)} | vars(raised.value)
