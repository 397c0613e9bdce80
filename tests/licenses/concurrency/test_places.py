"""A transaction gets its place in the log with the first that it writes: all it reads comes before.

Whatever a decision read after that might stand behind it in the log, and the decision could not be
taken again from what stands before it.
"""

from typing import Any, Final
from unittest import mock

import pytest
from django.db import connection

from audits import reading
from audits.domain import halt
from licenses.gathering.lookups import Tables
from tests.licenses.verification.histories import play

HAS_ITS_PLACE: Final = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
TAKING_PLACE: Final = {"control_number", "license_number"}
"""What gives a transaction its place by itself: no other has the same number."""


def has_its_place() -> bool:
    """Tell whether the transaction that this connection is in has written anything."""
    if not connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute(HAS_ITS_PLACE)
        (placed,) = cursor.fetchone()
    return bool(placed)


class Watch:
    """Notes what decisions read, and what of it they read too late."""

    def __init__(self) -> None:
        self.read = list[str]()
        self.late = list[str]()

    def note(self, what: str) -> None:
        """Note one read."""
        self.read.append(what)
        if has_its_place():
            self.late.append(what)

    def loading(self, real: Any) -> Any:
        """Note streams that have events, and halts; one that is being started tells of nobody else."""

        def load(decider: Any, *arguments: Any, **options: Any) -> Any:
            loaded = real(decider, *arguments, **options)
            if loaded.version or decider is halt.DECIDER:
                self.note(f"stream {decider.aggregate}")
            return loaded

        return load

    def looking_up(self, name: str) -> Any:
        """Note what tables were asked."""
        real = getattr(Tables, name)

        def look_up(*arguments: Any, **options: Any) -> Any:
            self.note(name)
            return real(*arguments, **options)

        return look_up


@pytest.mark.django_db(transaction=True)
def test_decisions_have_read_everything_before_they_get_their_place() -> None:
    watch = Watch()
    asked = {name for name in vars(Tables) if not name.startswith("_")} - TAKING_PLACE
    with (
        mock.patch.multiple(Tables, **{name: watch.looking_up(name) for name in asked}),
        mock.patch.object(reading, "load", watch.loading(reading.load)),
    ):
        play()
    assert watch.late == []
    assert {"stream license", "stream allotment", "stream halt", "duplicate_of"} <= set(watch.read)
