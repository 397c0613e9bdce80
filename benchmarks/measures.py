"""What a measurement is: a size, rates in pairs, a ratio beside its goal."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

MIN_PAIRS: Final = 5


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    pairs: int
    processes: int
    appends: int
    """Events a process and run."""
    saves: int
    """The same for `eventsourcing`, which is slower."""
    log_events: int
    streams: int
    """Streams of 100 events."""
    posts: int
    """Requests a client and run."""


FULL: Final = Size(
    pairs=5, processes=8, appends=1_500, saves=300, log_events=1_000_000, streams=200, posts=150
)
QUICK: Final = Size(
    pairs=3, processes=8, appends=300, saves=50, log_events=50_000, streams=50, posts=30
)
TINY: Final = Size(pairs=1, processes=2, appends=20, saves=10, log_events=1_000, streams=2, posts=2)


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The rates of one side, per second, in the order in which they were measured."""

    name: str
    median: float
    lowest: float
    highest: float
    runs: tuple[float, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement: ours against a peer's, run by run in turn."""

    key: str
    unit: str
    ratio: float
    """Median of the ratios of the pairs."""
    lowest_ratio: float
    highest_ratio: float
    goal: float | None
    """At least this; None: for information."""
    met: bool | None
    ours: Series
    peer: Series
    notes: dict[str, Any] = {}


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement that must stay below a limit."""

    key: str
    unit: str
    value: float
    limit: float
    met: bool
    notes: dict[str, Any] = {}


Side = tuple[str, Callable[[], float]]
"""A name, and what measures one rate per second."""


class Goal(msgspec.Struct, frozen=True):
    """What a result is called and what it should reach."""

    key: str
    at_least: float | None
    unit: str = "events/s"


def compare(
    goal: Goal, ours: Side, peer: Side, pairs: int, *, notes: dict[str, Any] | None = None
) -> Result:
    """Measure A B A B …, after one unmeasured run of each side, and take the median ratio."""
    our_name, run_ours = ours
    peer_name, run_peer = peer
    run_ours()
    run_peer()
    rates = [(run_ours(), run_peer()) for _ in range(pairs)]
    ratios = [ours_rate / peer_rate for ours_rate, peer_rate in rates]
    ratio = statistics.median(ratios)
    return Result(
        key=goal.key,
        unit=goal.unit,
        ratio=round(ratio, 3),
        lowest_ratio=round(min(ratios), 3),
        highest_ratio=round(max(ratios), 3),
        goal=goal.at_least,
        met=None if goal.at_least is None else ratio >= goal.at_least,
        ours=series(our_name, [rate for rate, _ in rates]),
        peer=series(peer_name, [rate for _, rate in rates]),
        notes=notes or {},
    )


def series(name: str, rates: Sequence[float]) -> Series:
    """Summarize the rates of one side."""
    return Series(
        name=name,
        median=round(statistics.median(rates), 1),
        lowest=round(min(rates), 1),
        highest=round(max(rates), 1),
        runs=tuple(round(rate, 1) for rate in rates),
    )
