"""Reading what clients send: JSON bodies and query strings, decoded strictly into structs.

Money travels as decimal strings: every member named `…_cents`, in requests and answers alike.
Times may come with any offset and are taken to UTC, so that one moment is written in one way.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

import msgspec
import msgspec.inspect
from django.http import HttpRequest, QueryDict

from audits import shapes
from audits.api.problems import Rejected

T = TypeVar("T")

JSON: Final = "application/json"
MONEY_SUFFIX: Final = shapes.MONEY_SUFFIX
to_wire: Final = shapes.to_wire
_MONEY: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_ESCAPED_NUL: Final = b"\\u0000"


def read(request: HttpRequest, shape: type[T]) -> T:
    """Decode the body of a request into `shape`. An empty body stands for an object without members.

    Raises Rejected: 400 malformed or of another shape, 415 not JSON.
    """
    body = request.body
    if not body:
        return decode(b"{}", shape)
    require_media_type(request, JSON)
    return decode(body, shape)


def media_type_of(request: HttpRequest) -> str:
    """Name the media type of a body, without parameters; empty when the client named none."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def require_media_type(request: HttpRequest, *supported: str) -> str:
    """Return the body's media type; Rejected with 415 when it is none of these."""
    given = media_type_of(request)
    if given not in supported:
        raise Rejected(
            415,
            "media_type_unsupported",
            f"Send {' or '.join(supported)}, not {given or 'a body of no declared type'}",
            headers={"Accept": ", ".join(supported)},
        )
    return given


def decode(body: bytes, shape: type[T]) -> T:
    """Decode JSON into `shape`; unknown members, wrong types and numbers for money are refused.

    Raises msgspec.ValidationError with the JSON path, Rejected where it is no JSON at all, or a
    name comes twice in an object.
    """
    try:
        if not _holds_money(shape) and _ESCAPED_NUL not in body:
            found = msgspec.json.decode(body, type=shape)
        else:
            found = msgspec.convert(_exact(msgspec.json.decode(body), "$"), shape)
        json.loads(body, object_pairs_hook=_require_unrepeated, parse_int=str, parse_float=str)
        return _timed(found, shape)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejected(400, "json_malformed", str(error), path="$") from error
    except RecursionError as error:
        raise Rejected(400, "json_malformed", "Nested too deeply", path="$") from error


def _require_unrepeated(members: list[tuple[str, Any]]) -> None:
    """Refuse a name that comes twice: readers would disagree about what was meant (RFC 8259, 4)."""
    names: set[str] = set()
    for name, _ in members:
        if name in names:
            raise Rejected(400, "member_repeated", f"The name {name} comes twice", path="$")
        names.add(name)


def query(parameters: QueryDict, shape: type[T]) -> T:
    """Read a query string into `shape`; unknown and repeated parameters are refused with 400."""
    values: dict[str, str] = {}
    for name, given in parameters.lists():
        if len(given) > 1:
            raise Rejected(400, "query_invalid", "Given more than once", path=f"$.{name}")
        values[name] = given[0]
        if "\x00" in given[0]:
            raise Rejected(400, "query_invalid", "Holds a NUL character", path=f"$.{name}")
    found = msgspec.convert(values, shape, strict=False)
    for name, text in values.items():
        misread = _misread(text, getattr(found, name))
        if misread is not None:
            raise Rejected(400, "query_invalid", misread, path=f"$.{name}")
    return _timed(found, shape)


def _misread(text: str, value: Any) -> str | None:
    """Tell whether msgspec read something else into a text than the document says.

    It takes `null` for nothing, which would be no filter at all, a number for a time, and rounds a
    time to microseconds: what was recorded after it would count as before.
    """
    if value is None or (isinstance(value, datetime) and ":" not in text):
        return "Not what it stands for"
    if isinstance(value, datetime) and shapes.is_finer_than_kept(text):
        return "The journal keeps microseconds: give a time no finer"
    return None


def _exact(value: Any, path: str) -> Any:
    """Turn money into integers; refuse NUL characters, which the journal cannot hold."""
    match value:
        case str() if "\x00" in value:
            raise msgspec.ValidationError(f"Holds a NUL character - at `{path}`")
        case list():
            return [_exact(item, f"{path}[{place}]") for place, item in enumerate(value)]
        case dict():
            return {
                name: _cents(item, f"{path}.{name}")
                if name.endswith(MONEY_SUFFIX) and item is not None
                else _exact(item, f"{path}.{name}")
                for name, item in value.items()
            }
        case _:
            return value


def _cents(value: Any, path: str) -> int:
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise msgspec.ValidationError(
            f'Expected minor units as a decimal string, such as "12500" - at `{path}`'
        )
    return int(value)


def _timed(value: T, shape: type[T]) -> T:
    """Take all times inside to UTC; those that no calendar of ours has are refused."""
    return cast("T", _in_utc(value, "$")) if _holds_moments(shape) else value


def _in_utc(value: Any, path: str) -> Any:
    match value:
        case datetime():
            try:
                return value.astimezone(UTC)
            except OverflowError as error:
                raise msgspec.ValidationError(f"Beyond the calendar - at `{path}`") from error
        case tuple():
            return tuple(_in_utc(item, f"{path}[{place}]") for place, item in enumerate(value))
        case msgspec.Struct():
            members = {
                name: _in_utc(getattr(value, name), f"{path}.{name}")
                for name in value.__struct_fields__
            }
            return msgspec.structs.replace(value, **members)
        case _:
            return value


_money_holders: Final[dict[Any, bool]] = {}
_moment_holders: Final[dict[Any, bool]] = {}


def _holds_money(shape: Any) -> bool:
    if shape not in _money_holders:
        members = _members(msgspec.inspect.type_info(shape), frozenset())
        _money_holders[shape] = any(name.endswith(MONEY_SUFFIX) for name, _ in members)
    return _money_holders[shape]


def _holds_moments(shape: Any) -> bool:
    if shape not in _moment_holders:
        members = _members(msgspec.inspect.type_info(shape), frozenset())
        _moment_holders[shape] = any(
            isinstance(info, msgspec.inspect.DateTimeType) for _, info in members
        )
    return _moment_holders[shape]


def _members(
    info: msgspec.inspect.Type, seen: frozenset[type], name: str = ""
) -> Iterator[tuple[str, msgspec.inspect.Type]]:
    """Walk a type: every member, however deep, with its name and its types."""
    match info:
        case msgspec.inspect.Metadata(type=inner):
            yield from _members(inner, seen, name)
        case msgspec.inspect.UnionType(types=types):
            for inner in types:
                yield from _members(inner, seen, name)
        case msgspec.inspect.CollectionType(item_type=item):
            yield from _members(item, seen, name)
        case msgspec.inspect.StructType(cls=cls, fields=fields) if cls not in seen:
            for member in fields:
                yield from _members(member.type, seen | {cls}, member.encode_name)
        case _:
            yield name, info
