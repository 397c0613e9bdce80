"""Values of everything that touches a bank: currencies, amounts, accounts, references. Pure.

Amounts are integers in the minor unit of their currency, at most `MAX_AMOUNT_CENTS` each, so that
every sum made from them stays well inside 64 bits. The patterns refuse a line feed at the
end by themselves, because Python's `$` would let one through.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

import msgspec

from audits import personal
from audits.kernel import WIRE_STRING, Refused

MAX_AMOUNT_CENTS: Final = 10**15

_TEXT: Final = r"^[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$(?!\n)"

AmountCents = Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT_CENTS, extra=WIRE_STRING)]
"""One amount in minor units, possibly nothing; a decimal string on the wire."""

PositiveCents = Annotated[int, msgspec.Meta(ge=1, le=MAX_AMOUNT_CENTS, extra=WIRE_STRING)]
"""One amount in minor units, more than nothing; a decimal string on the wire."""

Currency = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Z]{3}$",
        min_length=3,
        max_length=3,
        description="ISO 4217 alphabetic code, such as `USD`.",
        examples=["USD"],
    ),
]
"""Whatever currency a bank may report; what a price may be in is narrower."""

BankAccount = Annotated[
    str,
    msgspec.Meta(
        pattern=_TEXT,
        min_length=1,
        max_length=34,
        description="IBAN or another account number (ISO 20022 `Acct/Id`).",
    ),
]

ReportedAccount = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^\s\x00-\x1f\x7f]+$(?!\n)",
        min_length=1,
        max_length=34,
        description="IBAN or another account number (ISO 20022 `Acct/Id`), without spaces.",
    ),
]
"""As a bank must report it: an account that may be written in two ways hides a duplicate."""

BankReference = Annotated[
    str,
    msgspec.Meta(
        pattern=_TEXT,
        min_length=1,
        max_length=35,
        description="A reference of at most 35 characters (ISO 20022 `Max35Text`).",
    ),
]

BankPartyName = Annotated[
    str,
    msgspec.Meta(
        pattern=_TEXT,
        min_length=1,
        max_length=140,
        description="The name of a party as a bank writes it (ISO 20022 `Max140Text`).",
    ),
]
"""Of an organization, or of anybody in a message that has not been taken in yet."""

PayerName = Annotated[
    str,
    personal.line(
        140,
        personal.When.ALWAYS,
        "Who paid, as a bank writes it (ISO 20022 `Max140Text`). Kept sealed: it may be anybody.",
    ),
]
"""The name of whoever paid: a subject of its own, for a bank reports strangers, too."""


_DECIMAL: Final = re.compile(r"\+?(?=\.?[0-9])([0-9]{0,18})(?:\.([0-9]{0,18}))?")

# ISO 4217, column "Minor unit"; every other currency has two digits.
_NO_MINOR_UNIT: Final = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
_THOUSANDTHS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_TEN_THOUSANDTHS: Final = frozenset(("CLF", "UYW"))
_DIGITS_OF_MINOR_UNIT: Final = (
    dict.fromkeys(_NO_MINOR_UNIT, 0)
    | dict.fromkeys(_THOUSANDTHS, 3)
    | dict.fromkeys(_TEN_THOUSANDTHS, 4)
)
_DEFAULT_DIGITS: Final = 2


class InexactAmountError(ValueError):
    """The amount has digits below the minor unit of its currency."""


def minor_units(amount: str, currency: str) -> int:
    """Read an unsigned decimal (`xs:decimal`) as an integer in the minor unit of `currency`.

    Raises `InexactAmountError` for digits below the minor unit, and ValueError for everything else
    that is no amount: signs, exponents, amounts beyond `MAX_AMOUNT_CENTS`.
    """
    match = _DECIMAL.fullmatch(amount)
    if match is None:
        raise ValueError(f"not an amount: {amount[:40]!r}")
    digits = _DIGITS_OF_MINOR_UNIT.get(currency, _DEFAULT_DIGITS)
    fraction = (match[2] or "").ljust(digits, "0")
    if fraction[digits:].strip("0"):
        raise InexactAmountError(f"{amount} {currency} has too many digits")
    minor = int(f"0{match[1]}{fraction[:digits]}")
    if minor > MAX_AMOUNT_CENTS:
        raise ValueError(f"{amount} {currency} is beyond 10^15 minor units")
    return minor


def amount_text(minor: int, currency: str) -> str:
    """Write an amount for people, without its currency: 1234567 of USD is `12,345.67`."""
    digits = _DIGITS_OF_MINOR_UNIT.get(currency, _DEFAULT_DIGITS)
    whole, fraction = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{fraction:0{digits}d}" if digits else "")


def sum_text(minor: int, currency: str) -> str:
    """Write a sum for people: 1234567 of USD is `USD 12,345.67`."""
    return f"{currency} {amount_text(minor, currency)}"


def refuse_day_ahead(day: date, now: datetime) -> None:
    """Refuse a payment reported as done on a day (UTC) that has not begun."""
    if day > now.astimezone(UTC).date():
        raise Refused("payment_day_ahead", f"{day} has not begun: report payments once made")
