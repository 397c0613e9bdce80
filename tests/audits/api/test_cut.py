"""Pages of the past: cut out of what is derived one by one, and the same as those of rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from weakref import WeakSet

import pytest

from audits.api import pages
from audits.api.pages import Cursor, Page, cut
from audits.api.problems import Rejected

MANY: Final = 1_000
LIMIT: Final = 3
AGENCIES: Final = ("C", "B", "E", "B", "A", "B", "D")
"""By id; three share what pages are ordered by."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Thing:
    """Something that a list shows."""

    pk: UUID
    agency: str


def things() -> Iterator[Thing]:
    return (Thing(UUID(int=number), agency) for number, agency in enumerate(AGENCIES))


def page(ordering: str, cursor: str | None = None) -> Page:
    return cut(things(), ordering=ordering, cursor=cursor, limit=LIMIT)


def numbers(shown: Page) -> list[int]:
    return [row.pk.int for row in shown.rows]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("agency", [[4, 1, 3], [5, 0, 6], [2]]),
        ("-agency", [[2, 6, 0], [5, 3, 1], [4]]),
    ],
)
def test_pages_are_complete_and_in_order_both_ways(
    ordering: str, expected: list[list[int]]
) -> None:
    shown = [page(ordering)]
    while shown[-1].next:
        shown.append(page(ordering, shown[-1].next))
    assert [numbers(each) for each in shown] == expected
    backwards = [shown[-1]]
    while backwards[-1].prev:
        backwards.append(page(ordering, backwards[-1].prev))
    assert [numbers(each) for each in reversed(backwards)] == expected


@pytest.mark.parametrize("ordering", ["agency", "-agency"])
def test_of_many_things_memory_holds_a_page(ordering: str) -> None:
    alive: WeakSet[Thing] = WeakSet()
    most = 0

    def many() -> Iterator[Thing]:
        nonlocal most
        for number in range(MANY):
            thing = Thing(UUID(int=number), f"{number * 7_919 % MANY:03}")
            alive.add(thing)
            most = max(most, len(alive))
            yield thing

    first = cut(many(), ordering=ordering, cursor=None, limit=LIMIT)
    second = cut(many(), ordering=ordering, cursor=first.next, limit=LIMIT)
    shown = [row.agency for row in (*first.rows, *second.rows)]
    everything = sorted((f"{number:03}" for number in range(MANY)), reverse=ordering != "agency")
    assert shown == everything[: 2 * LIMIT]
    assert most <= 4 * LIMIT


def test_a_cursor_of_another_kind_is_refused() -> None:
    cursor = pages.seal(Cursor("agency", "next", ("A", "no id")))
    with pytest.raises(Rejected):
        page("agency", cursor)
