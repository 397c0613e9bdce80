"""How alike two names are, in whole per mille. Pure, and the same on every machine.

Exact beats normalized beats fuzzy. Fuzzy pairs the words of both names: words without a partner
on *both* sides contradict each other (another surname is another person), words left over on one
side only merely dilute, so that one extra word cannot hide a hit.
"""

import functools
import re
from typing import Final

from rapidfuzz.distance import OSA

from customers.domain.screening.normalizing import Reading, rejoin
from customers.domain.screening.words import COMMON

ALGORITHM: Final = "tollgate-token-alignment"
ALGORITHM_VERSION: Final = 1
"""Raised by every change of scores; recorded with every screening."""

THRESHOLD_PER_MILLE: Final = 780
"""From here on a person decides. Chosen on labeled pairs and on the alarms for ordinary names."""

EXACT: Final = 1000
NORMALIZED: Final = 990
FUZZY_MAX: Final = 980

ALIKE_MIN: Final = 600
"""Words less alike than this are different words."""
_SAME_SOUND: Final = 850
"""What words of the same consonants are worth: transliterations differ in their vowels."""
_SOUND_MIN: Final = 500
"""Provided that they are spelled at least this much alike."""
SPACING_MIN: Final = 900
"""Names that differ in more than their spaces are compared word by word only."""
_AGREEMENT_WEIGHT: Final = 4
_CONTRADICTION_WEIGHT: Final = 8
_DILUTION_WEIGHT: Final = 1
"""What a word counts that has a partner, that is contradicted, that is merely left over."""

_SOUNDS: Final = (
    *(("sch", "s"), ("dzh", "y"), ("kh", "k"), ("gh", "g"), ("zh", "y"), ("sh", "s"), ("ch", "c")),
    *(("ph", "f"), ("ck", "k"), ("q", "k"), ("w", "v"), ("j", "y")),
)
_VOWELS: Final = re.compile("[aeiouy]+")
_DOUBLED: Final = re.compile(r"(.)\1+")
_SKELETON_MIN: Final = 3
_SHORT: Final = 3


@functools.lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """Reduce a word to its first letter and the consonants that transliterations agree on."""
    for spelling, sound in _SOUNDS:
        word = word.replace(spelling, sound)
    return _DOUBLED.sub(r"\1", word[:1] + _VOWELS.sub("", word[1:]))


@functools.lru_cache(maxsize=262_144)
def word_similarity(one: str, other: str) -> int:
    """Compare two words: 0 (different words) or 600 to 1000 per mille."""
    if one == other:
        return EXACT
    if one.isdigit() or other.isdigit():
        return 0  # No. 5 is not No. 6
    if len(one) == 1 or len(other) == 1:
        return ALIKE_MIN if one[0] == other[0] else 0  # an initial
    distance = OSA.distance(one, other)
    longest = max(len(one), len(other))
    alike = EXACT - EXACT * distance // longest
    if longest <= _SHORT and distance > 1:
        alike = 0
    if _SOUND_MIN <= alike < _SAME_SOUND and min(len(one), len(other)) > _SHORT:
        consonants = skeleton(one)
        if len(consonants) >= _SKELETON_MIN and consonants == skeleton(other):
            return _SAME_SOUND
    return alike if alike >= ALIKE_MIN else 0


def _weight(word: str) -> int:
    if len(word) == 1:
        return 1
    return 2 if word in COMMON else len(word) + 2


def align(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Pair the words of two names, best pairs first; weighted mean likeness in per mille.

    Each word has one partner at most. The result never exceeds the likeness of the best pair:
    `matching` rests on that.
    """
    pairs = sorted(
        (-word_similarity(left, right), i, j)
        for i, left in enumerate(one)
        for j, right in enumerate(other)
    )
    alone_left, alone_right = dict(enumerate(one)), dict(enumerate(other))
    weight = agreement = 0
    for negative, i, j in pairs:
        if negative and i in alone_left and j in alone_right:
            both = _weight(alone_left.pop(i)) + _weight(alone_right.pop(j))
            weight += both
            agreement -= both * negative
    left_over = sum(map(_weight, alone_left.values()))
    right_over = sum(map(_weight, alone_right.values()))
    contradiction = 2 * min(left_over, right_over)
    dilution = abs(left_over - right_over)
    whole = (
        _AGREEMENT_WEIGHT * weight
        + _CONTRADICTION_WEIGHT * contradiction
        + _DILUTION_WEIGHT * dilution
    )
    return _AGREEMENT_WEIGHT * agreement // whole if weight else 0


def spacing_similarity(one: str, other: str) -> int:
    """Compare names without their spaces: per mille, 0 unless they are nearly the same."""
    longest = max(len(one), len(other), 1)
    alike = EXACT - EXACT * OSA.distance(one, other) // longest
    return alike if alike >= SPACING_MIN else 0


def compare(one: Reading, other: Reading) -> int:
    """Score one reading against another: 0 to 1000 per mille."""
    if not one.tokens or not other.tokens:
        return 0
    if one.folded == other.folded:
        return EXACT
    if one.tokens == other.tokens:
        return NORMALIZED
    spacing = spacing_similarity(one.joined, other.joined)
    aligned = align(rejoin(one.ordered, other.ordered), rejoin(other.ordered, one.ordered))
    return min(max(aligned, spacing), FUZZY_MAX)
