"""Commands rebuilt: from their own events, their stream, and whatever else may say what they asked.

A command is not recorded, but a hash of all that it asked is (`Recorded.command.fingerprint`): what is
put together is the very command exactly when it hashes to the same. So anything may be tried, and
no command needs a rule of its own.
"""

import functools
import itertools
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import msgspec.inspect as types

from audits.codec import Recorded, canonical, fingerprint, fingerprint_of
from audits.events import RefusedCommandKept
from audits.execution import Desk, house
from audits.kernel import Command
from audits.personal import texts_of

DEEPEST: Final = 2
"""How far inside a value a command's fields are looked for."""
TRIED_AT_MOST: Final = 10_000
"""Commands that are put together before one counts as not rebuilt."""
DECIDED_AT_MOST: Final = 64
"""Commands that are decided again where no fingerprint can say which was meant."""

Together = Sequence[Recorded[Any]]
Named = Mapping[str, Any]
"""Values by the names under which something says them."""
_LEFT_OUT: Final = object()
_TARGET: Final = object()
"""Stands for the id of the stream that a command is about."""
_FEW: Final[Mapping[type[types.Type], tuple[Any, ...]]] = {
    types.BoolType: (False, True),
    types.NoneType: (None,),
    types.VarTupleType: ((),),
}


class NotRebuilt(Exception):
    """Nothing says everything that the command asked."""


def rebuilt(
    desk: Desk, together: Together, kind: type[Command], besides: Sequence[Named]
) -> tuple[UUID, Command]:
    """Rebuild the command behind events, and name the stream that it was about; NotRebuilt.

    Unless it was kept, its fields are looked for in the events, in its stream before them, then in
    `besides`.
    """
    asked = together[0].command.fingerprint
    for target in dict.fromkeys(each.stream_id for each in together):
        body = kept_body(together)
        if body is not None and fingerprint_of(kind.__name__, target, body) == asked:
            return target, decoded(kind, body)
        for command in itertools.islice(
            _meant(desk, together, target, kind, besides), TRIED_AT_MOST
        ):
            if fingerprint(command, target) == asked:
                return target, command
    raise NotRebuilt(kind.__name__)


def rebuilt_without_names(
    desk: Desk, together: Together, kind: type[Command], besides: Sequence[Named]
) -> Iterator[tuple[UUID, Command]]:
    """List what may have been asked but for a sealed text that is in none of its events.

    Nothing where all that such a command brings is: then its fingerprint has to be made again.
    """
    texts = {name for of, name, when in texts_of(kind) if of is kind and when is not None}
    if any(not hasattr(each.data, name) for name in texts for each in together):
        for target in dict.fromkeys(each.stream_id for each in together):
            meant = _meant(desk, together, target, kind, besides)
            yield from ((target, each) for each in itertools.islice(meant, DECIDED_AT_MOST))


def _meant(
    desk: Desk, together: Together, target: UUID, kind: type[Command], besides: Sequence[Named]
) -> Iterator[Command]:
    """Make every command out of events, their stream before them and `besides`."""
    before = desk.load(house.procedures[kind].decider, target).state
    own = map(named_values, [*(each.data for each in together), before])
    return _candidates(kind, ChainMap(*map(dict, own), *map(dict, besides)), target)


def kept_body(together: Together) -> bytes | None:
    """Put the pieces of a refused command's body together; None: none was kept."""
    pieces = [each.data.body_json for each in together if isinstance(each.data, RefusedCommandKept)]
    kept = [piece for piece in pieces if piece is not None]
    return "".join(kept).encode() if kept else None


def decoded(kind: type[Command], body: bytes) -> Command:
    """Read a kept body; NotRebuilt where the class has other fields today."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise NotRebuilt(kind.__name__) from error


class _Field(NamedTuple):
    """One field of a command."""

    name: str
    is_required: bool
    few: tuple[Any, ...]
    """The values of its type where there are but a few, and what says nothing."""


@functools.cache
def _fields(kind: type[Command]) -> tuple[_Field, ...]:
    info = types.type_info(kind)
    fields = info.fields if isinstance(info, types.StructType) else ()
    return tuple(_Field(each.name, each.required, tuple(_few(each.type))) for each in fields)


def _candidates(kind: type[Command], said: Named, target: UUID) -> Iterator[Command]:
    """Make every command that may be meant, the likeliest first."""
    fields = _fields(kind)
    names = [field.name for field in fields]
    for values in itertools.product(*(tuple(_options(field, said, target)) for field in fields)):
        named = zip(names, values, strict=True)
        given = {name: value for name, value in named if value is not _LEFT_OUT}
        try:
            yield msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError:
            continue


def _options(field: _Field, said: Named, target: UUID) -> Iterator[Any]:
    """List what a field may have been: what is said under its name, left out, or one of a few."""
    if field.name in said:
        value = said[field.name]
        yield value
        if isinstance(value, dict):
            yield canonical(value).decode()  # where the command brings a document as text
    if not field.is_required:
        yield _LEFT_OUT
    yield from (target if value is _TARGET else value for value in field.few)


def _few(info: types.Type) -> Iterator[Any]:
    """List the values of a type that has but a few, what says nothing, and the stream's own id."""
    match info:
        case types.Metadata(type=inner):
            yield from _few(inner)
        case types.UnionType(types=options):
            for option in options:
                yield from _few(option)
        case types.LiteralType(values=values):
            yield from values
        case types.EnumType(cls=cls):
            yield from (member.value for member in cls)
        case types.UUIDType():
            yield _TARGET
        case _:
            yield from _FEW.get(type(info), ())


def named_values(source: Any) -> Named:
    """Collect what a struct says by name; the first and outermost counts."""
    said: dict[str, Any] = {}
    _collect(msgspec.to_builtins(source), said, depth=0)
    return said


def _collect(values: Named, said: dict[str, Any], *, depth: int) -> None:
    for name, value in values.items():
        said.setdefault(name, value)
    if depth < DEEPEST:
        for value in values.values():
            if isinstance(value, dict):
                _collect(value, said, depth=depth + 1)
