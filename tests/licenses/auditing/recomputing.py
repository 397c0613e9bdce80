"""Decisions taken again in the world that was played, and what is forged in it."""

from typing import Any, Final

import pytest
from msgspec.structs import replace

from audits.codec import Recorded
from audits.differences import Look, Silence
from audits.kernel import Event
from audits.models import EventRow
from audits.reading import decode
from audits.replay import wire_names
from licenses.auditing.recompute import (
    Recomputed,
    recompute,
)
from tests.licenses.auditing.attempts import Tried
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import rewrite


@pytest.fixture(scope="module")
def committed(tried: Tried) -> Played:
    """Give the world to `played`."""
    return tried.played


SUMMED: Final = EventRow.objects.order_by("event_id").values_list("event_id", "leaf_hash")


def recomputed() -> Recomputed:
    return recompute(Look(name="recompute", progress=Silence()))


def first(kind: type[Event]) -> Recorded[Any]:
    rows = EventRow.objects.filter(type__in=wire_names([kind])).order_by("recorded_at")
    return decode(bytes(rows[0].canonical))


def refusal(code: str) -> tuple[Recorded[Any], Recorded[Any]]:
    """Find the first refusal with this code, and what is kept of its command."""
    rows = EventRow.objects.filter(type="command_refused").order_by("recorded_at")
    said = next(each for row in rows if (each := decode(bytes(row.canonical))).data.code == code)
    [kept] = EventRow.objects.filter(command_id=said.command.id, type="refused_command_kept")
    return said, decode(bytes(kept.canonical))


def reworded(event: Recorded[Any], **command: Any) -> None:
    """Write another command into the bytes of all that it recorded, as a superuser could."""
    for row in EventRow.objects.filter(command_id=event.command.id):
        said = decode(bytes(row.canonical))
        rewrite(replace(said, command=replace(said.command, **command)), said.data)


def unexplained() -> list[tuple[str, str]]:
    """Tell what could not be taken again for no good reason, and that nothing else is amiss."""
    found = recomputed()
    assert (found.otherwise, found.is_clean) == ((), not found.unexplained)
    return [(each.kind, each.subject) for each in found.unexplained]


def unexplained_at_least() -> list[tuple[str, str]]:
    """Tell what could not be taken again for no good reason, whatever else is amiss."""
    return [(each.kind, each.subject) for each in recomputed().unexplained]
