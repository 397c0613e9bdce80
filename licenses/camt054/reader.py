"""Reads the parts of a camt.054 message: texts, flags, days and sums, each exactly or not at all."""

import re
from datetime import date, datetime
from typing import Final
from xml.etree.ElementTree import Element

from licenses.domain.money import InexactAmountError, minor_units

_ZONE: Final = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_DATE: Final = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){_ZONE}")
_DATE_TIME: Final = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]+)?{_ZONE}"
)


class Camt054Error(Exception):
    """The message cannot be used. `code` is stable, `detail` says where and why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code
        self.detail: Final = detail


class Reader:
    """Finds elements of one namespace and says which one is missing."""

    def __init__(self, *, namespace: str) -> None:
        self._namespaces: Final = {"": namespace}

    def all(self, parent: Element, path: str) -> list[Element]:
        """Give every element at `path` below `parent`, in their order."""
        return parent.findall(path, self._namespaces)

    def first(self, parent: Element, *paths: str) -> Element | None:
        """Give what is at the first of `paths` that leads anywhere."""
        for path in paths:
            element = parent.find(path, self._namespaces)
            if element is not None:
                return element
        return None

    def one(self, parent: Element, *paths: str) -> Element:
        """Give the same; Camt054Error where none of them does."""
        element = self.first(parent, *paths)
        if element is None:
            name = parent.tag.rpartition("}")[2]
            raise Camt054Error("camt054_element_missing", f"{name} has no {' or '.join(paths)}")
        return element

    def text(self, parent: Element, *paths: str) -> str:
        """Give the text there, its white space collapsed."""
        return _clean(self.one(parent, *paths))

    def text_or_none(self, parent: Element, *paths: str) -> str | None:
        """Give the same; None where there is no element or no text."""
        element = self.first(parent, *paths)
        return None if element is None else _clean(element) or None

    def flag(self, entry: Element, name: str) -> bool:
        """Give an XML Schema boolean; False where it is not said."""
        text = self.text_or_none(entry, name)
        if text in {None, "false", "0"}:
            return False
        if text in {"true", "1"}:
            return True
        raise Camt054Error("camt054_field_invalid", f"{name} is not a boolean: {text!r}")

    def date_or_none(self, entry: Element, name: str) -> date | None:
        """Give a day stated as a day or as a moment; None where it is neither."""
        day = self.text_or_none(entry, f"{name}/Dt")
        if day is not None:
            return _date(day)
        moment = self.text_or_none(entry, f"{name}/DtTm")
        return None if moment is None else _date_of_time(moment)

    def money(self, amount: Element) -> tuple[int, str]:
        """Give an exact amount in minor units, and its currency."""
        currency = amount.get("Ccy", "")
        try:
            return minor_units(_clean(amount), currency), currency
        except InexactAmountError as error:
            raise Camt054Error("camt054_amount_inexact", str(error)) from error
        except ValueError as error:
            raise Camt054Error("camt054_amount_invalid", str(error)) from error


def _clean(element: Element) -> str:
    """Collapse white space as XML Schema does for tokens."""
    return " ".join((element.text or "").split())


def _date(text: str) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise Camt054Error("camt054_field_invalid", f"Not a date: {text[:40]!r}")
    try:
        return date.fromisoformat(match[1])
    except ValueError as error:
        raise Camt054Error("camt054_field_invalid", f"No such day: {text}") from error


def _date_of_time(text: str) -> date:
    """Give the calendar day as the bank writes it, in the bank's own offset."""
    if _DATE_TIME.fullmatch(text) is None:
        raise Camt054Error("camt054_field_invalid", f"Not a time: {text[:40]!r}")
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        raise Camt054Error("camt054_field_invalid", f"No such time: {text}") from error
