"""The colors of the pages, light and dark: readable beside each other (WCAG 2.2, 1.4.3 and 1.4.11)."""

import itertools
import re
from typing import Final

import pytest

from devstack.paths import ROOT

SHEET: Final = (ROOT / "audits" / "static" / "audits" / "tollgate.css").read_text()
PALETTES: Final = [
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
]
GROUNDS: Final = ("ground", "raised")
WORDS: Final = ("text", "muted", "link", "good", "warning", "bad")
OF_TEXT, OF_EDGES = 4.5, 3.0


def luminance(color: str) -> float:
    """Tell the relative luminance of `#rrggbb`, 0 to 1."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Tell how much two colors differ, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_the_guidelines_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", PALETTES, ids=["light", "dark"])
def test_text_and_edges_stand_out_from_their_ground(palette: dict[str, str]) -> None:
    pairs = [*itertools.product(WORDS, GROUNDS), ("on-accent", "accent")]
    found = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < OF_TEXT} == {}
    edges = {ground: contrast(palette["edge"], palette[ground]) for ground in GROUNDS}
    assert {ground: ratio for ground, ratio in edges.items() if ratio < OF_EDGES} == {}


def test_every_color_is_one_of_these() -> None:
    rules = re.sub(r":root \{.*?\}", "", SHEET, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", rules) == []
    used = set(re.findall(r"var\(--([a-z-]+)\)", rules))
    assert all(used <= palette.keys() for palette in PALETTES)
