"""Values that every part of the system shares: countries, texts, addresses, documents, USCC. Pure.

The constraints serve three ends at once: they validate what arrives (a breach is a shape error),
they describe the API, and they keep out what PostgreSQL cannot store (the character NUL) and what
would not fit into one event (64 KiB).
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from audits import personal
from audits.kernel import Value
from audits.personal import FREE_TEXT, LINE, When

_ASSIGNED: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

COUNTRIES: Final = frozenset(_ASSIGNED.split())
"""The officially assigned alpha-2 codes of ISO 3166-1."""

Country = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^(?:{'|'.join(sorted(COUNTRIES))})$",
        min_length=2,
        max_length=2,
        description="ISO 3166-1 alpha-2 code, such as `CN`.",
        examples=["CN"],
    ),
]
"""An officially assigned country code."""

_NO_CONTROL: Final = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_LINES: Final = rf"^{_NO_CONTROL}*[^\x00-\x20\x7f]{_NO_CONTROL}*$"

ShortText = Annotated[str, msgspec.Meta(pattern=LINE, min_length=1, max_length=200)]
"""One line that is not blank: a name, a title, a reference."""

PersonName = Annotated[
    str, personal.line(200, When.ALWAYS, "A name; kept sealed, and erased with its person's key.")
]
"""The name of a natural person, or of somebody who may be one. A subject of its own."""

NameOfAnybody = Annotated[
    str, personal.line(200, When.OF_PERSON, "A name; sealed where the party is a natural person.")
]
"""The name of a party: personal data of those that are natural persons."""

AddressLine = Annotated[
    str, personal.line(200, When.OF_PERSON, "Sealed where the party is a natural person.")
]

LongText = Annotated[
    str,
    msgspec.Meta(pattern=_LINES, min_length=1, max_length=4_000, description=FREE_TEXT),
]
"""Paragraphs that are not blank: reasons, statements."""

Description = Annotated[
    str,
    msgspec.Meta(pattern=_LINES, min_length=1, max_length=1_000, description=FREE_TEXT),
]
"""A paragraph or two that are not blank, where several go into one event."""

FreeLine = Annotated[
    str, msgspec.Meta(pattern=LINE, min_length=1, max_length=200, description=FREE_TEXT)
]
"""One line that is not blank and may say anything: a bank's reason, the name of a file."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time with its offset from UTC."""

Sha256 = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{64}$",
        min_length=64,
        max_length=64,
        description="SHA-256 as 64 lower-case hexadecimal digits.",
    ),
]
"""The fingerprint of a document or a list."""

Uscc = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9A-HJ-NPQRTUWXY]{18}$",
        min_length=18,
        max_length=18,
        description="Unified Social Credit Code of the PRC (GB 32100-2015), 18 characters.",
    ),
]
"""The shape of a Unified Social Credit Code; `is_valid_uscc` proves its check character."""

_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH: Final = 18
_USCC_WEIGHTS: Final = tuple(3**position % 31 for position in range(_USCC_LENGTH - 1))


class Address(Value):
    """A postal address; `lines` is the street part."""

    lines: Annotated[tuple[AddressLine, ...], msgspec.Meta(min_length=1, max_length=5)]
    city: AddressLine
    postal_code: Annotated[str, personal.line(20, When.OF_PERSON)] | None = None
    country: Country


class Document(Value):
    """A document that is kept elsewhere; its fingerprint binds the record to its exact bytes."""

    name: FreeLine
    media_type: Annotated[
        str,
        msgspec.Meta(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]*$(?!\n)", max_length=100),
    ]
    sha256: Sha256
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=2**40)]


def is_valid_uscc(code: str) -> bool:
    """Prove the check character of a Unified Social Credit Code.

    Source: GB 32100-2015: weights 3^i mod 31 over the first 17 characters, check = 31 - sum mod 31.
    """
    if len(code) != _USCC_LENGTH or not set(code) <= set(_USCC_ALPHABET):
        return False
    weighted = sum(
        _USCC_ALPHABET.index(character) * weight
        for character, weight in zip(code[:-1], _USCC_WEIGHTS, strict=True)
    )
    return _USCC_ALPHABET[-weighted % 31] == code[-1]
