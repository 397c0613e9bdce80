"""However much of a log its references cover, lineage says the same: as much is read as is not looked up."""

from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.kernel import Event, Refused
from audits.lineage import Directions, Lineage, sources, walking
from audits.lineage.sources import Source
from tests.audits.lineage.made_up import (
    HERE,
    ONE,
    OTHER,
    THERE,
    Judged,
    Log,
    Made,
    Verdict,
    event,
    links,
    name,
    trace,
)

STREAMS: Final = (HERE, THERE)
KINDS: Final = (Made, Judged)


class Chosen(Event):
    """Rests on what it says itself."""

    follows: tuple[tuple[int, int, int, bool], ...]
    """Stream, kind, shipment (2: of any), every."""
    evidence: tuple[UUID, ...] = ()
    shipment_id: UUID | None = None


def chosen(recorded: Any) -> list[Source]:
    """Follow from what the event says."""
    return [
        Source(STREAMS[stream], (KINDS[kind],), (ONE, OTHER, None)[about], every)
        for stream, kind, about, every in recorded.data.follows
    ]


FOLLOWS: Final = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2), st.booleans())
PLACES: Final = st.integers(0, 9)
DATA: Final = st.one_of(
    st.builds(Made, shipment_id=st.sampled_from([None, ONE, OTHER])),
    st.lists(PLACES, max_size=2).map(
        lambda numbers: Judged(verdicts=(Verdict(tuple(map(name, numbers))),))
    ),
    st.builds(
        Chosen,
        follows=st.lists(FOLLOWS, min_size=1, max_size=2).map(tuple),
        evidence=st.lists(PLACES.map(name), max_size=1).map(tuple),
    ),
)
ROWS: Final = st.lists(
    st.tuples(st.sampled_from(STREAMS), DATA, st.none() | PLACES),
    max_size=15,
    min_size=2,
)


def log_of(rows: list[tuple[UUID, Event, int | None]]) -> Log:
    """Make a log; causes come before effects."""
    return [
        event(place, stream, data, cause=cause if cause is not None and cause < place else None)
        for place, (stream, data, cause) in enumerate(rows)
    ]


def traced(log: Log, subject: int, directions: Directions, known: int) -> Lineage:
    """Trace in a log of which so much is known by its references."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "rules", {Chosen: chosen})
        return trace(log, name(subject), directions, known)


def follows(stream: int, *, every: bool = False, evidence: tuple[UUID, ...] = ()) -> Chosen:
    """Rest on what was made in a stream."""
    return Chosen(follows=((stream, 0, 2, every),), evidence=evidence)


FOUND: Final[dict[str, tuple[Log, set[tuple[int, int]]]]] = {
    "all of its own stream": (
        [
            event(0, HERE, Made()),
            event(1, HERE, Made()),
            event(2, HERE, follows(0, every=True)),
            event(3, HERE, follows(0)),
        ],
        {(2, 0)},
    ),
    "the last of its own stream, until there is another": (
        [
            event(0, HERE, Made()),
            event(1, HERE, follows(0)),
            event(2, HERE, Made(shipment_id=ONE)),
            event(3, HERE, follows(0)),
        ],
        {(1, 0)},
    ),
    "the last for its shipment": (
        [
            event(0, HERE, Made(shipment_id=ONE)),
            event(1, HERE, Made(shipment_id=OTHER)),
            event(2, THERE, Chosen(follows=((0, 0, 0, False),))),
            event(3, HERE, Chosen(follows=((0, 0, 0, False),))),
        ],
        {(2, 0), (3, 0)},
    ),
    "nothing on what it names and comes after it": (
        [
            event(0, HERE, Made()),
            event(1, ONE, Made(), cause=0),
            event(2, THERE, Judged(), cause=1),
            event(3, OTHER, follows(1, evidence=(name(4),))),
            event(4, ONE, Made(), cause=0),
        ],
        {(1, 0), (2, 1), (4, 0)},
    ),
}
"""What rests on the first event of a log: later, earlier."""


@pytest.mark.parametrize("known", [-1, 1, 4])
@pytest.mark.parametrize("case", FOUND)
def test_what_rests_on_an_event_is_found(case: str, known: int) -> None:
    log, expected = FOUND[case]
    found = traced(log, 0, "forward", min(known, len(log) - 1))
    assert {(later, earlier) for later, earlier, _ in links(found)} == expected
    assert {node.log_index for node in found.nodes} == {0} | {later for later, _ in expected}


def test_what_came_into_a_stream_since_is_found_both_ways() -> None:
    log = [
        event(0, THERE, Made()),
        event(1, HERE, follows(1)),
        event(2, THERE, Made(), cause=1),
        event(3, HERE, follows(1)),
    ]
    for known in (-1, 2, 3):
        found = traced(log, 1, "both", known)
        assert {(later, earlier) for later, earlier, _ in links(found)} == {(1, 0), (2, 1), (3, 2)}


@settings(max_examples=200)
@given(rows=ROWS, subject=PLACES, known=st.integers(-1, 9), data=st.data())
def test_what_is_looked_up_is_what_would_be_read(
    rows: Any, subject: int, known: int, data: st.DataObject
) -> None:
    log = log_of(rows)
    subject, known = subject % len(log), min(known, len(log) - 1)
    directions: Directions = data.draw(st.sampled_from(["forward", "both"]))
    read = traced(log, subject, directions, -1)
    assert traced(log, subject, directions, known) == read
    assert traced(log, subject, directions, len(log) - 1) == read


@pytest.mark.parametrize("known", [-1, 1, 4])
def test_a_lineage_that_nobody_would_read_is_refused(
    known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = [event(0, HERE, Made()), *(event(n, THERE, Made(), cause=n - 1) for n in range(1, 5))]
    monkeypatch.setattr(walking, "LARGEST", 5)
    assert len(traced(log, 0, "forward", known).nodes) == 5
    assert len(traced(log, 2, "both", known).nodes) == 5
    monkeypatch.setattr(walking, "LARGEST", 4)
    refused_ones: list[tuple[int, Directions]] = [(0, "forward"), (4, "back"), (2, "both")]
    for subject, directions in refused_ones:
        with pytest.raises(Refused, match="More than 4 events") as refused:
            traced(log, subject, directions, known)
        assert refused.value.code == "lineage_too_large"
