"""A picture leaves out the links that follow from others, and no other."""

from typing import Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from audits.lineage import Lineage, Link, Node
from audits.lineage.drawing import reduced
from audits.past.moments import Moment
from tests.support.people import EXPORTER, NOON

EVENTS: Final = [UUID(int=100 - number) for number in range(8)]
"""In log order; ids fall, so that their order tells nothing of it."""
PLACES: Final = st.integers(0, 7)


def node(place: int) -> Node:
    """Make an event at a place of the log."""
    return Node(
        event_id=EVENTS[place],
        log_index=place,
        type="made",
        aggregate="toy",
        stream_id=EVENTS[0],
        version=1,
        recorded_at=NOON,
        actor=EXPORTER,
        command="Make",
        command_id=EVENTS[place],
        edition=None,
        facts={},
    )


def ways(links: set[tuple[int, int]], later: int, earlier: int) -> bool:
    """Tell whether one leads to another, in whatever steps."""
    return any(
        one == earlier or ways(links, one, earlier) for start, one in links if start == later
    )


@given(pairs=st.sets(st.tuples(PLACES, PLACES), max_size=16))
def test_a_link_is_left_out_if_there_is_another_way(pairs: set[tuple[int, int]]) -> None:
    links = {(max(pair), min(pair)) for pair in pairs if pair[0] != pair[1]}
    found = reduced(
        Lineage(
            subject=EVENTS[0],
            stands_on=Moment(log_index=7),
            nodes=tuple(map(node, range(8))),
            links=tuple(
                Link(later=EVENTS[later], earlier=EVENTS[earlier], because="rule")
                for later, earlier in links
            ),
        )
    )
    drawn = {(EVENTS.index(a), EVENTS.index(b)) for a, several in found.items() for b in several}
    assert drawn == {(a, b) for a, b in links if not ways(links - {(a, b)}, a, b)}
