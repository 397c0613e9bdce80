"""Every command as every role in every state, through the real database: permitted, seen, decided."""

from collections.abc import Callable
from typing import Any, Final, get_args, get_type_hints
from uuid import UUID

import pytest
from django.db import transaction
from msgspec.structs import replace

from audits import context as minting
from audits import execution, reading
from audits.events import CommandRefused, RefusedCommandKept
from audits.execution import NotFound, house
from audits.kernel import Actor, Command, Context, Decider, Event, NotPermitted, Refused, Role
from audits.models import EventRow
from audits.projection import case_name
from licenses.domain.edition.commands import PublishEdition
from licenses.domain.escrow.commands import OpenEscrow
from licenses.domain.lab_test.commands import RegisterLot
from licenses.domain.remittance.commands import AssessRemittance
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    LABORATORY,
    NOON,
    OFFICER,
    SYSTEM,
    TREASURY,
)
from tests.trust.expected import CREATES, MOVED_ALONG, ROWS, sees
from tests.trust.scenes import Scenes

pytestmark = pytest.mark.django_db
CAST: Final[tuple[Actor, ...]] = (
    *(EXPORTER, OFFICER, LABORATORY, BANK, TREASURY, AUDITOR, SYSTEM),
)
KINDS: Final = {kind.__name__: kind for kind in house.procedures}
FORBIDDEN, UNSEEN, REFUSED, REPEATED, EFFECTIVE = (
    "forbidden",
    "unseen",
    "refused",
    "took effect before",
    "takes effect",
)


def states_of(decider: Decider[Any]) -> list[str]:
    """Name the cases of an aggregate's state."""
    return [case_name(case) for case in get_args(get_type_hints(decider.evolve)["return"])]


def test_the_table_names_every_command_with_its_aggregate_and_its_roles() -> None:
    assert {name: (row.aggregate, row.roles) for name, row in ROWS.items()} == {
        kind.__name__: (procedure.decider.aggregate, frozenset(map(str, procedure.roles)))
        for kind, procedure in house.procedures.items()
    }


def test_the_table_names_what_starts_a_thing() -> None:
    starting = {kind.__name__ for kind, procedure in house.procedures.items() if procedure.creates}
    assert starting == CREATES


def test_every_role_has_a_part() -> None:
    assert {actor.role for actor in CAST} == set(Role)


def attempt(command: Command, target: UUID, actor: Actor) -> str:
    """Issue a command and undo it; tell what became of it."""
    context = Context(actor=actor, now=NOON, command_id=minting.new_id())
    with transaction.atomic():
        outcome = _outcome(lambda: execution.execute(command, target, context))
        recorded = _recorded(context.command_id)
        transaction.set_rollback(True)
    by_person = actor.role is not Role.SYSTEM
    if outcome == FORBIDDEN and by_person:
        refusal, kept = recorded
        assert isinstance(refusal, CommandRefused)
        assert isinstance(kept, RefusedCommandKept)
        assert (refusal.status, refusal.code) == (403, "role_not_permitted")
    else:
        # A refused fact of the world (a deposit set aside, a forged report) is an event of its own.
        assert bool(recorded) == (outcome == EFFECTIVE or (outcome == REFUSED and by_person))
    return outcome


def _outcome(issue: Callable[[], reading.Receipt]) -> str:
    try:
        receipt = issue()
    except NotPermitted:
        return FORBIDDEN
    except NotFound:
        return UNSEEN
    except Refused:
        return REFUSED
    return EFFECTIVE if receipt.events else REPEATED


def _recorded(command_id: UUID) -> list[Event]:
    rows = EventRow.objects.filter(command_id=command_id).order_by("ordinal")
    return [reading.decode(bytes(row.canonical)).data for row in rows]


def anew(command: Command) -> Command:
    """Change a command that took effect so that it is about another thing."""
    match command:
        case OpenEscrow():
            return replace(command, license_id=minting.new_id())
        case RegisterLot() | AssessRemittance():
            return replace(command, shipment_id=minting.new_id())
        case PublishEdition():
            return replace(command, toml=command.toml.replace('"brief-2026', '"anew-2026', 1))
        case _:
            return command


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_role_in_each_state(name: str, scenes: Scenes) -> None:
    row, command = ROWS[name], scenes.commands[KINDS[name]]
    nowhere, *states = states_of(house.procedures[KINDS[name]].decider)
    targets = {state: (command, scenes.things[row.aggregate, state]) for state in states}
    targets[nowhere] = (anew(command), minting.new_id())
    found = {
        (state, actor.role.value): attempt(*target, actor)
        for state, target in targets.items()
        for actor in CAST
        if not (name in MOVED_ALONG and actor.role is Role.SYSTEM)
    }
    for (state, role), outcome in found.items():
        if role not in row.roles:
            expected = {FORBIDDEN}
        elif state == nowhere:
            expected = {EFFECTIVE, REFUSED} if name in CREATES else {UNSEEN}
        elif not sees(role, row.aggregate, state):
            expected = {UNSEEN}
        elif state in row.states:
            expected = {EFFECTIVE, REFUSED, REPEATED}
        else:
            expected = {REFUSED, REPEATED}
        assert outcome in expected, (state, role)
