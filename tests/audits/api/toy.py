"""A toy aggregate for tests of the generic API: a jar that holds money until it is smashed."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.api.declaring import CommandRoute, Resource
from audits.api.headers import IfMatch
from audits.codec import registry
from audits.execution import Procedure, house
from audits.kernel import Actor, Cents, Command, Decider, Event, Facts, Refused, Role, State
from tests.support.client import ApiClient

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class OpenJar(Command):
    """Open a jar."""

    label: Word
    price_cents: Cents = 0


class FillJar(Command):
    """Put money in."""

    amount_cents: Cents
    note: str | None = None


class SmashJar(Command):
    """Smash the jar. It holds nothing afterwards."""


class JarOpened(Event):
    """Somebody opened a jar."""

    label: str
    price_cents: Cents
    owner_id: UUID


class JarFilled(Event):
    """Money went in."""

    amount_cents: Cents
    note: str | None = None


class JarSmashed(Event):
    """It is gone."""


class NoJar(State):
    """There is no jar."""


class Open(State):
    """Takes money."""

    label: str
    owner_id: UUID
    held_cents: int


class Smashed(State):
    """Gone."""

    owner_id: UUID


JarState = NoJar | Open | Smashed
JarEvent = JarOpened | JarFilled | JarSmashed


def evolve(state: JarState, event: JarEvent) -> JarState:
    match state, event:
        case _, JarOpened():
            return Open(label=event.label, owner_id=event.owner_id, held_cents=0)
        case Open(), JarFilled():
            held_cents = state.held_cents + event.amount_cents
            return msgspec.structs.replace(state, held_cents=held_cents)
        case Open(), JarSmashed():
            return Smashed(owner_id=state.owner_id)
        case _:
            raise TypeError(type(event).__name__)


def open_jar(command: OpenJar, state: JarState, facts: Facts) -> Sequence[JarEvent]:
    if not isinstance(state, NoJar):
        return []
    return [
        JarOpened(
            label=command.label,
            price_cents=command.price_cents,
            owner_id=facts.actor.organization_id,
        )
    ]


def fill_jar(command: FillJar, state: JarState, _facts: Facts) -> Sequence[JarEvent]:
    if not isinstance(state, Open):
        raise Refused("jar_smashed", "A smashed jar holds nothing", citation="Toy 1.2")
    if command.note == "bug":
        raise ZeroDivisionError("the insides of the service")
    if command.amount_cents > 1_000:
        raise Refused("jar_overflows", "Too much at once", extra={"room": 1_000})
    return [JarFilled(amount_cents=command.amount_cents, note=command.note)]


def smash_jar(_command: SmashJar, state: JarState, _facts: Facts) -> Sequence[JarEvent]:
    return [] if isinstance(state, Smashed) else [JarSmashed()]


DECIDER: Final[Decider[JarState]] = Decider(
    aggregate="jar",
    initial=NoJar(),
    evolve=evolve,
    decisions={OpenJar: open_jar, FillJar: fill_jar, SmashJar: smash_jar},
)
JARS: Final = Resource(
    path="jars",
    decider=DECIDER,
    summary="A jar.",
    create=CommandRoute(
        path="",
        command=OpenJar,
        summary="Open a jar",
        example={"label": "rent", "price_cents": "250"},
        if_match=IfMatch.UNUSED,
    ),
    commands=(
        CommandRoute(
            path="deposits",
            command=FillJar,
            summary="Put money in",
            example={"amount_cents": "100"},
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(path="smashing", command=SmashJar, summary="Smash the jar", example={}),
    ),
)
PROCEDURES: Final[dict[type[Command], Procedure]] = {
    OpenJar: Procedure(decider=DECIDER, roles=frozenset({Role.EXPORTER}), creates=True),
    FillJar: Procedure(decider=DECIDER, roles=frozenset({Role.EXPORTER, Role.BANK})),
    SmashJar: Procedure(decider=DECIDER, roles=frozenset({Role.EXPORTER})),
}


def visible(state: JarState, actor: Actor) -> bool:
    if actor.role is Role.EXPORTER:
        return not isinstance(state, NoJar) and state.owner_id == actor.organization_id
    return True


def register() -> None:
    """Fix the toy's wire names: for ever, in this process."""
    registry.register({"jar_opened": JarOpened, "jar_filled": JarFilled, "jar_smashed": JarSmashed})


def move_in() -> None:
    """Register what the house must know; leave with `move_out`."""
    house.procedures.update(PROCEDURES)
    house.visible["jar"] = visible


def move_out() -> None:
    for command in PROCEDURES:
        del house.procedures[command]
    del house.visible["jar"]


def opened(client: ApiClient, label: str = "rent") -> str:
    """Open a jar over HTTP; return its stream."""
    answer = client.post("jars/", {"label": label})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["stream_id"])
