"""Events of every type there is, in canonical bytes, made from their annotations alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import inspect

from audits.codec import CommandRef, Recorded, registry
from tests.support.people import EXPORTER, NOON, identity

Inventor = Callable[[Any, int], Any]


def specimen(name: str, number: int) -> bytes:
    """Make one event of a type; another number makes another event."""
    return registry.encode(recorded(name, number, NOON + timedelta(seconds=number)))


def recorded(
    name: str, number: int, recorded_at: datetime, causation_id: UUID | None = None
) -> Recorded[Any]:
    """Make one event of a type in its envelope, the first of a stream of its own."""
    wire = registry.wire_type(registry.schema(name))
    event_id = identity(f"{name}/{number}")
    return Recorded(
        actor=EXPORTER,
        aggregate="specimen",
        causation_id=causation_id,
        command=CommandRef(fingerprint="0" * 64, id=event_id, name="Make", ordinal=0),
        correlation_id=event_id,
        data=invented(inspect.type_info(wire.event), number),
        edition=None,
        event_id=event_id,
        on_behalf_of=None,
        recorded_at=recorded_at,
        schema_version=wire.schema_version,
        stream_id=event_id,
        type=name,
        version=1,
    )


def invented(shape: Any, number: int) -> Any:
    """Make a value of a type; patterns are not minded, which only readers ask for."""
    return INVENTORS[type(shape)](shape, number)


def _struct(shape: inspect.StructType, number: int) -> Any:
    return shape.cls(**{each.name: invented(each.type, number) for each in shape.fields})


def _union(shape: inspect.UnionType, number: int) -> Any:
    some = (each for each in shape.types if not isinstance(each, inspect.NoneType))
    return invented(next(some), number)


INVENTORS: Final[dict[type[inspect.Type], Inventor]] = {
    inspect.StructType: _struct,
    inspect.UnionType: _union,
    inspect.Metadata: lambda shape, n: invented(shape.type, n),
    inspect.VarTupleType: lambda shape, n: (invented(shape.item_type, n),),
    inspect.TupleType: lambda shape, n: tuple(invented(each, n) for each in shape.item_types),
    inspect.DictType: lambda shape, n: {invented(shape.key_type, n): invented(shape.value_type, n)},
    inspect.EnumType: lambda shape, _: next(iter(shape.cls)),
    inspect.LiteralType: lambda shape, _: shape.values[0],
    inspect.StrType: lambda _, n: f"text {n}",
    inspect.IntType: lambda _, n: 1_000 + n,
    inspect.UUIDType: lambda _, n: UUID(int=n),
    inspect.BoolType: lambda *_: True,
    inspect.NoneType: lambda *_: None,
    inspect.DateTimeType: lambda *_: NOON,
    inspect.DateType: lambda *_: NOON.date(),
}
"""How to make a value of each kind of type that events have."""
