"""How far back to look: a moment of the log or an event, both sides included."""

from collections.abc import Iterator
from datetime import UTC, datetime
from unittest import mock
from uuid import UUID

import pytest
from django.http import QueryDict

from audits.past import moments
from audits.past.moments import Moment
from audits.web.as_of import as_of, moment_form
from audits.web.timeline import Place
from tests.support.people import NOON

NOT_YET = 4
PLACES = [
    Place(number, UUID(int=number), UUID(int=99), NOON, None if number == NOT_YET else 9 + number)
    for number in (1, 2, 3, NOT_YET)
]
END = 13


@pytest.fixture(autouse=True)
def log() -> Iterator[mock.Mock]:
    """Let the log end at 13, and every time stand on 11."""
    with (
        mock.patch.object(moments, "last_index", return_value=END),
        mock.patch.object(moments, "settled_at", return_value=11) as settled_at,
    ):
        yield settled_at


def numbers(query: str) -> list[int]:
    form = as_of(QueryDict(query))
    assert form.is_valid(), form.errors
    return [place.number for place in form.keep(PLACES)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("at=&event=&log_index=", [1, 2, 3, 4]),
        ("event=2", [1, 2]),
        ("event=5", [1, 2, 3, 4]),
        ("log_index=-1", []),
        ("log_index=9", []),
        ("log_index=10", [1]),
        ("log_index=12", [1, 2, 3]),
        ("log_index=13", [1, 2, 3]),  # what has no place yet is not in the past
        ("at=2026-11-23T12:00:00", [1, 2]),
    ],
)
def test_what_was_there_by_then_is_kept(query: str, expected: list[int]) -> None:
    assert numbers(query) == expected


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-11-23T12:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:01.999999", datetime(2026, 11, 23, 12, 0, 1, 999_999, tzinfo=UTC)),
        ("2026-11-23T12:00:02Z", datetime(2026, 11, 23, 12, 0, 2, tzinfo=UTC)),
        ("2026-11-23T14:00:02%2B02:00", datetime(2026, 11, 23, 12, 0, 2, tzinfo=UTC)),
    ],
)
def test_a_time_is_the_moment_that_the_log_says(
    written: str, time: datetime, log: mock.Mock
) -> None:
    form = moment_form(QueryDict(f"at={written}"))
    assert form.is_valid(), form.errors
    assert form.moment == Moment(log_index=11)
    log.assert_called_once_with(time)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("event=0", "event"),
        ("event=-1", "event"),
        ("event=1.5", "event"),
        ("event=99999999999999999999", "event"),
        ("event=%00", "event"),
        ("log_index=-2", "log_index"),
        ("log_index=1e30", "log_index"),
        ("log_index=99999999999999999999", "log_index"),
        ("log_index=14", "__all__"),
        ("at=yesterday", "at"),
        ("at=2026-02-30T00:00", "at"),
        ("at=2026-06-30T23:59:60Z", "at"),
        ("at=0000-01-01T00:00:00Z", "at"),
        ("at=10000-01-01T00:00:00Z", "at"),
        ("at=%00", "at"),
        ("at=2026-11-23T12:00&event=1", "__all__"),
        ("at=2026-11-23T12:00&log_index=1", "__all__"),
        ("log_index=1&event=1", "__all__"),
    ],
)
def test_what_cannot_be_meant_is_said(query: str, field: str) -> None:
    form = as_of(QueryDict(query))
    assert not form.is_valid()
    assert list(form.errors) == [field]


@pytest.mark.parametrize(
    ("query", "asked"), [("", False), ("event=1", True), ("log_index=0", True)]
)
def test_looking_back_is_told_from_looking_at_everything(query: str, *, asked: bool) -> None:
    form = as_of(QueryDict(query))
    assert form.is_valid()
    assert form.is_asked() is asked
