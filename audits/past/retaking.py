"""Decisions taken again: the command rebuilt from its own events, the facts of then, the same decider.

A command is not recorded, but a hash of all that it asked is (`Recorded.command.fingerprint`): what is
rebuilt from the events is the very command exactly when it hashes to the same.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from audits.codec import Recorded, fingerprint
from audits.execution import Desk, Procedure
from audits.kernel import Command, Event, Facts, Refused
from audits.past.hindsight import Hindsight, desk_of
from audits.reading import Loaded

DEEPEST: Final = 2
"""How far inside an event's values a command's fields are looked for."""

Together = Sequence[Recorded[Any]]
Gather = Callable[[Hindsight, Any, Loaded[Any], Together], Facts]
"""(desk, command, its stream before it, what it recorded) → the facts that it saw."""


class NotRebuilt(Exception):
    """The events do not say everything that the command asked."""


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


def retake(
    together: Together, kind: type[Command], procedure: Procedure, gather: Gather, **stated: Any
) -> Retaken:
    """Take the decision behind the events of one command again; stated: what they do not say.

    Raises NotRebuilt.
    """
    target, command = rebuilt(kind, together, stated)
    desk = desk_of(together[0])
    loaded = desk.load(procedure.decider, target)
    recorded = tuple(each.data for each in together if each.stream_id == target)
    try:
        facts = gather(desk, command, loaded, together)
        decided = procedure.decider.decide(command, loaded.state, facts)
    except Refused as refusal:
        return Retaken(recorded, (), refusal)
    return Retaken(recorded, tuple(decided))


def rebuilt(
    kind: type[Command], together: Together, stated: Mapping[str, Any]
) -> tuple[UUID, Command]:
    """Rebuild the command and the stream that it was about; NotRebuilt."""
    asked = together[0].command.fingerprint
    streams = list(dict.fromkeys(each.stream_id for each in together))
    for command in _candidates(kind, _said(together) | dict(stated)):
        for stream_id in streams:
            if fingerprint(command, stream_id) == asked:
                return stream_id, command
    raise NotRebuilt(kind.__name__)


def _candidates(kind: type[Command], said: Mapping[str, Any]) -> Iterator[Command]:
    """Make every command that may be meant: a field may have been left out and resolved."""
    fields = msgspec.structs.fields(kind)
    needed = {field.name for field in fields if field.required}
    optional = [field.name for field in fields if not field.required and field.name in said]
    for size in range(len(optional) + 1):
        for left_out in itertools.combinations(optional, size):
            names = (needed | set(optional)) - set(left_out)
            try:
                yield msgspec.convert({name: said[name] for name in names}, kind, strict=False)
            except (KeyError, msgspec.ValidationError):
                continue


def _said(together: Together) -> dict[str, Any]:
    """Collect every named value in the events of a command; the first and outermost counts."""
    said: dict[str, Any] = {}
    for each in together:
        _collect(msgspec.to_builtins(each.data), said, depth=0)
    return said


def _collect(values: Mapping[str, Any], said: dict[str, Any], *, depth: int) -> None:
    for name, value in values.items():
        said.setdefault(name, value)
    if depth < DEEPEST:
        for value in values.values():
            if isinstance(value, dict):
                _collect(value, said, depth=depth + 1)


def as_gathered(gather: Callable[[Desk, Any, Loaded[Any]], Facts]) -> Gather:
    """Gather as the command itself did: for what it reads from its desk alone."""
    return lambda desk, command, loaded, _together: gather(desk, command, loaded)


def of_kind(together: Iterable[Recorded[Any]], kind: type[Event]) -> Any:
    """Give the first event of a kind, or None."""
    return next((each.data for each in together if isinstance(each.data, kind)), None)
