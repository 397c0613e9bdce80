"""What every run of the sequencer must end with, and writers who get in its way."""

from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from audits import context, store
from audits.codec import leaf_hash, registry
from tests.audits.histories import sealed
from tests.support.database import connect_as


def rows(statement: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
    with connect_as() as login:
        return login.execute(statement, values).fetchall()


def check_log() -> int:
    """Check that the log is dense, complete and in order; return its length."""
    events = rows("SELECT event_id, stream_id, version, causation_id FROM audits_event")
    log = rows("SELECT log_index, event_id FROM audits_log ORDER BY log_index")
    assert [index for index, _ in log] == list(range(len(events)))
    place = {event_id: index for index, event_id in log}
    assert place.keys() == {event_id for event_id, *_ in events}
    streams: dict[UUID, list[tuple[int, int]]] = {}
    for event_id, stream_id, version, cause in events:
        streams.setdefault(stream_id, []).append((version, place[event_id]))
        assert cause is None or place[cause] < place[event_id]
    for versions in streams.values():
        assert [version for version, _ in sorted(versions)] == list(range(1, len(versions) + 1))
        places = [index for _, index in sorted(versions)]
        assert places == sorted(places)
    return len(log)


def append(stream: UUID, version: int = 1, *, cause: UUID | None = None) -> UUID:
    """Append through Django's connection and commit, unless a transaction is around."""
    [receipt] = store.append([sealed(stream, version, cause=cause)])
    return receipt.event_id


@dataclass
class Writer:
    """A connection of its own with, at times, an open transaction."""

    stream: UUID = field(default_factory=context.new_id)
    committed: int = 0
    pending: list[UUID] = field(default_factory=list)
    login: psycopg.Connection = field(default_factory=lambda: connect_as(autocommit=False))

    def take_id(self) -> None:
        """Get a transaction id long before anything is written."""
        self.login.execute("SELECT pg_current_xact_id()")

    def append(self, cause: UUID | None = None) -> UUID:
        recorded = sealed(self.stream, self.committed + len(self.pending) + 1, cause=cause)
        content = registry.encode(recorded)
        self.login.execute(
            "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%b, %b)",
            [content, leaf_hash(content)],
        )
        self.pending.append(recorded.event_id)
        return self.pending[-1]

    def commit(self) -> list[UUID]:
        """Commit, and name the events that are there now."""
        self.login.commit()
        done, self.pending = self.pending, []
        self.committed += len(done)
        return done

    def roll_back(self) -> None:
        self.login.rollback()
        self.pending = []
