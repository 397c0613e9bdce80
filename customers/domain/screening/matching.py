"""Find a name among all names of a list: fast, and without losing what a full comparison finds.

Three indexes propose candidates, `scoring` alone judges them:

- A score of `align` never exceeds the likeness of its best pair of words. So whatever reaches the
  threshold shares, with the name sought, a pair of words that reaches it: words spelled nearly
  alike (found by edit distance over the vocabulary) or of the same consonants. Where neighbors
  were joined first, the joined word stands in the other name as it is.
- `spacing_similarity` is found by edit distance over the names without spaces.
- Equal names share every word.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from audits.kernel import Value
from customers.domain.screening.normalizing import Reading, joined_pairs, read, readings
from customers.domain.screening.scoring import (
    ALIKE_MIN,
    EXACT,
    SPACING_MIN,
    THRESHOLD_PER_MILLE,
    compare,
    skeleton,
    word_similarity,
)


class ListedName(NamedTuple):
    """One name of one entry of a list."""

    entry_id: str
    entry_hash: str
    source: str
    entry_name: str
    alias: str


class Match(Value):
    """An entry that a name resembles, by its most similar alias."""

    listed: ListedName
    score_per_mille: int


class Matcher:
    """The names of one list, indexed once, searched often. Immutable after construction."""

    def __init__(self, names: Iterable[ListedName]) -> None:
        self._names: Final[list[ListedName]] = []
        self._readings: Final[list[Reading]] = []
        by_word: defaultdict[str, list[int]] = defaultdict(list)
        by_joined_pair: defaultdict[str, list[int]] = defaultdict(list)
        by_joined: defaultdict[str, list[int]] = defaultdict(list)
        for listed in names:
            for reading in map(read, readings(listed.alias)):
                for word in set(reading.tokens):
                    by_word[word].append(len(self._readings))
                for word in joined_pairs(reading.ordered):
                    by_joined_pair[word].append(len(self._readings))
                by_joined[reading.joined].append(len(self._readings))
                self._readings.append(reading)
                self._names.append(listed)
        self._by_joined_pair: Final = dict(by_joined_pair)
        by_skeleton: defaultdict[str, list[str]] = defaultdict(list)
        for word in by_word:
            by_skeleton[skeleton(word)].append(word)
        self._by_word: Final = dict(by_word)
        self._by_skeleton: Final = dict(by_skeleton)
        self._by_joined: Final = dict(by_joined)
        self._vocabulary: Final = _Spellings(by_word)
        self._joined: Final = _Spellings(by_joined)

    def search(
        self, name: str, *, threshold_per_mille: int = THRESHOLD_PER_MILLE
    ) -> tuple[Match, ...]:
        """Find every entry with an alias that scores the threshold or more, best first.

        Raises ValueError for a threshold so low that initials alone would reach it: the indexes
        cannot promise completeness there.
        """
        if not ALIKE_MIN < threshold_per_mille <= EXACT:
            raise ValueError(f"threshold {threshold_per_mille} is not in ({ALIKE_MIN}, {EXACT}]")
        sought = read(name)
        best: dict[str, Match] = {}
        for index in sorted(self._candidates(sought, threshold_per_mille)):
            score = compare(sought, self._readings[index])
            listed = self._names[index]
            known = best.get(listed.entry_hash)
            if score >= threshold_per_mille and (known is None or score > known.score_per_mille):
                best[listed.entry_hash] = Match(listed=listed, score_per_mille=score)
        return tuple(
            sorted(
                best.values(), key=lambda match: (-match.score_per_mille, match.listed.entry_hash)
            )
        )

    def _candidates(self, sought: Reading, threshold: int) -> set[int]:
        found: set[int] = set()
        for token in set(sought.tokens):
            for word in self._near_words(token, threshold):
                found.update(self._by_word[word])
            found.update(self._by_joined_pair.get(token, ()))
        for word in joined_pairs(sought.ordered):
            found.update(self._by_word.get(word, ()))
        for joined in self._joined.near(sought.joined, minimum=max(threshold, SPACING_MIN)):
            found.update(self._by_joined[joined])
        return found

    def _near_words(self, token: str, threshold: int) -> Iterator[str]:
        """Yield every word of the vocabulary that is as like `token` as the threshold asks."""
        near = set(self._vocabulary.near(token, minimum=threshold))
        near.update(self._by_skeleton.get(skeleton(token), ()))
        return (word for word in near if word_similarity(token, word) >= threshold)


class _Spellings:
    """Texts by their length, to find those that are spelled nearly alike."""

    def __init__(self, texts: Iterable[str]) -> None:
        by_length: defaultdict[int, list[str]] = defaultdict(list)
        for text in texts:
            by_length[len(text)].append(text)
        self._by_length: Final = dict(by_length)

    def near(self, text: str, *, minimum: int) -> Iterator[str]:
        """Yield the texts whose edit distance allows a likeness of `minimum` per mille.

        With d the distance and n <= len(text) + d the longer length, likeness is 1000 - 1000·d/n,
        rounded up: it reaches the minimum while 1000·d < (1001 - minimum)·n; solved for d.
        Lengths that differ by more than that cannot be near.
        """
        furthest = ((EXACT + 1 - minimum) * len(text) - 1) // (minimum - 1)
        for length in range(len(text) - furthest, len(text) + furthest + 1):
            yield from (
                found
                for found, _, _ in process.extract(
                    text,
                    self._by_length.get(length, ()),
                    scorer=OSA.distance,
                    processor=None,
                    score_cutoff=furthest,
                    limit=None,
                )
            )
