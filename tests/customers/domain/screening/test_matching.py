"""The matcher: finds everything that a full comparison finds, each alias on its own, fast."""

import random
import time

import pytest

from customers.domain.screening.matching import ListedName, Match, Matcher
from customers.domain.screening.scoring import (
    ALIKE_MIN,
    EXACT,
    NORMALIZED,
    SPACING_MIN,
    THRESHOLD_PER_MILLE,
)
from tests.customers.domain.screening.comparing import score
from tests.customers.screening_data import largest, largest_matcher, listed_names

SEED = 20261123


def listed(*aliases: str, entry: str = "a") -> list[ListedName]:
    return [ListedName(entry, entry * 64, "Entity List", aliases[0], alias) for alias in aliases]


def found(matches: tuple[Match, ...]) -> dict[str, int]:
    return {match.listed.entry_hash: match.score_per_mille for match in matches}


def by_full_comparison(name: str, names: list[ListedName]) -> dict[str, int]:
    best: dict[str, int] = {}
    for each in names:
        best[each.entry_hash] = max(score(name, each.alias), best.get(each.entry_hash, 0))
    return best


def damaged(name: str, rng: random.Random) -> str:
    """Change a name the way people do: letters lost, doubled, swapped; words lost, added, cut."""
    at = rng.randrange(len(name))
    parts = name.split()
    changes = (
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
        name[:at] + " " + name[at:],
        " ".join(parts[1:]),
        " ".join([*parts[::-1], "Trading"]),
        "".join(parts),
    )
    return rng.choice(changes)


def test_nothing_is_lost_against_a_full_comparison() -> None:
    rng = random.Random(SEED)  # noqa: S311 -- a sample that is the same in every run
    sample = rng.sample(listed_names(largest().entries), k=min(600, largest().names))
    matcher = Matcher(sample)
    for chosen in rng.sample(sample, k=40):
        name = damaged(chosen.alias, rng)
        full = by_full_comparison(name, sample)
        for threshold in (ALIKE_MIN + 50, THRESHOLD_PER_MILLE, NORMALIZED):
            expected = {entry: points for entry, points in full.items() if points >= threshold}
            matches = found(matcher.search(name, threshold_per_mille=threshold))
            assert matches == expected, (SEED, name, threshold)


def test_a_likeness_that_only_rounding_lifts_to_the_threshold_is_found() -> None:
    """11 of 109 letters are missing: 899.08 per mille, which counts as 900."""
    whole = ("bdfgk" * 22)[:109]
    cut = whole[:98]
    assert score(cut, whole) == SPACING_MIN
    assert Matcher(listed(whole)).search(cut, threshold_per_mille=SPACING_MIN)


def test_every_entry_is_found_by_each_of_its_names() -> None:
    rng = random.Random(SEED)  # noqa: S311 -- a sample that is the same in every run
    for chosen in rng.sample(listed_names(largest().entries), k=40):
        assert found(largest_matcher().search(chosen.alias))[chosen.entry_hash] == EXACT


def test_one_party_with_aliases_is_screened_well_within_a_second() -> None:
    names = [
        "Nanjing Riverside Cloud Computing Co., Ltd.",
        "Riverside Cloud",
        "China Electronics Technology Group 54th Research Institute",
        "Hangzhou Civil Genomics Co., Ltd.",
    ]
    matcher = largest_matcher()
    begun = time.process_time()
    for name in names:
        matcher.search(name)
    assert time.process_time() - begun < 1


def test_ordinary_names_raise_no_alarm() -> None:
    matcher = largest_matcher()
    for name in (
        "Nanjing Riverside Cloud Computing Co., Ltd.",
        "Siemens Aktiengesellschaft",
        "University of Macau",
        "Beijing Moonshot Intelligence Technology Co Ltd",
        "Toyota Motor Corporation",
    ):
        assert matcher.search(name) == ()


def test_an_entry_matches_once_by_its_best_alias() -> None:
    matcher = Matcher(listed("Northern Star Computing", "Polaris Data", "Polaris Dats"))
    (match,) = matcher.search("Polaris Data")
    assert (match.listed.alias, match.score_per_mille) == ("Polaris Data", EXACT)
    assert match.listed.entry_name == "Northern Star Computing"


def test_aliases_are_compared_one_by_one_and_never_together() -> None:
    matcher = Matcher(listed("Northern Star", "Polaris Cove"))
    assert matcher.search("Northern Star")
    assert matcher.search("Polaris Cove")
    assert not matcher.search("Star Cove")
    assert Matcher(listed("Northern Star Polaris Cove")).search("Star Cove")


def test_matches_come_best_first() -> None:
    names = [*listed("Polaris Datum", entry="b"), *listed("Polaris Data", entry="c")]
    assert [match.listed.entry_hash[0] for match in Matcher(names).search("Polaris Data")] == [
        "c",
        "b",
    ]


def test_a_name_without_letters_matches_nothing() -> None:
    assert Matcher(listed("!?", "Northern Star")).search("!?") == ()


def test_an_empty_list_has_no_matches() -> None:
    assert Matcher([]).search("Northern Star") == ()


@pytest.mark.parametrize("threshold", [ALIKE_MIN, EXACT + 1])
def test_a_threshold_that_the_index_cannot_serve_is_an_error(threshold: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Matcher([]).search("Northern Star", threshold_per_mille=threshold)


@pytest.mark.parametrize("threshold", [ALIKE_MIN + 1, EXACT])
def test_both_ends_of_the_thresholds_are_served(threshold: int) -> None:
    assert Matcher(listed("Northern Star")).search("Northern Star", threshold_per_mille=threshold)
