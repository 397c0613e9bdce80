"""The lists that tests screen against: the shared full list where it lies, else our own sample.

`LISTS` says what each holds; tests assert the numbers of the list that they used.
"""

import functools
import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from customers.domain.screening.entries import Entry, ListContents, names_of
from customers.domain.screening.matching import ListedName, Matcher
from customers.domain.screening.parsing import parse_list

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLE: Final = ROOT / "customers" / "data" / "sample_list.csv"
SHARED: Final = ROOT.parent / "shared" / "data" / "screening"


class KnownList(NamedTuple):
    """A list file and what is in it."""

    path: Path
    rows: int
    entries: int
    names: int
    bad_lines: tuple[int, ...] = ()


OWN_SAMPLE: Final = KnownList(SAMPLE, rows=45, entries=45, names=130)
FULL_2022: Final = KnownList(
    SHARED / "csl_2022-04-21_full.csv.gz", rows=14_160, entries=14_160, names=34_171
)
OTHERS: Final = (
    KnownList(SHARED / "csl_2019_sample.csv", rows=115, entries=115, names=276),
    KnownList(
        SHARED / "csl_2023-11_subset.csv.gz",
        rows=4_228,
        entries=4_226,
        names=10_360,
        bad_lines=(2, 4_233),  # a stray header row, and a row cut off at the end of the file
    ),
    KnownList(SHARED / "csl_2025_sample.csv", rows=13, entries=13, names=28),
)
LARGEST: Final = FULL_2022 if FULL_2022.path.exists() else OWN_SAMPLE
LISTS: Final = tuple(known for known in (OWN_SAMPLE, FULL_2022, *OTHERS) if known.path.exists())


def content(path: Path) -> bytes:
    """Read a list file, unpacked."""
    packed = path.read_bytes()
    return gzip.decompress(packed) if path.suffix == ".gz" else packed


@functools.lru_cache(maxsize=1)
def largest() -> ListContents:
    """Read the largest list at hand, once."""
    return parse_list(content(LARGEST.path))


@functools.lru_cache(maxsize=1)
def largest_matcher() -> Matcher:
    """Index the largest list at hand, once."""
    return Matcher(listed_names(largest().entries))


def listed_names(entries: Iterable[Entry]) -> list[ListedName]:
    """Name every name of the entries as the matcher takes them."""
    return [
        ListedName(entry.entry_id, entry.entry_hash, entry.source, entry.name, alias)
        for entry in entries
        for alias in names_of(entry)
    ]
