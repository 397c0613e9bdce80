"""The tables of the tree only grow, checkpoints follow one another, and the sealer alone writes them."""

from typing import Final

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from tests.audits.sealing.journals import require_sound, seal
from tests.support.database import connect_as

pytestmark = pytest.mark.django_db


ATTEMPTS: Final = {
    "shrink the tree": "UPDATE audits_frontier SET size = 299, hashes = ''",
    "delete the frontier": "DELETE FROM audits_frontier",
    "empty the frontier": "TRUNCATE audits_frontier",
    "a second frontier": "INSERT INTO audits_frontier VALUES (2, 0, '')",
    "hashes of another size": "UPDATE audits_frontier SET size = 400",
    "change a tile": "UPDATE audits_tile SET position = 9",
    "delete a tile": "DELETE FROM audits_tile",
    "empty the tiles": "TRUNCATE audits_tile",
    "a tile after a gap": "INSERT INTO audits_tile SELECT 0, 2, hashes, root FROM audits_tile",
    "a tile that is not full": "INSERT INTO audits_tile VALUES (0, 1, '', sha256(''))",
    "empty the checkpoints": "TRUNCATE audits_checkpoint, audits_cosignature",
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_tables_only_grow_even_for_their_owner(name: str) -> None:
    seal(300)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ATTEMPTS[name])
    require_sound(300)


FOLLOWING: Final = {
    "smaller": (1, 4, "other", 1),
    "of the same size and another root": (1, 5, "other", 1),
    "of an earlier time": (1, 5, "one", -1),
    "of the same size and time": (1, 5, "one", 0),
    "after a gap": (2, 6, "other", 1),
    "in the place of another": (0, 6, "other", 1),
}
ADD_CHECKPOINT: Final = (
    "INSERT INTO audits_checkpoint (number, size, root, note, signed_at)"
    " VALUES (%s, %s, sha256(%s), '', now() + make_interval(secs => %s))"
)


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_checkpoint_follows_the_last(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ADD_CHECKPOINT, [0, 5, "one", 0])
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(ADD_CHECKPOINT, FOLLOWING[name])
        cursor.execute(ADD_CHECKPOINT, [1, 5, "one", 1])
        cursor.execute(ADD_CHECKPOINT, [2, 6, "other", 1])


def test_checkpoints_begin_at_the_beginning() -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(ADD_CHECKPOINT, [1, 5, "one", 0])


@pytest.mark.parametrize(
    "statement", ["UPDATE audits_checkpoint SET size = 9", "DELETE FROM audits_checkpoint"]
)
def test_a_checkpoint_stays_as_it_is(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ADD_CHECKPOINT, [0, 5, "one", 0])
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(statement)


@pytest.mark.parametrize("role", ["tollgate_web", "tollgate_worker", "tollgate_auditor"])
@pytest.mark.parametrize(
    "table", ["audits_tile", "audits_frontier", "audits_checkpoint", "audits_cosignature"]
)
def test_only_the_sealer_writes_the_tree(role: str, table: str) -> None:
    with connect_as(role) as session:
        session.execute(f"SELECT FROM {table}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"INSERT INTO {table} DEFAULT VALUES".encode())
