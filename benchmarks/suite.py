"""Every measurement by its key, and the order in which they run on one server."""

from collections.abc import Callable, Iterator
from typing import Final

from benchmarks import (
    appending,
    commanding,
    folding,
    journal,
    proving,
    reading,
    replaying,
    sealing,
    timelines,
)
from benchmarks.ground import Ground, server
from benchmarks.measures import Ceiling, Result, Size

Outcome = Result | Ceiling
Keys = frozenset[str]
Say = Callable[[str], None]


def append_to_new(base: Ground, size: Size, keys: Keys) -> Iterator[Outcome]:
    """Append to new journals."""
    if "append_vs_bare_psycopg" in keys:
        yield appending.against_bare_psycopg(base, size)
    if "append_vs_eventsourcing" in keys:
        yield appending.against_eventsourcing(base, size)


def fold(base: Ground, size: Size, _keys: Keys) -> Iterator[Outcome]:
    """Fold streams, and read them in order."""
    yield from folding.against_eventsourcing(base, size)


def command(base: Ground, size: Size, _keys: Keys) -> Iterator[Outcome]:
    """Post commands over HTTP."""
    yield commanding.against_crud(base, size)


def show(base: Ground, size: Size, _keys: Keys) -> Iterator[Outcome]:
    """Show the timeline of a long deal."""
    yield from timelines.against_generic_keys(base, size)


def use_large_journal(base: Ground, size: Size, keys: Keys) -> Iterator[Outcome]:
    """Read a large journal, and append to it."""
    large = journal.load(base, "large", size.log_events)
    if "read_typed_vs_orjson_dicts" in keys:
        yield reading.against_dicts(base, size, large)
    if "read_peak_mb" in keys:
        yield reading.memory(base, size, large)
    if replaying.VS_EVENTSOURCING in keys:
        yield replaying.against_eventsourcing(base, size, large)
    if replaying.VS_UNTYPED in keys:
        yield replaying.against_untyped_read(base, size, large)
    if "append_at_1m_vs_empty" in keys:
        yield appending.full_against_empty(base, size, large)
    if not keys.isdisjoint(proving.KEYS):  # the last: it adds events of the sealer's own
        yield from proving.of_large_log(base, size, large, keys)


def seal(base: Ground, size: Size, keys: Keys) -> Iterator[Outcome]:
    """Seal what is appended meanwhile."""
    if "seal_overhead" in keys:
        yield sealing.overhead(base, size)
    if "seal_lag_p99_s" in keys:
        yield sealing.lag(base, size)


PARTS: Final[dict[tuple[str, ...], Callable[[Ground, Size, Keys], Iterator[Outcome]]]] = {
    ("append_vs_bare_psycopg", "append_vs_eventsourcing"): append_to_new,
    ("fold_vs_eventsourcing", "read_typed_vs_eventsourcing"): fold,
    ("command_vs_crud",): command,
    (timelines.QUERIES, timelines.MILLISECONDS): show,
    (
        *("read_typed_vs_orjson_dicts", "read_peak_mb"),
        *(replaying.VS_EVENTSOURCING, replaying.VS_UNTYPED, "append_at_1m_vs_empty"),
        *proving.KEYS,
    ): use_large_journal,
    ("seal_overhead", "seal_lag_p99_s"): seal,
}
KEYS: Final = tuple(key for keys in PARTS for key in keys)


def run(size: Size, keys: Keys, say: Say) -> dict[str, Outcome]:
    """Measure what `keys` name on a server of our own; `say` hears how it goes."""
    found: dict[str, Outcome] = {}
    say("starting a server")
    with server() as base:
        for known, part in PARTS.items():
            if not keys.isdisjoint(known):
                say(", ".join(key for key in known if key in keys))
                found |= {outcome.key: outcome for outcome in part(base, size, keys)}
    return {key: found[key] for key in KEYS if key in found and key in keys}
