"""Finds out from the code what can happen: which event leads from which state to which.

Every state is paired with every event, each filled with small values of the declared types, and
folded. What `evolve` refuses cannot happen; what it gives is a transition. No example is written
by hand, so nothing can be forgotten when the code changes.
"""

import ast
import functools
import inspect
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from types import ModuleType
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import inspect as types

from audits.kernel import Command, Decider, Event, State

TRIES: Final = 40
"""Fillings of each pair, from fixed seeds: some transitions depend on amounts."""


@dataclass(frozen=True, order=True)
class Transition:
    """An event leads from one state to another."""

    before: str
    event: str
    after: str


def transitions(decider: Decider[Any]) -> list[Transition]:
    """List what can happen to an aggregate, in the order in which states and events are declared."""
    found: dict[Transition, None] = {}
    for before in cases(decider):
        for event in events(decider):
            for after in sorted(_outcomes(decider, before, event)):
                found[Transition(before.__name__, event.__name__, after)] = None
    return list(found)


def cases(decider: Decider[Any]) -> list[type[State]]:
    """List the cases of an aggregate's state, as declared."""
    return _declared(_module_of(decider.initial), State)


def events(decider: Decider[Any]) -> list[type[Event]]:
    """List the events of an aggregate, as declared."""
    package = _module_of(decider.initial).__name__.rsplit(".", 1)[0]
    return _declared(import_module(f"{package}.events"), Event)


def events_of_command(decider: Decider[Any], command: type[Command]) -> set[str]:
    """Name the events that the decision on a command can give: those its code builds."""
    decision = decider.decisions[command]
    known = {event.__name__ for event in events(decider)}
    return known & _names_called(decision)


def _module_of(thing: Any) -> ModuleType:
    return sys.modules[type(thing).__module__]


def _declared(module: ModuleType, base: type) -> list[Any]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, base)
        and value.__module__ == module.__name__
    ]


def _outcomes(decider: Decider[Any], before: type[State], event: type[Event]) -> Iterator[str]:
    seen: set[str] = set()
    for seed in range(TRIES):
        values = random.Random(seed)  # noqa: S311 -- the same fillings in every run
        try:
            after = decider.evolve(_filled(before, values), _filled(event, values))
        except (TypeError, AttributeError, StopIteration, KeyError):
            continue  # it cannot follow, or this filling contradicts itself
        seen.add(type(after).__name__)
    return iter(seen)


def _names_called(function: Callable[..., Any]) -> set[str]:
    """Collect what a function and those of its aggregate that it uses call: events are built so."""
    package = function.__module__.rsplit(".", 1)[0]
    waiting, done, called = [function], set(), set()
    while waiting:
        current = waiting.pop()
        done.add(current)
        nodes = list(ast.walk(ast.parse(inspect.getsource(current))))
        calls = (node.func for node in nodes if isinstance(node, ast.Call))
        called |= {call.id for call in calls if isinstance(call, ast.Name)}
        scope = vars(sys.modules[current.__module__])
        used = (scope.get(node.id) for node in nodes if isinstance(node, ast.Name))
        waiting += [
            each
            for each in used
            if inspect.isfunction(each)
            and each.__module__.startswith(package)
            and each.__name__ != "evolve"
            and each not in done
        ]
    return called


def _filled(declared: type[msgspec.Struct], values: random.Random) -> Any:
    return _value(_type_info(declared), values, 0)


@functools.cache
def _type_info(declared: type[msgspec.Struct]) -> types.Type:
    return types.type_info(declared)


def _value(info: types.Type, values: random.Random, depth: int) -> Any:
    """Make a small value of a type; patterns and limits do not matter for folding."""
    match info:
        case types.Metadata(type=inner):
            return _value(inner, values, depth)
        case types.UnionType(types=choices):
            return _value(values.choice(choices), values, depth)
        case types.StructType(cls=struct, fields=fields):
            return struct(**{f.name: _value(f.type, values, depth + 1) for f in fields})
        case _:
            make = _SEVERAL.get(type(info)) or _ONE[type(info)]
            return make(info, values, depth)


def _items(info: Any, values: random.Random, depth: int) -> Iterator[Any]:
    count = values.randrange(2 if depth > SHALLOW else 3)
    return (_value(info.item_type, values, depth + 1) for _ in range(count))


Make = Callable[[Any, random.Random, int], Any]
SHALLOW: Final = 2
"""Deeper than that, sequences hold one item at most."""
_SEVERAL: Final[dict[type[types.Type], Make]] = {
    types.VarTupleType: lambda info, values, depth: tuple(_items(info, values, depth)),
    types.FrozenSetType: lambda info, values, depth: frozenset(_items(info, values, depth)),
    types.TupleType: lambda info, values, depth: tuple(
        _value(item, values, depth + 1) for item in info.item_types
    ),
}
_ONE: Final[dict[type[types.Type], Make]] = {
    types.NoneType: lambda _info, _values, _depth: None,
    types.BoolType: lambda _info, values, _depth: bool(values.randrange(2)),
    types.IntType: lambda _info, values, _depth: values.randrange(3),
    types.StrType: lambda _info, values, _depth: values.choice("ab"),
    types.UUIDType: lambda _info, values, _depth: UUID(int=values.randrange(2)),
    types.DateType: lambda _info, values, _depth: date(2026, 1, 1 + values.randrange(2)),
    types.DateTimeType: lambda _info, values, _depth: datetime(
        2026, 1, 1 + values.randrange(2), tzinfo=UTC
    ),
    types.EnumType: lambda info, values, _depth: values.choice(list(info.cls)),
    types.LiteralType: lambda info, values, _depth: values.choice(info.values),
}
