"""A live journal with events of every type, a superuser who flips its bits, an auditor who looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.db import connection

from audits import context, grants, store
from audits.codec import registry
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office
from tests.support.database import connect_as
from tests.support.specimens import recorded
from tests.verifier.naive import Naive
from verifier.verify_bundle import leaf_hash, read_key, read_note, verify_inclusion

LATER_EVENTS: Final = 20
"""What comes into the log after the checkpoint that somebody outside keeps."""
ROUNDS_OF_ONE_LOG: Final = 500
"""After so many updates of everything the server may forget its write-ahead log."""
ROUNDS_BETWEEN_LOOKS: Final = 10
LARGE_BYTES: Final = 16_000_000
"""Of a table of 5 MB, whose updates stay in their pages unless something keeps what is dead."""

_LEAVES: Final = """
    SELECT uuid_send(event_id), leaf_hash FROM audits_log JOIN audits_event USING (event_id)
    WHERE log_index < %s ORDER BY log_index
"""
_GUARDS: Final = """
    SELECT tgname FROM pg_trigger
    WHERE tgrelid = 'audits_event'::regclass AND tgenabled = 'A' ORDER BY tgname
"""
_SPECIMENS: Final = """
    SELECT uuid_send(event_id), canonical FROM audits_event
    WHERE aggregate = 'specimen' AND 8 * octet_length(canonical) >= %s
"""
_FLIP_FIRST: Final = """
    UPDATE audits_event SET canonical = set_bit(canonical, 0, 1 - get_bit(canonical, 0))
    WHERE aggregate = 'specimen'
"""
_FLIP_NEXT: Final = """
    UPDATE audits_event SET canonical = CASE
        WHEN 8 * octet_length(canonical) = %(bit)s
        THEN set_bit(canonical, %(bit)s - 1, 1 - get_bit(canonical, %(bit)s - 1))
        ELSE set_bit(
            set_bit(canonical, %(bit)s - 1, 1 - get_bit(canonical, %(bit)s - 1)),
            %(bit)s, 1 - get_bit(canonical, %(bit)s)) END
    WHERE aggregate = 'specimen' AND 8 * octet_length(canonical) >= %(bit)s
"""
Event = tuple[bytes, bytes]
"""The bytes of its id, and its canonical bytes."""


def specimens_of_each_type(count: int) -> int:
    """Append so many events of every type there is, all with a cause, and seal them; return how many."""
    [cause] = seal(1)
    with without_triggers("audits_event_before_insert"):  # others ask what there is besides events
        for number in range(count):
            now = context.database_now()
            store.append([recorded(name, number, now, cause) for name in registry.names()])
    Sequencer().run_until_empty()
    grow_until_idle()
    return count * len(registry.names())


def held_checkpoint(office: Office) -> bytes:
    """Publish a checkpoint for somebody outside to keep; the log goes on after it."""
    held = office.publish().note
    seal(LATER_EVENTS)
    office.publish()
    return held


@contextmanager
def without_triggers(*kept: str) -> Iterator[None]:
    """Switch off what guards events, as a superuser can, and on again in the end."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # whatever waits is asked now
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(_GUARDS)
        names = [name for (name,) in cursor.fetchall() if name not in kept]
        for name in names:
            cursor.execute(f"ALTER TABLE audits_event DISABLE TRIGGER {name}")
        try:
            yield
        finally:
            for name in names:
                cursor.execute(f"ALTER TABLE audits_event ENABLE ALWAYS TRIGGER {name}")


@contextmanager
def half_empty_pages() -> Iterator[None]:
    """Let an update find room in its page, so that the table stays as small as it is."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audits_event SET (fillfactor = 40)")
        cursor.execute("VACUUM FULL audits_event")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE audits_event RESET (fillfactor)")


def flip(bit: int) -> None:
    """Take back what was flipped for the bit before, and flip this one of every specimen that has it.

    So each has exactly one bit flipped at any time, until its last was. The update commits at once.
    """
    with connection.cursor() as cursor:
        if bit == 0:
            cursor.execute(_FLIP_FIRST)
            return
        cursor.execute(_FLIP_NEXT, {"bit": bit})
        if bit % ROUNDS_OF_ONE_LOG == 0:
            cursor.execute("CHECKPOINT")
        if bit % ROUNDS_BETWEEN_LOOKS == 0:
            _keep_small(cursor)


def _keep_small(cursor: Any) -> None:
    """Have VACUUM take the dead rows that updates must leave.

    They must while a transaction of another database, such as that of another worker's tests, is as
    old: any snapshot here begins before it. VACUUM needs none.
    """
    cursor.execute("SELECT pg_relation_size('audits_event')")
    [size] = cursor.fetchone()
    if size > LARGE_BYTES:
        cursor.execute("VACUUM audits_event")


@dataclass(frozen=True)
class Auditor:
    """Has the log's public key and one older checkpoint, and reads the database as its auditor role.

    The leaves come from the database, too. Nothing of them is believed but that together they give
    the root that the checkpoint was signed for.
    """

    leaf_of: dict[bytes, bytes]
    place_of: dict[bytes, int]
    tree: Naive
    root: bytes
    database: psycopg.Connection

    @classmethod
    @contextmanager
    def holding(cls, note: bytes, key: str) -> Iterator["Auditor"]:
        """Verify the checkpoint by the key, and the leaves of its events by the checkpoint."""
        held = read_note(note, [read_key(key)])
        with connect_as(grants.AUDITOR) as database:
            rows = database.execute(_LEAVES, [held.size], binary=True).fetchall()
            places = {event_id: place for place, (event_id, _) in enumerate(rows)}
            tree = Naive([leaf for _, leaf in rows])
            assert tree.root(held.size) == held.root
            yield cls(dict(rows), places, tree, held.root, database)

    def read(self, bits: int = 0) -> list[Event]:
        """Read all specimens of at least so many bits as they are in the database now."""
        return self.database.execute(_SPECIMENS, [bits], binary=True).fetchall()

    def accepts(self, event: Event) -> bool:
        """Hash the bytes of an event; compare with its leaf under the signed root."""
        event_id, content = event
        return leaf_hash(content) == self.leaf_of[event_id]

    def proves(self, event: Event) -> bool:
        """Hash the bytes of an event, and lead them to the signed root by its inclusion proof."""
        event_id, content = event
        place, size = self.place_of[event_id], len(self.place_of)
        path = self.tree.path(place, size)
        return verify_inclusion(leaf_hash(content), place, size, path, self.root)
