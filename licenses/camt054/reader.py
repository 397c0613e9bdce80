"""Finds the elements of a camt.054 message and reads their texts exactly, or names what is wrong.

Amounts become integers of the minor unit, days the calendar days of the bank; no float is made.
"""

import re
from datetime import date, datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from licenses.domain.money import InexactAmountError, minor_units

_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.054\.001\.(?:0[2-9]|[1-9]\d)")
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


def parse_xml(message: bytes) -> Element:
    """Read the document; raise `Camt054Error` for what is not well-formed or has a DTD."""
    try:
        root: Element = fromstring(message, forbid_dtd=True)
    except DefusedXmlException as error:
        # Entity expansion and external entities need a DTD; a bank's message has none.
        raise Camt054Error("camt054_dtd_forbidden", "A DTD is not allowed") from error
    except (ParseError, LookupError, ValueError) as error:
        # LookupError and ValueError: an encoding that expat does not know or cannot use.
        raise Camt054Error("camt054_not_xml", f"Not well-formed XML: {error}") from error
    return root


def namespace_of(root: Element) -> str:
    """Give the namespace of a camt.054 document, or raise `Camt054Error`."""
    namespace, _, name = root.tag[1:].partition("}") if root.tag.startswith("{") else ("", "", "")
    if name != "Document" or not _NAMESPACE.fullmatch(namespace):
        raise Camt054Error("camt054_wrong_document", f"Not a camt.054 document: {root.tag[:200]}")
    return namespace


class Reader:
    """Finds elements of one namespace and says which one is missing."""

    def __init__(self, *, namespace: str) -> None:
        self._namespaces: Final = {"": namespace}

    def all(self, parent: Element, path: str) -> list[Element]:
        """Find every element at a path."""
        return parent.findall(path, self._namespaces)

    def first(self, parent: Element, *paths: str) -> Element | None:
        """Find the first element at the first path that has one."""
        for path in paths:
            element = parent.find(path, self._namespaces)
            if element is not None:
                return element
        return None

    def one(self, parent: Element, *paths: str) -> Element:
        """Find an element that must be there; `camt054_element_missing` where it is not."""
        element = self.first(parent, *paths)
        if element is None:
            name = parent.tag.rpartition("}")[2]
            raise Camt054Error("camt054_element_missing", f"{name} has no {' or '.join(paths)}")
        return element

    def text(self, parent: Element, *paths: str) -> str:
        """Read the text of an element that must be there."""
        return _clean(self.one(parent, *paths))

    def text_or_none(self, parent: Element, *paths: str) -> str | None:
        """Read the text of an element; None where it is missing or empty."""
        element = self.first(parent, *paths)
        return None if element is None else _clean(element) or None

    def account(self, notification: Element) -> str:
        """Read the number of the account that a notification is about, without its spaces."""
        return self.text(notification, "Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "")

    def date_or_none(self, entry: Element, name: str) -> date | None:
        """Read a day, given as such or as a moment, in the bank's own calendar."""
        day = self.text_or_none(entry, f"{name}/Dt")
        if day is not None:
            return _date(day)
        moment = self.text_or_none(entry, f"{name}/DtTm")
        return None if moment is None else _date_of_time(moment)

    def money(self, amount: Element) -> tuple[int, str]:
        """Read an amount: minor units and currency."""
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


def boolean(text: str | None) -> bool:
    """Read an `xs:boolean`; what is missing is false."""
    if text in {None, "false", "0"}:
        return False
    if text in {"true", "1"}:
        return True
    raise Camt054Error("camt054_field_invalid", f"RvslInd is not a boolean: {text!r}")


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
