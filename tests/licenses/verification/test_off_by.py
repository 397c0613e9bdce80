"""What is wrong with a row keeps its words while right things happen to it."""

from typing import Any

import pytest

from licenses.verification.rows import off_by

ROW = {"kind": "escrow", "debits_posted": 500, "credits_posted": 900}


@pytest.mark.parametrize("moved", [0, 100_000])
def test_figures_are_off_by_the_same_though_both_sides_move(moved: int) -> None:
    expected = ROW | {"credits_posted": 900 + moved, "debits_posted": 500 + moved}
    found = expected | {"credits_posted": 901 + moved, "debits_posted": 498 + moved}
    assert off_by(expected, found) == "debits_posted off by -2, credits_posted off by +1"


@pytest.mark.parametrize(
    ("expected", "found", "words"),
    [
        (ROW, ROW | {"kind": "bank_clearing"}, "kind is bank_clearing, not escrow"),
        (ROW, None, "there is no row of it"),
        (None, ROW, "there is a row, and none belongs there"),
    ],
)
def test_what_is_no_figure_is_said_as_it_is(expected: Any, found: Any, words: str) -> None:
    assert off_by(expected, found) == words
