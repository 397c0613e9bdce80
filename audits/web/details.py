"""What an event says, for people: its JSON as labels and values, money with its currency."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from audits.web.words import label

MOST_ITEMS: Final = 20
"""Of a list, such as the serial numbers of a lot."""
MOST_CHARACTERS: Final = 1_000
"""Of one text, such as a report that is embedded whole."""
NOTHING: Final = "none"

_CODE: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,}"
)
_DIGITS: Final = re.compile(r"-?[0-9]{1,19}")
_MONEY: Final = "_cents"
_MOMENTS: Final = ("_at", "_from", "_until")


@dataclass(frozen=True, slots=True)
class Detail:
    """A value to show: a text, or fields with labels, or a list of values."""

    text: str = ""
    is_code: bool = False
    moment: datetime | None = None
    """Instead of a text."""
    fields: tuple[tuple[str, "Detail"], ...] = ()
    values: tuple["Detail", ...] = ()
    left_out: int = 0
    """How many values of the list are not shown."""

    @property
    def is_deep(self) -> bool:
        """Whether it takes more than a line."""
        return bool(self.fields or self.values)

    def size(self) -> int:
        """Count the texts inside."""
        inner = [value for _, value in self.fields] + list(self.values)
        return sum(value.size() for value in inner) or 1


@dataclass(frozen=True, slots=True)
class Describing:
    """How to read one event's fields."""

    amount: Callable[[int, str], str]
    """(minor units, currency) → text."""
    currency: str | None = None
    """Of money beside which no currency stands."""

    def describe(self, data: Mapping[str, Any]) -> Detail:
        """Describe a JSON object, without what is null in it.

        Its field `currency` holds for all money in it and below.
        """
        found = data.get("currency")
        inner = Describing(self.amount, found if isinstance(found, str) else self.currency)
        fields = tuple(
            (label(name), inner.value(name, value))
            for name, value in data.items()
            if value is not None
        )
        return Detail(fields=fields) if fields else Detail(NOTHING)

    def value(self, name: str, value: Any) -> Detail:
        """Describe one JSON value; its field's name tells what it is."""
        match value:
            case dict():
                return self.describe(value)
            case list():
                return self._list(name, value)
            case None | "":
                return Detail(NOTHING)
            case bool():
                return Detail("yes" if value else "no")
            case int() | str() if name.endswith(_MONEY) and _DIGITS.fullmatch(str(value)):
                return Detail(self._money(int(value)))
            case _:
                return _scalar(name, value)

    def _list(self, name: str, values: list[Any]) -> Detail:
        if not values:
            return Detail(NOTHING)
        shown = tuple(self.value(name, value) for value in values[:MOST_ITEMS])
        return Detail(values=shown, left_out=len(values) - len(shown))

    def _money(self, minor: int) -> str:
        if self.currency is None:
            return f"{minor:,} (minor units)"
        return f"{self.currency} {self.amount(minor, self.currency)}"


def _scalar(name: str, value: int | str) -> Detail:
    if isinstance(value, int):
        return Detail(f"{value:,}")
    if name.endswith(_MOMENTS) and (moment := _moment(value)):
        return Detail(moment=moment)
    if len(value) > MOST_CHARACTERS:
        beginning = f"{value[:MOST_CHARACTERS]}…"
        return Detail(f"{beginning} ({len(value):,} characters, all of them in the JSON)")
    return Detail(value, is_code=_CODE.fullmatch(value) is not None)


def _moment(text: str) -> datetime | None:
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
