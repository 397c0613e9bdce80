"""`python -m tests.audits.beating ITEM BEATS_A_LEASE`: a worker that surveys until it is killed."""

import sys
import time
from collections.abc import Callable
from uuid import UUID

import django


def look(_leased: object) -> Callable[[object], None]:
    """Look for an hour, which nobody waits for."""
    time.sleep(3_600)
    raise AssertionError("nobody killed it")


def main(item: str, beats_a_lease: str) -> None:
    """Claim an item and look for ever."""
    django.setup()
    from audits import heartbeat, work  # noqa: PLC0415 -- Django must be set up

    heartbeat.BEATS_A_LEASE = int(beats_a_lease)  # type: ignore[misc]  # nobody waits for long
    leased = work.claim(UUID(item))
    assert leased is not None
    work.register_survey(leased.kind, look)
    work.run(leased)


if __name__ == "__main__":
    main(*sys.argv[1:])
