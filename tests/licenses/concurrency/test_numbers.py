"""Numbers under load: nobody waits, none is given twice, and whatever fails leaves its number free."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from audits import context
from audits.differences import Difference
from audits.execution import MAX_TRIES
from licenses import numbers
from licenses.auditing import serials
from licenses.domain.application.events import ApplicationSubmitted
from licenses.numbers import Series
from tests.licenses.verification.tampering import latest
from tests.support.database import connect_as
from tests.support.deal import Deal
from tests.support.racing import race, together
from tests.support.world import World

CONFLICT: Final = "DO $$ BEGIN RAISE EXCEPTION 'once more' USING ERRCODE = '40001'; END $$"


def conflict() -> None:
    """Fail as a transaction that the database could not put in an order."""
    with connection.cursor() as cursor:
        cursor.execute(CONFLICT)


def cut_off() -> None:
    """Lose the connection, as when the process or the database dies."""
    with connect_as() as other:
        pid = connection.connection.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s, 20000)", [pid])


@pytest.fixture
def fail_first(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have transactions that used a number fail, so many times."""

    def fail(times: int, how: Callable[[], None] = conflict) -> None:
        failing = iter(range(times))
        use = numbers.use

        def then_fail(fresh: Any) -> None:
            use(fresh)
            if next(failing, None) is not None:
                how()

        monkeypatch.setattr(numbers, "use", then_fail)

    return fail


def amiss() -> list[Difference]:
    return list(serials.numbers_missing(context.database_now()))


def number(deal: Deal) -> str:
    return str(latest(deal.application_id, ApplicationSubmitted).data.control_number)


def deals_of(world: World, count: int) -> list[Deal]:
    buyer = world.approved_customer()
    return [Deal(world, buyer, f"deal {n}", quantity=n + 1) for n in range(count)]


@pytest.mark.usefixtures("world")
def test_who_holds_a_number_keeps_nobody_waiting() -> None:
    numbers.hold(Series.APPLICATION)
    both = race(
        lambda: numbers.hold(Series.APPLICATION),
        lambda: transaction.atomic(numbers.hold)(Series.APPLICATION),
    )
    assert (both.first, both.second, both.waited) == (1, 2, False)


@pytest.mark.usefixtures("world")
def test_who_makes_more_numbers_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "BATCH", 4)
    monkeypatch.setattr(numbers, "RESERVE", 0)
    numbers.hold(Series.APPLICATION)
    monkeypatch.setattr(numbers, "RESERVE", 4)
    both = race(
        lambda: numbers.hold(Series.APPLICATION),
        lambda: transaction.atomic(numbers.hold)(Series.APPLICATION),
    )
    assert (both.first, both.second, both.waited) == (1, 2, False)


@pytest.mark.parametrize("batch", [1, 3, 1_000])
def test_many_at_once_get_one_each_and_leave_no_gap(
    world: World, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(numbers, "BATCH", batch)
    monkeypatch.setattr(numbers, "RESERVE", batch // 2)
    deals = deals_of(world, 8)
    outcomes = together(*(deal.apply for deal in deals))
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert len({number(deal) for deal in deals}) == len(deals)
    assert amiss() == []


def test_a_transaction_that_begins_again_takes_one_number(world: World, fail_first: Any) -> None:
    first, second = deals_of(world, 2)
    fail_first(MAX_TRIES - 1)
    first.apply()
    second.apply()
    assert [number(deal) for deal in (first, second)] == ["A000001", "A000002"]
    assert amiss() == []


@pytest.mark.parametrize(("times", "how"), [(MAX_TRIES, conflict), (1, cut_off)])
def test_a_transaction_that_fails_leaves_its_number_to_the_next(
    world: World, fail_first: Any, times: int, how: Callable[[], None]
) -> None:
    first, second = deals_of(world, 2)
    fail_first(times, how)
    with pytest.raises((OperationalError, InterfaceError)):
        first.apply()
    connection.close()
    second.apply()
    assert number(second) == "A000001"
    assert amiss() == []


@pytest.mark.parametrize(
    ("series", "place", "number"),
    [
        (Series.APPLICATION, 1, "A000001"),
        (Series.APPLICATION, 999_999, "A999999"),
        (Series.APPLICATION, 1_000_000, "B000000"),
        (Series.LICENSE, 1, "D0000001"),
        (Series.LICENSE, 9_999_999, "D9999999"),
        (Series.LICENSE, 10_000_000, "E0000000"),
    ],
)
def test_numbers_go_on_with_the_next_letter(series: Series, place: int, number: str) -> None:
    assert series.number(place) == number
    assert series.place(number) == place


@pytest.mark.usefixtures("world")
def test_a_number_that_is_not_free_is_never_used() -> None:
    with pytest.raises(RuntimeError):
        numbers._use(Series.LICENSE, "D0000001")  # noqa: SLF001 -- what a bug would do
