"""A rebuild that is killed leaves the live table whole, and nothing in the way of the next one."""

import os
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, Final

from django.conf import settings
from django.db import connection

from audits import verification
from audits.rebuilding import rebuild
from tests.audits.test_watching import address
from tests.licenses.verification.tampering import fetch, run
from tests.support.world import World

KILLED: Final = -9
PATIENCE_SECONDS: Final = 120.0
POINTS: Final = (
    (8, "writers wait, and what differs is gone from the live table with nothing in its place"),
    (10, "what differs is switched, but not committed"),
)
"""Before which statement of `audits.rebuilding` it is killed, and what is done by then."""
COMMITTED: Final = 11
"""The first statement after what differs was switched for good."""
LEFT: Final = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname IN ('rebuilt', 'differing') AND n.nspname LIKE 'pg\\_temp%%'
"""


def live() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customers_customer ORDER BY id")
        return list(cursor.fetchall())


def killed(number: int) -> None:
    """Rebuild from a process that is killed before its NUMBERth statement."""
    program = "tests.licenses.concurrency.cut_short"
    ended = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-m", program, "customer", str(number)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": address(connection.settings_dict["USER"])},
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == KILLED, ended.stderr


def wait_until_nothing_is_left() -> None:
    """Wait for the server to see that the process is gone, and to tidy up after it."""
    end = monotonic() + PATIENCE_SECONDS
    while fetch(LEFT):
        assert monotonic() < end, "a table beside the live one is left"
        sleep(0.05)


def test_whatever_kills_it_nothing_is_half_switched_and_the_next_goes_through(
    world: World,
) -> None:
    for number in range(3):
        world.registered_customer(f"early-{number}")
    before = live()
    assert run("UPDATE customers_customer SET name = 'somebody else'") == len(before)
    damaged = live()
    for number, done in POINTS:
        killed(number)
        assert live() == damaged, done
    world.registered_customer("late")  # nothing is locked for good
    killed(COMMITTED)
    assert [row for row in live() if row in before] == before
    [found] = rebuild(["customer"])
    assert (found.replaced, found.rows) == (0, len(before) + 1)
    wait_until_nothing_is_left()
    assert verification.verify(only=("read_models",)).is_sound
