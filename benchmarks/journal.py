"""A large journal, written through the bulk append path and put into order by the sequencer."""

from collections.abc import Mapping
from typing import Final

from audits import context, reading, store
from audits.context import SteadyClock
from audits.sequencing import Sequencer
from benchmarks import ground, sample
from benchmarks.fleet import Fleet
from benchmarks.ground import Ground
from benchmarks.sample import AGGREGATE, CAUSE, Payments, command, paid

STREAM_LENGTH: Final = 100
STREAMS_A_BATCH: Final = 10
LOADERS: Final = 2
SEALER: Final = "tollgate_sealer"


class Loader:
    """One process that appends whole streams, a thousand events a transaction."""

    def __init__(self, variables: Mapping[str, str], seed: int, number: int) -> None:
        ground.adopt(variables)
        sample.register()
        self._payments = Payments(seed + number)

    def prepare(self, count: int) -> None:
        """Write `count` streams."""
        self._clock = SteadyClock.synchronized(context.database_now())
        self._count = count

    def run(self) -> int:
        """Append them; return how many events that were."""
        return sum(
            len(self._append(min(STREAMS_A_BATCH, self._count - begun)))
            for begun in range(0, self._count, STREAMS_A_BATCH)
        )

    def _append(self, streams: int) -> list[reading.EventReceipt]:
        drafts = []
        for _ in range(streams):
            stream_id = context.new_id()
            drafts += [
                store.Draft(AGGREGATE, stream_id, version, paid(payment))
                for version, payment in enumerate(self._payments.stream(STREAM_LENGTH), start=1)
            ]
        moment = command(drafts[0].stream_id, self._clock)
        return store.append(store.seal(drafts, moment, CAUSE))


class Indexer:
    """The process that gives committed events their place in the log."""

    def __init__(self, variables: Mapping[str, str], _number: int) -> None:
        ground.adopt(variables)

    def prepare(self, _count: int) -> None:
        """Begin without knowing anything."""
        self._sequencer = Sequencer()

    def run(self) -> int:
        """Index everything; return how many events that were."""
        return self._sequencer.run_until_empty()


def load(base: Ground, name: str, events: int) -> str:
    """Make a journal of `events` events, all of them indexed; return the database's name."""
    database = base.journal(name)
    streams = events // STREAM_LENGTH // LOADERS
    with Fleet(Loader, (base.variables(database), sample.SEED), LOADERS) as loaders:
        loaders.run(streams)
    with Fleet(Indexer, (base.variables(database, SEALER),), 1) as indexers:
        indexers.run(0)
    base.settle(database)
    return database
