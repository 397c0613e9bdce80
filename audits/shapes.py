"""How the fields of an event are written: money as decimal strings, and nothing without one form.

JSON readers disagree about floats, about the order of keys that are not ASCII and about integers
beyond 2^53 - 1. An event class that could hold such a thing is refused when its name is fixed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import msgspec.inspect as types

from audits.kernel import WIRE_STRING

Writer = Callable[[Any], Any]

MONEY_SUFFIX: Final = "_cents"
"""Of the names of members that hold money."""
MONEY_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": "^(?:0|[1-9][0-9]{0,18})$",
    "description": "Minor units of the currency, as a decimal string.",
    "examples": ["12500"],
}

_FINER: Final = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")
_TEXTS: Final = (types.StrType, types.UUIDType, types.DateType, types.DateTimeType, types.EnumType)
_PLAIN: Final = (*_TEXTS, types.BoolType, types.IntType, types.NoneType, types.LiteralType)


class NoCanonicalForm(TypeError):
    """A type whose values cannot be written in exactly one way, or not be read back exactly."""


def writer_of(info: types.Type) -> Writer | None:
    """Build what turns a value of this type into what JSON shall hold; None: it is that already.

    Raises NoCanonicalForm for types with no canonical form: floats, dicts, bytes, sets, anything.
    """
    match info:
        case types.Metadata(extra=extra) if extra == WIRE_STRING:
            return str
        case types.Metadata(type=inner):
            return writer_of(inner)
        case types.UnionType(types=options):
            return _union_writer(options)
        case types.VarTupleType() | types.ListType() | types.TupleType():
            return _sequence_writer(info)
        case types.StructType(fields=fields, array_like=False):
            return _struct_writer(info, {field.name: writer_of(field.type) for field in fields})
        case _:
            _check_plain(info)
            return None


def holds_integers(info: types.Type) -> bool:
    """Tell whether a value of this type may hold an integer that is written as a number."""
    return any(isinstance(leaf, types.IntType | types.LiteralType) for leaf in _leaves(info))


def holds_money(info: types.Type) -> bool:
    """Tell whether a value of this type may hold an integer that is written as a string."""
    return any(_is_money(leaf) for leaf in _leaves(info))


def _is_money(info: types.Type) -> bool:
    return isinstance(info, types.Metadata) and info.extra == WIRE_STRING


def _leaves(info: types.Type) -> Iterator[types.Type]:
    """Walk down to the types that hold no others; money stays wrapped in its metadata."""
    if _is_money(info):
        yield info
        return
    for inner in _inner(info):
        yield from _leaves(inner)
    if not _inner(info):
        yield info


def _inner(info: types.Type) -> Sequence[types.Type]:
    match info:
        case types.Metadata(type=inner):
            return (inner,)
        case types.UnionType(types=options):
            return options
        case types.VarTupleType(item_type=item) | types.ListType(item_type=item):
            return (item,)
        case types.TupleType(item_types=items):
            return items
        case types.StructType(fields=fields):
            return [field.type for field in fields]
        case _:
            return ()


def _check_plain(info: types.Type) -> None:
    if not isinstance(info, _PLAIN):
        raise NoCanonicalForm(f"{type(info).__name__} has no canonical form")
    if isinstance(info, types.EnumType) and not all(isinstance(m.value, str) for m in info.cls):
        raise NoCanonicalForm(f"{info.cls.__name__} has values that are not text")


def _sequence_writer(
    info: types.VarTupleType | types.ListType | types.TupleType,
) -> Writer | None:
    if isinstance(info, types.TupleType):
        if any(map(writer_of, info.item_types)):
            raise NoCanonicalForm("money stands in a struct's field or in a list, not in a row")
        return None
    write = writer_of(info.item_type)
    return None if write is None else lambda values: [write(value) for value in values]


def _struct_writer(info: types.StructType, fields: Mapping[str, Writer | None]) -> Writer | None:
    if any(field.name != field.encode_name for field in info.fields):
        raise NoCanonicalForm(f"{info.cls.__name__} writes fields by other names than their own")
    if not any(fields.values()):
        return None
    tag = {} if info.tag_field is None else {info.tag_field: info.tag}
    writers = tuple((name, write) for name, write in fields.items() if write is not None)

    def write_struct(value: Any) -> dict[str, Any]:
        written = msgspec.structs.asdict(value)
        for name, write in writers:
            written[name] = write(written[name])
        written.update(tag)
        return written

    return write_struct


def _union_writer(options: Sequence[types.Type]) -> Writer | None:
    money = [option for option in options if _is_money(option)]
    if money and any(
        isinstance(_bare(option), _TEXTS) for option in options if option not in money
    ):
        raise NoCanonicalForm("a text that may also be money cannot be read back")
    writers = {
        kind: write
        for option in options
        if (write := writer_of(option)) is not None
        for kind in _kinds(option)
    }
    if not writers:
        return None

    def write_option(value: Any) -> Any:
        write = writers.get(type(value))
        return value if write is None else write(value)

    return write_option


def _bare(info: types.Type) -> types.Type:
    return _bare(info.type) if isinstance(info, types.Metadata) else info


def _kinds(option: types.Type) -> tuple[type, ...]:
    """Name the Python types of the values of one option of a union."""
    match _bare(option):
        case types.StructType(cls=cls):
            return (cls,)
        case types.IntType():
            return (int,)
        case _:
            return (tuple, list)


def money_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a member that holds money, or may, as what is written; schema: that of the integer."""
    if {"type": "null"} in schema.get("anyOf", ()):
        return {"anyOf": [MONEY_SCHEMA, {"type": "null"}], "default": None}
    return MONEY_SCHEMA


def to_wire(value: Any) -> Any:
    """Make JSON values of any struct or mapping, with money as decimal strings."""
    return _with_money_as_text(msgspec.to_builtins(value))


def _with_money_as_text(value: Any) -> Any:
    match value:
        case list() | tuple():
            return [_with_money_as_text(item) for item in value]
        case dict():
            return {
                name: str(item)
                if name.endswith(MONEY_SUFFIX) and isinstance(item, int)
                else _with_money_as_text(item)
                for name, item in value.items()
            }
        case _:
            return value


def is_finer_than_kept(time: str) -> bool:
    """Tell whether an RFC 3339 time says more than the microseconds that the journal keeps."""
    return _FINER.search(time) is not None
