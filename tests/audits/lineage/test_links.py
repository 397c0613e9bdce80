"""What is linked to what, in a log of a few made-up events: each promise of lineage on its own."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import pytest

from audits.lineage import LONGEST_FACT, Directions, Lineage, sources
from audits.lineage.sources import Source
from audits.past.moments import Moment
from tests.audits.lineage.made_up import (
    HERE,
    ONE,
    OTHER,
    THERE,
    Judged,
    Log,
    Made,
    Used,
    Verdict,
    event,
    links,
    name,
    number_of,
    trace,
)

Follow = Callable[..., None]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Say what `Used` follows from."""

    def say(*meant: Source) -> None:
        monkeypatch.setattr(sources, "rules", {Used: lambda _recorded: meant})

    say()
    return say


@pytest.fixture(params=["nothing", "half", "everything"])
def traced(request: pytest.FixtureRequest, follow: Follow) -> Callable[..., Lineage]:
    """Trace in a log of the test's own, of which so much is known by its references."""
    del follow

    def traced_in(log: Log, subject: UUID, directions: Directions = "back") -> Lineage:
        known = {"nothing": -1, "half": len(log) // 2, "everything": len(log) - 1}[request.param]
        return trace(log, subject, directions, known)

    return traced_in


SHIPPED: Final = [
    event(0, HERE, Made(shipment_id=ONE)),
    event(1, HERE, Made(shipment_id=OTHER)),
    event(2, HERE, Made(shipment_id=ONE)),
    event(3, HERE, Judged()),
    event(4, THERE, Used()),
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Source(HERE, (Made,)), {2}),
        (Source(HERE, (Made, Judged)), {2, 3}),
        (Source(HERE, (Made,), every=True), {0, 1, 2}),
        (Source(HERE, (Made,), OTHER), {1}),
        (Source(HERE, (Made,), ONE), {2}),
        (Source(HERE, (Made,), ONE, every=True), {0, 2}),
        (Source(THERE, (Made,)), set()),
        (Source(HERE, (Used,)), set()),
    ],
)
def test_a_rule_finds_the_last_of_each_kind_or_all_of_one_shipment_or_of_any(
    source: Source, expected: set[int], traced: Callable[..., Lineage], follow: Follow
) -> None:
    follow(source)
    assert links(traced(SHIPPED, name(4))) == {(4, place, "rule") for place in expected}


def test_a_cause_links_an_event_that_nothing_else_links(traced: Callable[..., Lineage]) -> None:
    log = [event(0, HERE, Made()), event(1, THERE, Made(), cause=0)]
    assert links(traced(log, name(1))) == {(1, 0, "cause")}


def test_evidence_counts_before_a_cause_and_a_cause_before_a_rule(
    traced: Callable[..., Lineage], follow: Follow
) -> None:
    follow(Source(HERE, (Made,)))
    judged = Judged(verdicts=(Verdict((name(0),)),))
    log = [event(0, HERE, Made()), event(1, THERE, Used(), cause=0), event(2, ONE, judged, cause=0)]
    assert links(traced(log, name(0), "forward")) == {(1, 0, "cause"), (2, 0, "evidence")}


def test_what_the_log_did_not_hold_yet_is_no_evidence(traced: Callable[..., Lineage]) -> None:
    early = Judged(verdicts=(Verdict((name(1), name(900))),))
    log = [event(0, HERE, early), event(1, THERE, Made())]
    assert traced(log, name(0), "both").links == ()


CHAIN: Final = [
    event(0, HERE, Made()),
    event(1, THERE, Made()),
    event(2, ONE, Made(), cause=0),
    event(3, OTHER, Judged(verdicts=(Verdict((name(1),)),)), cause=2),
]


@pytest.mark.parametrize(
    ("directions", "nodes", "linked"),
    [
        ("back", [0, 2], {(2, 0)}),
        ("forward", [2, 3], {(3, 2)}),  # and not 1, on which only 3 rests
        ("both", [0, 2, 3], {(2, 0), (3, 2)}),
    ],
)
def test_back_and_forward_end_where_the_other_way_begins_in_log_order(
    directions: Directions,
    nodes: list[int],
    linked: set[tuple[int, int]],
    traced: Callable[..., Lineage],
) -> None:
    found = traced(CHAIN, name(2), directions)
    assert [node.log_index for node in found.nodes] == nodes
    assert [number_of(node.event_id) for node in found.nodes] == nodes
    assert {(later, earlier) for later, earlier, _ in links(found)} == linked
    assert list(found.links) == sorted(found.links)
    assert found.stands_on == Moment(log_index=3)


def test_nothing_rests_on_what_came_after_it(
    traced: Callable[..., Lineage], follow: Follow
) -> None:
    follow(Source(HERE, (Made,)))
    early = Judged(verdicts=(Verdict((name(3),)),))
    log = [
        event(0, HERE, Made()),
        event(1, THERE, Used()),
        event(2, ONE, early, cause=1),
        event(3, HERE, Made()),
        event(4, OTHER, Made(), cause=2),
    ]
    for directions, place in (("back", 4), ("both", 2), ("both", 4)):
        found = traced(log, name(place), directions)
        assert links(found) == {(1, 0, "rule"), (2, 1, "cause"), (4, 2, "cause")}
        assert [node.log_index for node in found.nodes] == [0, 1, 2, 4]


def test_forward_a_rule_finds_what_is_last_by_then(
    traced: Callable[..., Lineage], follow: Follow
) -> None:
    follow(Source(HERE, (Made,)), Source(ONE, (Judged,)))
    log = [
        event(0, HERE, Made()),
        event(1, THERE, Used()),
        event(2, HERE, Made()),
        event(3, THERE, Used()),
        event(4, ONE, Judged(), cause=1),
        event(5, OTHER, Used()),
        event(6, ONE, Judged()),
        event(7, OTHER, Used()),
    ]
    reached = {(1, 0, "rule"), (4, 1, "cause"), (5, 4, "rule")}
    assert links(traced(log, name(0), "forward")) == reached
    assert links(traced(log, name(0), "both")) == reached
    assert links(traced(log, name(2), "forward")) == {
        (3, 2, "rule"),
        (5, 2, "rule"),
        (7, 2, "rule"),
    }


def test_what_rests_on_the_subject_is_linked_with_what_that_rests_on(
    traced: Callable[..., Lineage], follow: Follow
) -> None:
    follow(Source(HERE, (Made,)))
    judged = Judged(verdicts=(Verdict((name(0),)),))
    log = [
        event(0, HERE, Made()),
        event(1, THERE, Made(), cause=0),
        event(2, ONE, judged, cause=1),
        event(3, OTHER, Used(), cause=1),
        event(4, OTHER, Made(), cause=0),  # beside the subject, not of it
    ]
    around = {(1, 0, "cause"), (2, 0, "evidence"), (2, 1, "cause")}
    assert links(traced(log, name(1), "both")) == around | {(3, 0, "rule"), (3, 1, "cause")}


def test_an_event_is_kept_once_however_many_rest_on_it(traced: Callable[..., Lineage]) -> None:
    both = Judged(verdicts=(Verdict((name(1), name(2))),))
    log = [
        event(0, HERE, Made()),
        event(1, THERE, Made(), cause=0),
        event(2, ONE, Made(), cause=1),
        event(3, OTHER, both, cause=0),
    ]
    found = traced(log, name(3))
    assert [node.log_index for node in found.nodes] == [0, 1, 2, 3]
    assert len(found.links) == 5


def test_links_are_in_order(traced: Callable[..., Lineage]) -> None:
    found = traced(CHAIN, name(3))
    assert len(found.links) == 3
    assert list(found.links) == sorted(found.links)


def test_a_stream_is_traced_from_its_last_event(traced: Callable[..., Lineage]) -> None:
    assert traced(SHIPPED, HERE).subject == name(3)


def test_a_node_shows_plain_fields_and_leaves_long_texts_out(
    traced: Callable[..., Lineage],
) -> None:
    for length, shown in ((LONGEST_FACT, True), (LONGEST_FACT + 1, False)):
        [node] = traced([event(0, HERE, Made(note="x" * length))], name(0)).nodes
        assert ("note" in node.facts) == shown
        assert node.facts["amount_cents"] == 7
