"""Known parts, against which a stated figure is held. Pure: the caller reads the file."""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from audits.kernel import Value
from customers.domain.values import ShortText
from licenses.domain.policy.choice import mentions, words
from licenses.domain.product.specification import PrecisionPeak


class ReferencePart(Value):
    """What is publicly known of one part; `peak` is the precision that gives its TPP."""

    maker: ShortText
    model: ShortText
    aliases: tuple[ShortText, ...] = ()
    """Other full names of the same part."""
    generation: ShortText
    peak: PrecisionPeak
    dram_bandwidth_gb_per_s: Annotated[int, Meta(ge=1)]
    dram_capacity_gb: Annotated[int, Meta(ge=1)]
    confidence: Literal["high", "medium", "low"]


class Tolerances(Value):
    """How far a stated figure may lie from the known one, in percent, by confidence."""

    high: Annotated[int, Meta(ge=0, lt=100)]
    medium: Annotated[int, Meta(ge=0, lt=100)]
    low: Annotated[int, Meta(ge=0, lt=100)]


class Reference(Value):
    """The known parts, and how closely a stated one must resemble them."""

    tolerance_percent: Tolerances
    parts: tuple[ReferencePart, ...]


class KnownPart(Value):
    """A part that was found, with the tolerance that its confidence deserves."""

    part: ReferencePart
    tolerance_percent: int


def parse_reference(text: str) -> Reference:
    """Read the reference (TOML). Raises msgspec.DecodeError: it is the project's own file."""
    return msgspec.toml.decode(text, type=Reference)


def find_part(reference: Reference, *, maker: str, model: str) -> KnownPart | None:
    """Find the part that a model names, or None.

    A part's full name may stand inside the model (`DGX H200 SXM 141GB`), the longest name first;
    an alias must be the whole model, with or without the maker.
    """
    named = [
        (len(words(part.model)), part)
        for part in reference.parts
        if words(part.maker) == words(maker) and _names(part, model)
    ]
    if not named:
        return None
    _, part = max(named, key=lambda each: each[0])
    return KnownPart(
        part=part, tolerance_percent=getattr(reference.tolerance_percent, part.confidence)
    )


def identity_of(reference: Reference, *, maker: str, model: str) -> tuple[str, str]:
    """Spell maker and model so that two spellings of one part come out the same.

    Case, punctuation and a repeated maker do not count; an alias stands for the part's own name.
    """
    known = next((part for part in reference.parts if _is(part, maker, model)), None)
    own, said = _letters(maker), _letters(known.model if known else model)
    return own, said.removeprefix(own) or said


def _is(part: ReferencePart, maker: str, model: str) -> bool:
    names = (part.model, *part.aliases)
    own, said = _letters(maker), _letters(model)
    return _letters(part.maker) == own and any(
        said in {_letters(name), own + _letters(name)} for name in names
    )


def _letters(name: str) -> str:
    """Keep letters and digits, of any script, without case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _names(part: ReferencePart, model: str) -> bool:
    if mentions(model, part.model):
        return True
    return _is_one_of(model, part.aliases) or _is_one_of(
        model, (f"{part.maker} {alias}" for alias in part.aliases)
    )


def _is_one_of(model: str, names: Iterable[str]) -> bool:
    return words(model) in map(words, names)
