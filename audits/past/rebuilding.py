"""Commands rebuilt: from their own events, their stream, and whatever else may say what they asked.

A command is not recorded, but a hash of all that it asked is (`Recorded.command.fingerprint`): what is
put together is the very command exactly when it hashes to the same. So anything may be tried, and
no command needs a rule of its own.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
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
_LEFT_OUT: Final = object()
_FEW: Final[Mapping[type[types.Type], tuple[Any, ...]]] = {
    types.BoolType: (False, True),
    types.NoneType: (None,),
    types.VarTupleType: ((),),
}


class NotRebuilt(Exception):
    """Nothing says everything that the command asked."""


def rebuilt(
    desk: Desk, together: Together, kind: type[Command], besides: Sequence[Any]
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
    desk: Desk, together: Together, kind: type[Command], besides: Sequence[Any]
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
    desk: Desk, together: Together, target: UUID, kind: type[Command], besides: Sequence[Any]
) -> Iterator[Command]:
    """Make every command out of events, their stream before them and `besides`."""
    before = desk.load(house.procedures[kind].decider, target).state
    said = _said([*(each.data for each in together), before, *besides])
    return _candidates(kind, said, target)


def kept_body(together: Together) -> bytes | None:
    """Give the body of a refused command; None: it was not kept."""
    for each in together:
        if isinstance(each.data, RefusedCommandKept) and each.data.body_json is not None:
            return each.data.body_json.encode()
    return None


def decoded(kind: type[Command], body: bytes) -> Command:
    """Read a kept body; NotRebuilt where the class has other fields today."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise NotRebuilt(kind.__name__) from error


def _candidates(kind: type[Command], said: Mapping[str, Any], target: UUID) -> Iterator[Command]:
    """Make every command that may be meant, the likeliest first."""
    info = types.type_info(kind)
    options = {
        field.name: [*_options(field, said), *_few(field.type, target)] for field in _fields(info)
    }
    for values in itertools.product(*options.values()):
        named = zip(options, values, strict=True)
        given = {name: value for name, value in named if value is not _LEFT_OUT}
        try:
            yield msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError:
            continue


def _fields(info: types.Type) -> tuple[types.Field, ...]:
    return info.fields if isinstance(info, types.StructType) else ()


def _options(field: types.Field, said: Mapping[str, Any]) -> Iterator[Any]:
    """List what a field may have been as far as its name tells: what is said, or left out."""
    if field.name in said:
        value = said[field.name]
        yield value
        if isinstance(value, dict):
            yield canonical(value).decode()  # where the command brings a document as text
    if not field.required:
        yield _LEFT_OUT


def _few(info: types.Type, target: UUID) -> Iterator[Any]:
    """List the values of a type that has but a few, what says nothing, and the stream's own id."""
    match info:
        case types.Metadata(type=inner):
            yield from _few(inner, target)
        case types.UnionType(types=options):
            for option in options:
                yield from _few(option, target)
        case types.LiteralType(values=values):
            yield from values
        case types.EnumType(cls=cls):
            yield from (member.value for member in cls)
        case types.UUIDType():
            yield target
        case _:
            yield from _FEW.get(type(info), ())


def _said(sources: Sequence[Any]) -> dict[str, Any]:
    """Collect every named value; the first and outermost counts."""
    said: dict[str, Any] = {}
    for source in sources:
        _collect(msgspec.to_builtins(source), said, depth=0)
    return said


def _collect(values: Mapping[str, Any], said: dict[str, Any], *, depth: int) -> None:
    for name, value in values.items():
        said.setdefault(name, value)
    if depth < DEEPEST:
        for value in values.values():
            if isinstance(value, dict):
                _collect(value, said, depth=depth + 1)
