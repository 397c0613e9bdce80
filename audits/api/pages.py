"""Pages of a list by opaque keyset cursors: stable while rows come and go, never an offset."""

import base64
import binascii
import heapq
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from audits.api.problems import Rejected

M = TypeVar("M", bound=Model)

USUAL_SIZE: Final = 50
LARGEST_SIZE: Final = 200
MAX_DIGITS: Final = 18
"""Of a number in a cursor: any such number fits into 64 bits."""


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place between two rows: the keys of the row beside it, and where to go from there."""

    ordering: str
    towards: Literal["next", "prev"]
    keys: tuple[str, ...]

    def position(self) -> int:
        """Read the only key as a place in a numbered sequence."""
        [key] = self.keys
        if not (key.isascii() and key.isdigit() and len(key) <= MAX_DIGITS):
            raise _foreign()
        return int(key)


def seal(cursor: Cursor) -> str:
    """Write a cursor so that it goes into an address. Opaque, not secret: it grants nothing."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def unseal(text: str, *, ordering: str, keys: int) -> Cursor:
    """Read a cursor back; Rejected with 400 unless it belongs to a list in this ordering."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(content, type=Cursor)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise _foreign() from error
    if cursor.ordering != ordering or len(cursor.keys) != keys:
        raise _foreign()
    return cursor


def _foreign() -> Rejected:
    return Rejected(
        400, "cursor_invalid", "Take cursors as they come, for the same list", path="$.cursor"
    )


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, and the cursors of its neighbors; None where there is none."""

    rows: list[Any]
    next: str | None
    prev: str | None


def page_of(rows: QuerySet[M], *, ordering: str, cursor: str | None, limit: int) -> Page:
    """Cut one page out of `rows`, ordered by `ordering` (a column, `-` before it: descending), then id.

    The column must not be null. limit: how many rows at most.
    """
    column, descending = ordering.lstrip("-"), ordering.startswith("-")
    place = None if cursor is None else unseal(cursor, ordering=ordering, keys=2)
    backwards = place is not None and place.towards == "prev"
    downwards = descending != backwards
    if place is not None:
        try:
            rows = rows.filter(_beyond(column, place.keys, downwards=downwards))
        except (ValidationError, ValueError) as error:
            raise _foreign() from error
    sign = "-" if downwards else ""
    found = list(rows.order_by(f"{sign}{column}", f"{sign}id")[: limit + 1])
    more, kept = len(found) > limit, found[:limit]
    if backwards:
        kept.reverse()
    return _with_neighbors(kept, ordering, place, more=more)


def cut(rows: Iterable[Any], *, ordering: str, cursor: str | None, limit: int) -> Page:
    """Cut the same page out of objects, each with its `pk`, as `page_of` out of rows.

    They may come in any order, one by one: memory holds one page of them.
    """
    column, descending = ordering.lstrip("-"), ordering.startswith("-")
    place = None if cursor is None else unseal(cursor, ordering=ordering, keys=2)
    backwards = place is not None and place.towards == "prev"
    downwards = descending != backwards

    def key(row: Any) -> tuple[Any, UUID]:
        return getattr(row, column), row.pk

    if place is not None:
        beside: Callable[[Any], tuple[Any, UUID]] = cache(partial(_keys_of, place))
        is_beyond = operator.lt if downwards else operator.gt
        rows = (row for row in rows if is_beyond(key(row), beside(type(getattr(row, column)))))
    first = heapq.nlargest if downwards else heapq.nsmallest
    found = first(limit + 1, rows, key=key)
    more, kept = len(found) > limit, found[:limit]
    if backwards:
        kept.reverse()
    return _with_neighbors(kept, ordering, place, more=more)


def _keys_of(place: Cursor, kind: type[Any]) -> tuple[Any, UUID]:
    value, row_id = place.keys
    try:
        return msgspec.convert(value, kind, strict=False), UUID(row_id)
    except ValueError as error:
        raise _foreign() from error


def _beyond(column: str, keys: Sequence[str], *, downwards: bool) -> Q:
    value, row_id = keys
    than = "lt" if downwards else "gt"
    # The first condition repeats what follows from the second, for the index.
    return Q((f"{column}__{than}e", value)) & (
        Q((f"{column}__{than}", value)) | Q((column, value), (f"id__{than}", row_id))
    )


def _with_neighbors(kept: list[Any], ordering: str, place: Cursor | None, *, more: bool) -> Page:
    column = ordering.lstrip("-")

    def beside(row: Any, towards: Literal["next", "prev"]) -> str:
        value = getattr(row, column)
        keys = (value.isoformat() if hasattr(value, "isoformat") else str(value), str(row.pk))
        return seal(Cursor(ordering, towards, keys))

    if not kept:
        return Page([], None, None)
    came_from_next = place is not None and place.towards == "prev"
    has_next = more if not came_from_next else True
    has_prev = more if came_from_next else place is not None
    return Page(
        kept,
        beside(kept[-1], "next") if has_next else None,
        beside(kept[0], "prev") if has_prev else None,
    )
