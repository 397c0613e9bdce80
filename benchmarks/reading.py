"""Reading the whole log in order, as typed events; and what it takes of memory."""

import resource
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from audits import reading
from benchmarks import ground, sample
from benchmarks.appending import rate, side
from benchmarks.fleet import Fleet
from benchmarks.ground import Ground
from benchmarks.measures import Ceiling, Goal, Result, Size, compare
from benchmarks.peers import dicts

MEMORY_LIMIT_MB: Final = 200.0
PROBE_EVENTS: Final = 100_000
"""How far each way of the peer is tried before the fastest one is taken."""


class Walker:
    """Walks Tollgate's log, typed."""

    def __init__(self, variables: Mapping[str, str], _number: int) -> None:
        ground.adopt(variables)
        sample.register()

    def prepare(self, count: int) -> None:
        """Read up to `count` events."""
        self._count = count

    def run(self) -> int:
        """Read them; return how many they were, by looking into each."""
        entries = islice(reading.walk_log(), self._count)
        return sum(1 for entry in entries if entry.event.units)


class Opener(Walker):
    """Opens every envelope, too."""

    def run(self) -> int:
        """Read typed events in typed envelopes; return how many they were."""
        entries = islice(reading.walk_log(), self._count)
        return sum(1 for entry in entries if entry.recorded.data.units)


class Weigher(Walker):
    """Walks the log and then tells its own largest size."""

    def run(self) -> int:
        """Return the largest resident size of this process, in kibibytes."""
        super().run()
        return peak_kib()


def peak_kib() -> int:
    """Return the largest resident size of this process so far, in kibibytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: without what the process was before it was forked
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def against_dicts(base: Ground, size: Size, journal: str) -> Result:
    """Compare typed events with untyped dicts of the same bytes, read in the fastest way."""
    way, tried = fastest_way(base, size, journal)
    with (
        Fleet(Walker, (base.variables(journal),), 1) as ours,
        Fleet(Opener, (base.variables(journal),), 1) as opening,
        Fleet(dicts.Reader, (base.url(journal), way), 1) as theirs,
    ):
        opened = rate(opening, size.log_events)
        return compare(
            Goal("read_typed_vs_orjson_dicts", 0.9),
            side("reading.walk_log", ours, size.log_events),
            side(f"orjson by {way}", theirs, size.log_events),
            size.pairs,
            notes={
                "events": size.log_events,
                "ours_with_every_envelope": round(opened, 1),
                "peer_ways_tried": tried,
            },
        )


def fastest_way(base: Ground, size: Size, journal: str) -> tuple[str, dict[str, float]]:
    """Copy the log for the peer, try each of its ways, and name the fastest; events a second."""
    dicts.copy_log(base.url(journal))
    base.settle(journal)
    tried = {way: _probe(base, journal, way, size) for way in dicts.WAYS}
    return max(tried, key=lambda name: tried[name]), tried


def _probe(base: Ground, journal: str, way: str, size: Size) -> float:
    count = min(PROBE_EVENTS, size.log_events)
    with Fleet(dicts.Reader, (base.url(journal), way), 1) as fleet:
        rate(fleet, count)
        return round(max(rate(fleet, count), rate(fleet, count)), 1)


def memory(base: Ground, size: Size, journal: str) -> Ceiling:
    """Read the whole log in a fresh process and weigh it."""
    with Fleet(Weigher, (base.variables(journal),), 1) as fleet:
        [kib] = fleet.run(size.log_events).results
    megabytes = round(kib * 1024 / 1_000_000, 1)
    return Ceiling(
        key="read_peak_mb",
        unit="MB",
        value=megabytes,
        limit=MEMORY_LIMIT_MB,
        met=megabytes < MEMORY_LIMIT_MB,
        notes={"events": size.log_events},
    )
