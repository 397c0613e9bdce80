"""How far back to look: a moment or an event, both sides included."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.http import QueryDict

from audits.web.as_of import as_of
from audits.web.timeline import Place
from tests.support.people import NOON

PLACES = [
    Place(number, UUID(int=number), UUID(int=99), NOON + timedelta(seconds=number), number)
    for number in (1, 2, 3)
]


def numbers(query: str) -> list[int]:
    form = as_of(QueryDict(query))
    assert form.is_valid(), form.errors
    return [place.number for place in form.keep(PLACES)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3]),
        ("at=&event=", [1, 2, 3]),
        ("event=2", [1, 2]),
        ("event=4", [1, 2, 3]),
        ("at=2026-11-23T12:00:00", []),
        ("at=2026-11-23T12:00:01.999999", [1]),
        ("at=2026-11-23T12:00:02", [1, 2]),
        ("at=2026-11-23T12:00:02Z", [1, 2]),
        ("at=2026-11-23T14:00:02%2B02:00", [1, 2]),
        ("at=0001-01-01T00:00:00%2B14:00", []),
        ("at=9999-12-31T23:59:59-14:00", [1, 2, 3]),
    ],
)
def test_what_was_there_by_then_is_kept(query: str, expected: list[int]) -> None:
    assert numbers(query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("event=0", "event"),
        ("event=-1", "event"),
        ("event=1.5", "event"),
        ("event=99999999999999999999", "event"),
        ("event=%00", "event"),
        ("at=yesterday", "at"),
        ("at=2026-02-30T00:00", "at"),
        ("at=%00", "at"),
        ("at=2026-11-23T12:00&event=1", "__all__"),
    ],
)
def test_what_cannot_be_meant_is_said(query: str, field: str) -> None:
    form = as_of(QueryDict(query))
    assert not form.is_valid()
    assert list(form.errors) == [field]


@pytest.mark.parametrize(("query", "asked"), [("", False), ("event=1", True)])
def test_looking_back_is_told_from_looking_at_everything(query: str, *, asked: bool) -> None:
    form = as_of(QueryDict(query))
    assert form.is_valid()
    assert form.is_asked() is asked
