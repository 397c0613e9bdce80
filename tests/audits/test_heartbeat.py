"""Long work keeps a short lease: killed, it is soon begun again; alive, nobody takes it over."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.conf import settings
from django.db import OperationalError

from audits import context, grants, heartbeat, work
from audits.work import Leased
from tests.audits.items import OVER, change, claimed, new_item, row
from tests.audits.test_watching import address, sessions_of

pytestmark = pytest.mark.django_db(transaction=True)

LONG: Final = "test_survey"
BEATS: Final = 300
"""Ten a second, so that nobody waits for long: the lease stays the ordinary one."""
PAUSE_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 120


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_surveys", {})
    monkeypatch.setattr(heartbeat, "BEATS_A_LEASE", BEATS)


def wait_for(seen: Callable[[], object]) -> None:
    """Look until something is so."""
    given_up_at = time.monotonic() + PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < given_up_at, "it never came"
        time.sleep(0.05)


def leased_until(item: UUID) -> datetime:
    """Tell when a lease ends."""
    found = row(item).lease_until
    assert found is not None
    return found


def renewals(item: UUID, count: int) -> Callable[[], bool]:
    """Tell when a lease has been renewed so often from now on."""
    seen = {leased_until(item)}

    def look() -> bool:
        seen.add(leased_until(item))
        return len(seen) > count

    return look


def surveying(look: Callable[[Leased], object]) -> None:
    """Have long work look like this, and write nothing."""

    def survey(leased: Leased) -> work.Handler:
        look(leased)
        return lambda _item: None

    work.register_survey(LONG, survey)


def test_work_that_goes_on_for_long_is_nobody_elses_and_done_once() -> None:
    item = new_item(kind=LONG)

    def look(_leased: Leased) -> None:
        change(item, lease_until=context.database_now() + OVER)
        wait_for(lambda: leased_until(item) > context.database_now())
        assert work.claim(item) is None

    surveying(look)
    assert work.run(claimed(item)) is True
    assert (row(item).status, row(item).attempts) == ("done", 1)


def test_the_work_of_a_worker_that_was_killed_is_begun_again_within_the_ordinary_lease() -> None:
    item = new_item(kind=LONG)
    worker = subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", "tests.audits.beating", str(item), str(BEATS)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": address(grants.WORKER)},
    )
    try:
        wait_for(lambda: row(item).status == "leased")
        wait_for(renewals(item, 3))
        assert work.claim(item) is None
    finally:
        worker.kill()
        worker.wait()
    wait_for(
        lambda: sessions_of(grants.WORKER) == 0
    )  # the server carries out what it was told last
    assert leased_until(item) <= context.database_now() + work.LEASE
    change(item, lease_until=context.database_now() + OVER)
    surveying(lambda _leased: None)
    again = claimed(item)
    assert again.attempts == 2
    assert work.run(again) is True


def test_who_lost_the_lease_renews_nothing_and_commits_nothing() -> None:
    item = new_item(kind=LONG)
    taken: list[Leased] = []
    ends: list[datetime] = []

    def look(_leased: Leased) -> None:
        change(item, lease_until=context.database_now() + OVER, lease_token=context.new_id())
        taken.append(claimed(item))
        ends.append(leased_until(item))
        time.sleep(5 * PAUSE_SECONDS)
        ends.append(leased_until(item))

    surveying(look)
    assert work.run(claimed(item)) is False
    assert (row(item).status, row(item).lease_token) == ("leased", taken[0].token)
    assert ends[0] == ends[1]


def test_who_hangs_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    lease = timedelta(seconds=0.5)
    monkeypatch.setattr(heartbeat, "BEATS_A_LEASE", 3)
    monkeypatch.setattr(heartbeat, "AT_MOST", lease)
    monkeypatch.setattr(work, "LEASE", lease)
    item = new_item(kind=LONG)
    taken: list[Leased] = []

    def begun_again() -> bool:
        taken.extend(filter(None, [work.claim(item)]))
        return bool(taken)

    surveying(lambda _leased: wait_for(begun_again))
    assert work.run(claimed(item, lease=lease)) is False
    assert [each.attempts for each in taken] == [2]


def test_who_says_how_far_it_is_is_given_as_long_as_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "AT_MOST", timedelta(seconds=20 * PAUSE_SECONDS))
    item = new_item(kind=LONG)

    def look(leased: Leased) -> None:
        for page in range(60):
            leased.held.tell(f"{page}")
            seen = renewals(item, 1)
            wait_for(seen)

    surveying(look)
    assert work.run(claimed(item)) is True
    assert row(item).reached == 59


def test_who_lost_the_lease_hears_so_when_it_says_how_far_it_is() -> None:
    item = new_item(kind=LONG)

    def look(leased: Leased) -> None:
        change(item, lease_token=context.new_id())
        told = 0
        given_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < given_up_at:
            leased.held.tell(f"{(told := told + 1)}")
            time.sleep(PAUSE_SECONDS)
        raise AssertionError("it never heard")

    surveying(look)
    assert work.run(claimed(item)) is False
    assert (row(item).status, row(item).attempts, row(item).reached) == ("leased", 1, None)


def test_whoever_watches_the_process_sees_that_it_gets_on() -> None:
    item = new_item(kind=LONG)
    alive: list[None] = []
    surveying(lambda _leased: wait_for(lambda: len(alive) > 2))
    assert work.run(claimed(item), alive=lambda: alive.append(None)) is True


def test_a_renewal_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    item = new_item(kind=LONG)
    renew, failed = heartbeat.renew, iter([OperationalError("gone")])

    def once_not(item_id: UUID, token: UUID, **values: Any) -> bool:
        for error in failed:
            raise error
        return renew(item_id, token, **values)

    monkeypatch.setattr(heartbeat, "renew", once_not)
    surveying(lambda _leased: wait_for(renewals(item, 1)))
    assert work.run(claimed(item)) is True
    assert next(failed, None) is None


def test_what_is_done_is_not_leased_any_more() -> None:
    item = new_item(kind=LONG)
    surveying(lambda _leased: None)
    leased = claimed(item)
    assert work.run(leased) is True
    assert heartbeat.renew(item, leased.token, lease=work.LEASE) is False
    assert row(item).lease_until is None
