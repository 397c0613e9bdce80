"""Decisions taken again: the command rebuilt or kept, the facts of then, the same decider."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from audits.codec import Recorded, fingerprint_of
from audits.events import CommandRefused
from audits.execution import Desk, NotFound, decide, house
from audits.execution.refusals import refusal_again
from audits.kernel import Command, Event, Facts, NotPermitted, Refused
from audits.past.hindsight import Hindsight
from audits.past.rebuilding import (
    Named,
    NotRebuilt,
    Together,
    decoded,
    kept_body,
    rebuilt,
    rebuilt_without_names,
)
from audits.reading import Loaded

WORDED: Final = frozenset({"reason", "citation"})
"""Members of refusals that are written for people."""

Said = Refused | NotPermitted
Gather = Callable[[Hindsight, Any, Loaded[Any], Together], Facts]
"""(desk, command, its stream before it, what it recorded) → the facts that it saw."""


class KeptOtherwise(Exception):
    """What was kept is not what was refused."""


@dataclass(frozen=True, slots=True)
class Retaken:
    """A decision taken again beside what was recorded."""

    recorded: tuple[Event, ...]
    decided: tuple[Event, ...]
    refusal: Refused | None = None

    @property
    def agrees(self) -> bool:
        """Whether it came out as it was recorded."""
        return self.refusal is None and self.decided == self.recorded


@dataclass(frozen=True, slots=True)
class RetakenRefusal:
    """A refusal decided again beside what was recorded."""

    recorded: Said
    decided: Said | None
    """None: it would be accepted."""

    @property
    def agrees(self) -> bool:
        """Whether it is refused for the same reason; how that is worded may change."""
        return self.decided is not None and _reason(self.decided) == _reason(self.recorded)


def retake_refusal(
    desk: Hindsight, together: Together, kind: type[Command], gather: Gather
) -> RetakenRefusal:
    """Decide a refused command again, all that moves with it included; writes nothing.

    Raises NotRebuilt where it was not kept, KeptOtherwise.
    """
    said: CommandRefused = of_kind(together, CommandRefused)
    command = kept_command(together, kind)
    procedure = dataclasses.replace(
        house.procedures[kind],
        gather=lambda at, asked, loaded: gather(cast("Hindsight", at), asked, loaded, together),
    )
    try:
        decide(desk, command, said.target_id, procedure=procedure)
    except (Refused, NotPermitted) as refusal:
        return RetakenRefusal(refusal_again(said), refusal)
    except NotFound:
        nothing = NotPermitted("not_found", "There was no such thing for this actor")
        return RetakenRefusal(refusal_again(said), nothing)
    return RetakenRefusal(refusal_again(said), None)


def kept_command(together: Together, kind: type[Command]) -> Command:
    """Read what a refused command asked; NotRebuilt, KeptOtherwise."""
    said: CommandRefused = of_kind(together, CommandRefused)
    body = kept_body(together)
    if body is None:
        raise NotRebuilt(kind.__name__)
    if fingerprint_of(kind.__name__, said.target_id, body) != together[0].command.fingerprint:
        raise KeptOtherwise(kind.__name__)
    return decoded(kind, body)


def _reason(said: Said) -> tuple[bool, str, Any]:
    extra = said.extra if isinstance(said, Refused) else {}
    return isinstance(said, Refused), said.code, _unworded(json.loads(json.dumps(extra)))


def _unworded(value: Any) -> Any:
    """Leave out of JSON values what is written for people."""
    match value:
        case dict():
            return {name: _unworded(each) for name, each in value.items() if name not in WORDED}
        case list():
            return [_unworded(each) for each in value]
        case _:
            return value


def retake(
    desk: Hindsight,
    together: Together,
    kind: type[Command],
    gather: Gather,
    besides: Sequence[Named],
) -> Retaken:
    """Take the decision behind the events of one command again; raises NotRebuilt.

    besides: values that may say what neither the events nor the stream before them do.
    """
    return _retaken(desk, together, *rebuilt(desk, together, kind, besides), gather)


def retake_without_names(
    desk: Hindsight,
    together: Together,
    kind: type[Command],
    gather: Gather,
    besides: Sequence[Named],
) -> None:
    """Find a command that was decided as recorded, but for a sealed text in none of its events.

    Raises NotRebuilt where there is none.
    """
    for target, command in rebuilt_without_names(desk, together, kind, besides):
        if _retaken(desk, together, target, command, gather).agrees:
            return
    raise NotRebuilt(kind.__name__)


def _retaken(
    desk: Hindsight, together: Together, target: UUID, command: Command, gather: Gather
) -> Retaken:
    procedure = house.procedures[type(command)]
    loaded = desk.load(procedure.decider, target)
    recorded = tuple(each.data for each in together if each.stream_id == target)
    try:
        facts = gather(desk, command, loaded, together)
        decided = procedure.decider.decide(command, loaded.state, facts)
    except Refused as refusal:
        return Retaken(recorded, (), refusal)
    return Retaken(recorded, tuple(decided))


def as_gathered(gather: Callable[[Desk, Any, Loaded[Any]], Facts]) -> Gather:
    """Gather as the command itself did: for what it reads from its desk alone."""
    return lambda desk, command, loaded, _together: gather(desk, command, loaded)


def of_kind(together: Iterable[Recorded[Any]], *kinds: type[Event]) -> Any:
    """Give the first event of these kinds, or None."""
    return next((each.data for each in together if isinstance(each.data, kinds)), None)
