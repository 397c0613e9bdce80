"""A lineage as a picture: SVG in columns, from what everything rests on to what came of it.

A link that follows from two others is left out. Whoever cannot see it has it as text: the picture has
a title and a description that names every event, and every box has a title of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from html import escape
from operator import or_
from typing import Final
from uuid import UUID

from audits.lineage import Lineage, Node

WIDTH, HEIGHT, GAP_ACROSS, GAP_DOWN, MARGIN = 216, 46, 56, 14, 20
"""Of boxes, between them, and around them all, in pixels."""
LONGEST: Final = 30
"""Characters in a line of a box."""
SWEEPS: Final = 4
"""How often boxes are put beside those that they are linked with."""
STYLE: Final = (
    "text{font:12px sans-serif;fill:#1b1b1b}.small{font-size:11px;fill:#3d4551}"
    "rect{fill:#fff;stroke:#3d4551}.subject{fill:#e7f2f5;stroke:#005ea2;stroke-width:3}"
    "path{fill:none;stroke:#71767a}"
)

Titles = Callable[[str], str | None]
Sum = Callable[[int, str], str]
"""(minor units, currency) → a sum as people read it."""
Places = Mapping[UUID, tuple[int, int]]
"""Event → column and row."""


@dataclass(slots=True)
class Words:
    """How pictures tell of money; the app that knows currencies says it better."""

    sum: Sum = lambda minor, currency: f"{currency} {minor:,} (minor units)"


words: Final = Words()


def drawing_of(lineage: Lineage, titles: Titles = lambda _type: None) -> str:
    """Draw a lineage; titles: wire name → what happened, in words."""
    links = reduced(lineage)
    places = arranged(lineage, links)
    columns = 1 + max(column for column, _ in places.values())
    rows = 1 + max(row for _, row in places.values())
    width = 2 * MARGIN + columns * WIDTH + (columns - 1) * GAP_ACROSS
    height = 2 * MARGIN + rows * HEIGHT + (rows - 1) * GAP_DOWN
    told = "; ".join(_told(node, titles) for node in lineage.nodes)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    named = 'role="img" aria-labelledby="lineage-title lineage-text"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {named}>',
        f'<title id="lineage-title">Lineage of event {lineage.subject}</title>',
        f'<desc id="lineage-text">{escape(told)}</desc>',
        f"<style>{STYLE}</style>",
        *(
            _line(places[earlier], places[later])
            for later in places
            for earlier in sorted(links[later])
        ),
        *(_box(node, places, lineage.subject, titles) for node in lineage.nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def reduced(lineage: Lineage) -> dict[UUID, set[UUID]]:
    """Leave out every link that follows from others: later → earlier."""
    links: dict[UUID, set[UUID]] = {node.event_id: set() for node in lineage.nodes}
    for link in lineage.links:
        links[link.later].add(link.earlier)
    own = {event_id: 1 << place for place, event_id in enumerate(links)}
    behind: dict[UUID, int] = {}  # a bit for each event: sets of all would take minutes
    reduced_links: dict[UUID, set[UUID]] = {}
    for (
        later,
        earlier,
    ) in links.items():  # in log order: what an event rests on has its bits already
        through = reduce(or_, (behind[one] for one in earlier), 0)
        behind[later] = reduce(or_, (own[one] for one in earlier), through)
        reduced_links[later] = {one for one in earlier if not through & own[one]}
    return reduced_links


def arranged(lineage: Lineage, links: Mapping[UUID, set[UUID]]) -> Places:
    """Give every event a column behind all that it rests on, and a row beside what it is linked with."""
    columns: dict[UUID, int] = {}
    for node in lineage.nodes:  # in log order: what an event rests on has its column already
        columns[node.event_id] = 1 + max(
            (columns[each] for each in links[node.event_id]), default=-1
        )
    beside: dict[UUID, set[UUID]] = defaultdict(set)
    for later, earlier in links.items():
        for each in earlier:
            beside[later].add(each)
            beside[each].add(later)
    by_column: dict[int, list[UUID]] = defaultdict(list)
    for event_id, column in columns.items():
        by_column[column].append(event_id)
    rows = {event_id: row for ids in by_column.values() for row, event_id in enumerate(ids)}
    for _ in range(SWEEPS):
        for ids in by_column.values():
            ids.sort(key=lambda each: (_middle(rows, beside[each], rows[each]), rows[each]))
            rows.update({event_id: row for row, event_id in enumerate(ids)})
    return {event_id: (columns[event_id], rows[event_id]) for event_id in columns}


def _middle(rows: Mapping[UUID, int], beside: set[UUID], own: int) -> float:
    return sum(rows[each] for each in beside) / len(beside) if beside else own


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    column, row = place
    return MARGIN + column * (WIDTH + GAP_ACROSS), MARGIN + row * (HEIGHT + GAP_DOWN)


def _line(earlier: tuple[int, int], later: tuple[int, int]) -> str:
    left, upper = _corner(earlier)
    right, lower = _corner(later)
    begin, end = (left + WIDTH, upper + HEIGHT // 2), (right, lower + HEIGHT // 2)
    bend = GAP_ACROSS // 2
    return (
        f'<path d="M{begin[0]} {begin[1]} C{begin[0] + bend} {begin[1]}'
        f' {end[0] - bend} {end[1]} {end[0]} {end[1]}"/>'
    )


def _box(node: Node, places: Places, subject: UUID, titles: Titles) -> str:
    left, upper = _corner(places[node.event_id])
    kind = ' class="subject"' if node.event_id == subject else ""
    return (
        f"<g><title>{escape(_told(node, titles))}</title>"
        f'<rect x="{left}" y="{upper}" width="{WIDTH}" height="{HEIGHT}" rx="4"{kind}/>'
        f'<text x="{left + 8}" y="{upper + 19}">{escape(_short(_title(node, titles)))}</text>'
        f'<text class="small" x="{left + 8}" y="{upper + 36}">{escape(_short(_figure(node)))}</text>'
        "</g>"
    )


def _told(node: Node, titles: Titles) -> str:
    time = f"{node.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{_title(node, titles)}, {_figure(node)}, {time}, event {node.event_id}"


def _title(node: Node, titles: Titles) -> str:
    return titles(node.type) or node.type.replace("_", " ").capitalize()


def _figure(node: Node) -> str:
    """Say what an event is about in a few characters: an amount, a quantity, or its place."""
    facts = node.facts
    for name in ("amount_cents", "gross_cents", "price_cents", "value_cents"):
        if name in facts and "currency" in facts:
            return words.sum(int(facts[name]), facts["currency"])
    if "quantity" in facts:
        return f"{facts['quantity']:,} units"
    return f"log index {node.log_index:,}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
