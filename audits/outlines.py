"""The outline of an event class: everything that decides whether recorded bytes can be read.

An event that was recorded once must be readable for ever, so the outline of a schema version never
changes: fields, types and limits alike, since decoding checks them. Compact, and stable in order.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec.inspect as types

from audits.codec import registry
from audits.kernel import WIRE_STRING

Outline = str | dict[str, Any] | list[Any]
Snapshot = dict[str, dict[str, Outline]]
"""Wire name → schema version → outline of its data."""
_NAMES: Final = {
    types.BoolType: "bool",
    types.NoneType: "null",
    types.UUIDType: "uuid",
    types.DateType: "date",
}
_LIMITS: Final = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "tz")


class SchemaChangedError(ValueError):
    """A schema version that was published is not what it was."""


def present() -> Snapshot:
    """Outline every event that may be written, at its present schema version."""
    return {
        name: {str(registry.wire_type(event).schema_version): outline(types.type_info(event))}
        for name in registry.names()
        for event in (registry.schema(name),)
    }


def continued(published: Snapshot) -> Snapshot:
    """Add what is new to what was published; raises SchemaChangedError where that has changed.

    What was published and is no longer written stays: journals hold it.
    """
    merged = {name: dict(versions) for name, versions in published.items()}
    for name, versions in present().items():
        for version, found in versions.items():
            if merged.setdefault(name, {}).setdefault(version, found) != found:
                raise SchemaChangedError(f"{name} is not what its schema {version} was")
    return dict(sorted(merged.items()))


def outline(info: types.Type) -> Outline:
    """Describe a type: a struct by its fields, everything else by a word with its limits."""
    describe = _DESCRIBED.get(type(info), _word)
    return describe(info)


def _metadata(info: types.Metadata) -> Outline:
    return "money" if info.extra == WIRE_STRING else outline(info.type)


def _struct(info: types.StructType) -> Outline:
    return {
        f"{field.encode_name}{'' if field.required else '?'}": outline(field.type)
        for field in info.fields
    }


def _values(values: Iterable[Any]) -> Outline:
    return f"one of {', '.join(sorted(map(str, values)))}"


def _word(info: types.Type) -> Outline:
    name = _NAMES.get(type(info), type(info).__name__.removesuffix("Type").lower())
    return f"{name} {_limits(info)}".strip()


_DESCRIBED: Final[dict[type[types.Type], Callable[[Any], Outline]]] = {
    types.Metadata: _metadata,
    types.StructType: _struct,
    types.UnionType: lambda info: ["any of", *map(outline, info.types)],
    types.VarTupleType: lambda info: ["list", _limits(info), outline(info.item_type)],
    types.TupleType: lambda info: ["row", *map(outline, info.item_types)],
    types.EnumType: lambda info: _values(member.value for member in info.cls),
    types.LiteralType: lambda info: _values(info.values),
}


def _limits(info: Any) -> str:
    told = [
        f"{name}={value}" for name in _LIMITS if (value := getattr(info, name, None)) is not None
    ]
    if pattern := getattr(info, "pattern", None):
        told.append(f"pattern#{hashlib.sha256(pattern.encode()).hexdigest()[:12]}")
    return " ".join(told)
