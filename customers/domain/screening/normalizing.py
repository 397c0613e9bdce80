"""Names in comparable form. Pure: the same name gives the same form on every machine."""

import itertools
import re
from typing import Final, NamedTuple

from anyascii import anyascii

from customers.domain.screening.words import COMMON, LEGAL_FORMS, PARTICLES

_APOSTROPHES: Final = re.compile(r"['`\"]")
_ACRONYM: Final = re.compile(r"(?<![a-z0-9])(?:[a-z]\.){2,}(?:[a-z](?![a-z0-9]))?")
_WORD: Final = re.compile(r"[a-z0-9]+")
_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_OTHER_NAME: Final = re.compile(r"[,;(]?\s*\b[af]\.?k\.?a\b\.?[,:]?\s*", re.IGNORECASE)
_BOILERPLATE: Final = re.compile(
    r"[;,]?\s*\b(?:and any successor|and its sub-?units|including the )\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


class Reading(NamedTuple):
    """One way to read a name, prepared for comparison."""

    folded: str
    """As written, apart from case and the width of its spaces."""
    ordered: tuple[str, ...]
    """The words that tell names apart, in their order."""
    tokens: tuple[str, ...]
    """The same, sorted."""
    joined: str
    """The same, in their order, without spaces."""


def words(name: str) -> tuple[str, ...]:
    """Split into lower-case ASCII words in their order.

    Other scripts are romanized letter by letter, acronyms lose their periods (`L.L.C.` becomes
    `llc`), apostrophes vanish, every other mark separates words.
    """
    romanized = _APOSTROPHES.sub("", anyascii(name).lower())
    closed = _ACRONYM.sub(lambda acronym: acronym[0].replace(".", "") + " ", romanized)
    return tuple(_WORD.findall(closed))


def _telling(name: str) -> tuple[str, ...]:
    every = words(name)
    telling = tuple(word for word in every if word not in LEGAL_FORMS and word not in PARTICLES)
    return telling or every


def tokens(name: str) -> tuple[str, ...]:
    """Sort the words that tell names apart; empty only for a name without letters and digits."""
    return tuple(sorted(_telling(name)))


def normalize(name: str) -> str:
    """Give the comparable form: `tokens` joined by spaces. Normalizing twice changes nothing."""
    return " ".join(tokens(name))


def readings(name: str) -> tuple[str, ...]:
    """Name every way to read one alias as the lists write it; the alias itself comes first.

    The lists put former names, locations and "any successor, sub-unit, or subsidiary thereof"
    into the name itself: such extra words must not hide a hit.
    """
    core = _BOILERPLATE.sub("", name)
    plain = _PARENTHESES.sub(" ", core)
    others = (reading.strip(" ,;") for reading in (core, plain, *_OTHER_NAME.split(core)))
    return tuple(dict.fromkeys(reading for reading in (name, *others) if words(reading)))


def read(name: str) -> Reading:
    """Prepare a name for comparison, as it is written."""
    telling = _telling(name)
    return Reading(
        folded=" ".join(name.split()).casefold(),
        ordered=telling,
        tokens=tuple(sorted(telling)),
        joined="".join(telling),
    )


def joined_pairs(ordered: tuple[str, ...]) -> tuple[str, ...]:
    """Join each word with the next one: `hang`, `zhou`, `bay` give `hangzhou`, `zhoubay`."""
    return tuple(word + following for word, following in itertools.pairwise(ordered))


def rejoin(ordered: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Join neighbors that the other name writes as one word: `hang zhou` meets `hangzhou`."""
    known = set(other)
    result: list[str] = []
    rest = list(ordered)
    while rest:
        word = rest.pop(0)
        if rest and word + rest[0] in known:
            word += rest.pop(0)
        result.append(word)
    return tuple(result)


def is_native_only(name: str) -> bool:
    """Tell whether what tells this name apart is in no Latin letters.

    The lists are written in Latin letters: they cannot clear such a name, not even with a legal
    form or a trade added in Latin (`北京某某 Technology Co., Ltd.`).
    """
    other_letters = any(letter.isalpha() and not _LATIN.match(letter) for letter in name)
    latin = words("".join(letter if _LATIN.match(letter) else " " for letter in name))
    if not other_letters:
        return not latin
    return all(word in LEGAL_FORMS or word in PARTICLES or word in COMMON for word in latin)
