"""What a superuser can do to a sealed journal, and how publishing answers."""

from typing import Final

import pytest
from django.db import connection

from audits.models import CheckpointRow
from audits.sealing.growing import grow_until_idle
from audits.sealing.halt import SealingHalted
from tests.audits.sealing.office import Office

REHASH: Final = "UPDATE audits_event SET leaf_hash = sha256('\\x00'::bytea || canonical)"
TRIES: Final = 20
REWRITE: Final = """
    UPDATE audits_event SET canonical = convert_to(replace(
        convert_from(canonical, 'UTF8'), '"because"', '"to hide"'), 'UTF8')
    WHERE event_id IN (SELECT event_id FROM audits_log WHERE log_index {})
"""


def as_superuser(*statements: str, size: int = 0) -> None:
    """Do what only triggers and rights forbid."""
    tables = ("event", "log", "tile", "frontier", "checkpoint", "cosignature")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE audits_{table} DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement, {"size": size})
        for table in tables:
            cursor.execute(f"ALTER TABLE audits_{table} ENABLE TRIGGER ALL")


def rebuild() -> None:
    """Rebuild the tree over whatever is in the log now, consistently."""
    as_superuser("DELETE FROM audits_tile", "DELETE FROM audits_frontier")
    grow_until_idle()


def forget_after(size: int) -> None:
    """Restore a backup made when the log had this size; checkpoints of that time stay."""
    as_superuser(
        "DELETE FROM audits_cosignature WHERE checkpoint_id IN"
        " (SELECT number FROM audits_checkpoint WHERE size > %(size)s)",
        "DELETE FROM audits_checkpoint WHERE size > %(size)s",
        "CREATE TEMP TABLE lost AS SELECT event_id FROM audits_log WHERE log_index >= %(size)s",
        "DELETE FROM audits_log WHERE log_index >= %(size)s",
        "DELETE FROM audits_event WHERE event_id IN (SELECT event_id FROM lost)",
        "DROP TABLE lost",
        size=size,
    )
    rebuild()


def tamper(statement: str, table: str = "audits_event") -> None:
    """Do as a superuser could: without triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)


def require_refusal(office: Office, *codes: str) -> None:
    """Try to publish, again and again, as the same process and as others; nothing is signed."""
    before = (CheckpointRow.objects.count(), office.signer.last())
    for number in range(TRIES):
        office.now_s += 10
        publisher = office.publisher if number % 2 else office.restarted()
        with pytest.raises(SealingHalted) as halted:
            publisher.publish(now_s=office.now_s)
        assert halted.value.code in codes
    assert (CheckpointRow.objects.count(), office.signer.last()) == before
