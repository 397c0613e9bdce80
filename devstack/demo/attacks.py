"""Ways to tamper with the journal as a superuser could: triggers off, edit, and all hashes anew.

Each works on a copy of the database, in the transaction of its cursor.
"""

from collections.abc import Callable
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

from audits.sealing.merkle import Frontier
from audits.sealing.note import Checkpoint, Note, SigningKey, sign

Cursor = psycopg.Cursor[tuple[Any, ...]]

GUARDED: Final = ("audits_event", "audits_log", "audits_checkpoint")
FAR: Final = 1_000_000
"""Added to log indexes while they move, so that no two are the same."""

_CHANGE: Final = """
    UPDATE audits_event SET canonical = convert_to(regexp_replace(
        convert_from(canonical, 'UTF8'), '"amount_cents":"', '"amount_cents":"9'), 'UTF8')
    WHERE type = 'deposit_booked'
"""
_HASH_AGAIN: Final = "UPDATE audits_event SET leaf_hash = sha256('\\x00'::bytea || canonical)"
_PLACE_OF: Final = (
    "SELECT min(log_index) FROM audits_log JOIN audits_event USING (event_id) WHERE type = %s"
)
_LAST: Final = "SELECT max(log_index) FROM audits_log"
_SHIFT: Final = "UPDATE audits_log SET log_index = log_index + %s WHERE log_index BETWEEN %s AND %s"
_DELETE_LOG: Final = "DELETE FROM audits_log WHERE log_index BETWEEN %s AND %s RETURNING event_id"
_DELETE_EVENTS: Final = "DELETE FROM audits_event WHERE event_id = ANY(%s)"
_FORGE: Final = """
    INSERT INTO audits_event SELECT (jsonb_populate_record(e, jsonb_build_object(
        'event_id', gen_random_uuid(), 'stream_id', gen_random_uuid(),
        'command_id', gen_random_uuid()))).*
    FROM audits_event e WHERE type = 'deposit_booked' LIMIT 1 RETURNING event_id
"""
_PLACE: Final = """
    INSERT INTO audits_log (log_index, event_id, latest_at)
    SELECT %s, %s, latest_at FROM audits_log WHERE log_index = %s
"""
_SIZE_BEFORE: Final = "SELECT max(size) FROM audits_checkpoint WHERE size <= %s"
_LEAVES: Final = """
    SELECT leaf_hash FROM audits_log JOIN audits_event USING (event_id) ORDER BY log_index
"""
_SIGN_AGAIN: Final = """
    UPDATE audits_checkpoint SET size = %s, root = %s, note = %s
    WHERE number = (SELECT max(number) FROM audits_checkpoint)
"""


class Attack(NamedTuple):
    """What somebody does to the database, and how."""

    what: str
    tamper: Callable[[Cursor], None]


def carry_out(attack: Attack, url: str) -> None:
    """Tamper with the database at `url`, whose superuser it names: nothing inside it can object."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for state in ("DISABLE", "ENABLE"):
            for table in GUARDED:
                switch = sql.SQL("ALTER TABLE {} " + state + " TRIGGER ALL")
                cursor.execute(switch.format(sql.Identifier(table)))
            if state == "DISABLE":
                attack.tamper(cursor)


def change_event(cursor: Cursor) -> None:
    """Give deposits other amounts."""
    cursor.execute(_CHANGE)


def change_event_and_hash(cursor: Cursor) -> None:
    """Give deposits other amounts, and the hashes that fit."""
    cursor.execute(_CHANGE)
    cursor.execute(_HASH_AGAIN)


def delete_event(cursor: Cursor) -> None:
    """Take the first dispatch out and close the gap."""
    place, last = _only(cursor, _PLACE_OF, "shipment_dispatched"), _only(cursor, _LAST)
    _delete(cursor, place, place)
    _shift(cursor, place + 1, last, -1)


def insert_event(cursor: Cursor) -> None:
    """Put one more deposit into the past."""
    place, last = _only(cursor, _PLACE_OF, "deposit_booked"), _only(cursor, _LAST)
    _shift(cursor, place, last, 1)
    forged = _only(cursor, _FORGE)
    cursor.execute(_PLACE, [place, forged, place + 1])


def swap_events(cursor: Cursor) -> None:
    """Let the first dispatch stand before the certificate that allowed it."""
    first = _only(cursor, _PLACE_OF, "certificate_issued")
    second = _only(cursor, _PLACE_OF, "shipment_dispatched")
    cursor.execute(_SHIFT, [FAR, first, first])
    cursor.execute(_SHIFT, [first - second, second, second])
    cursor.execute(_SHIFT, [second - first - FAR, first + FAR, first + FAR])


def cut_end(cursor: Cursor) -> None:
    """Forget the first dispatch and all that followed the checkpoint before it, which is genuine."""
    dispatched, last = _only(cursor, _PLACE_OF, "shipment_dispatched"), _only(cursor, _LAST)
    size = _only(cursor, _SIZE_BEFORE, dispatched)
    cursor.execute("DELETE FROM audits_checkpoint WHERE size > %s", [size])
    _delete(cursor, size, last)


def rewrite(cursor: Cursor) -> None:
    """Change deposits, make every hash anew, and sign the new tree with a key of one's own."""
    change_event_and_hash(cursor)
    tree = Frontier()
    tree.extend(bytes(leaf) for (leaf,) in cursor.execute(_LEAVES).fetchall())
    genuine = bytes(_only(cursor, "SELECT note FROM audits_checkpoint LIMIT 1"))
    origin = genuine.partition(b"\n")[0].decode()
    text = Checkpoint(origin, tree.size, tree.root()).text()
    signature = sign(text, SigningKey(origin, Ed25519PrivateKey.generate()))
    cursor.execute(_SIGN_AGAIN, [tree.size, tree.root(), bytes(Note(text, (signature,)))])


ATTACKS: Final = (
    Attack("changes the amount of a deposit", change_event),
    Attack("changes it, and the hash beside it", change_event_and_hash),
    Attack("deletes a dispatch and closes the gap", delete_event),
    Attack("slips a deposit into the past", insert_event),
    Attack("swaps a certificate and the dispatch it allowed", swap_events),
    Attack("cuts off everything after an older, genuine checkpoint", cut_end),
    Attack("rewrites the log, makes all hashes anew, signs with a key of their own", rewrite),
)
"""The eighth is to put an older backup in the place of the database."""


def _shift(cursor: Cursor, first: int, last: int, by: int) -> None:
    cursor.execute(_SHIFT, [FAR, first, last])
    cursor.execute(_SHIFT, [by - FAR, first + FAR, last + FAR])


def _delete(cursor: Cursor, first: int, last: int) -> None:
    gone = [event_id for (event_id,) in cursor.execute(_DELETE_LOG, [first, last]).fetchall()]
    cursor.execute(_DELETE_EVENTS, [gone])


def _only(cursor: Cursor, query: LiteralString, *values: Any) -> Any:
    row = cursor.execute(query, values).fetchone()
    if row is None:
        raise LookupError(query)
    return row[0]
