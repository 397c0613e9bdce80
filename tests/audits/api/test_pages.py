"""Keyset pages: complete, in order, both ways, whatever comes or goes in between."""

from uuid import UUID

import pytest

from audits.api import pages
from audits.api.pages import Cursor, Page, page_of
from audits.api.problems import Rejected
from audits.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rows() -> None:
    """Make seven rows; three of them share what they are ordered by."""
    agencies = ["A", "B", "B", "B", "C", "D", "E"]
    for number, agency in enumerate(agencies):
        Organization.objects.create(
            id=UUID(int=number), name=str(number), role="officer", agency=agency
        )


def page(ordering: str, cursor: str | None = None, limit: int = 3) -> Page:
    return page_of(Organization.objects.all(), ordering=ordering, cursor=cursor, limit=limit)


def numbers(shown: Page) -> list[int]:
    return [row.id.int for row in shown.rows]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("agency", [[0, 1, 2], [3, 4, 5], [6]]),
        ("-agency", [[6, 5, 4], [3, 2, 1], [0]]),
    ],
)
def test_pages_are_complete_and_in_order_both_ways(
    ordering: str, expected: list[list[int]]
) -> None:
    shown = [page(ordering)]
    while shown[-1].next:
        shown.append(page(ordering, shown[-1].next))
    assert [numbers(each) for each in shown] == expected
    assert shown[0].prev is None
    backwards = [shown[-1]]
    while backwards[-1].prev:
        backwards.append(page(ordering, backwards[-1].prev))
    assert [numbers(each) for each in reversed(backwards)] == expected
    assert backwards[-1].next is not None


@pytest.mark.parametrize(("limit", "has_next"), [(6, True), (7, False), (8, False)])
def test_there_is_a_next_page_only_when_there_is_more(limit: int, *, has_next: bool) -> None:
    assert (page("agency", limit=limit).next is not None) is has_next


def test_rows_that_come_in_between_neither_repeat_nor_hide_others() -> None:
    first = page("agency")
    Organization.objects.create(id=UUID(int=70), name="70", role="officer", agency="A")
    Organization.objects.create(id=UUID(int=71), name="71", role="officer", agency="CC")
    assert numbers(page("agency", first.next, limit=9)) == [3, 4, 71, 5, 6]


def test_a_page_whose_place_was_emptied_is_empty() -> None:
    last = page("agency", limit=6)
    Organization.objects.filter(agency="E").delete()
    assert page("agency", last.next) == Page([], None, None)


@pytest.mark.parametrize(
    "cursor",
    [
        "not base64!",
        "AAAA",
        pages.seal(Cursor("-agency", "next", ("A", str(UUID(int=0))))),
        pages.seal(Cursor("agency", "next", ("A",))),
        pages.seal(Cursor("agency", "next", ("A", "no id"))),
    ],
)
def test_a_cursor_of_another_list_is_rejected(cursor: str) -> None:
    with pytest.raises(Rejected, match="Take cursors as they come"):
        page("agency", cursor)


@pytest.mark.parametrize("key", ["-1", "1.0", "", "x", "٣", "1" * 19])
def test_a_position_is_a_plain_number(key: str) -> None:
    with pytest.raises(Rejected):
        Cursor("log", "next", (key,)).position()
    assert Cursor("log", "next", ("1" * 18,)).position() == int("1" * 18)
