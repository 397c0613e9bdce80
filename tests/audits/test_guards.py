"""No role changes what is written, and no superuser who poses as a replica, on a real server."""

from typing import LiteralString

import psycopg
import pytest

from audits import grants
from tests.audits.logins import APPEND, FORBIDDEN, Written, following, refused
from tests.support.database import connect_as

pytestmark = pytest.mark.django_db


# -- What no role may do to rows, tables and guards ----------------------------------------

TAMPERING: dict[str, LiteralString] = {
    "update": "UPDATE audits_event SET type = 'jar_smashed'",
    "update bytes": "UPDATE audits_event SET canonical = '', leaf_hash = ''",
    "update nothing": "UPDATE audits_event SET type = type WHERE false",
    "delete": "DELETE FROM audits_event",
    "truncate": "TRUNCATE audits_event CASCADE",
    "lock rows": "SELECT 1 FROM audits_event FOR UPDATE",
    "lock the table": "LOCK TABLE audits_event IN ACCESS EXCLUSIVE MODE",
    "upsert": "INSERT INTO audits_event (canonical, leaf_hash) VALUES ('', '')"
    " ON CONFLICT (event_id) DO UPDATE SET type = 'x'",
    "copy": "COPY audits_event FROM PROGRAM 'true'",
    "update the log": "UPDATE audits_log SET log_index = log_index + 1",
    "delete the log": "DELETE FROM audits_log",
    "truncate the log": "TRUNCATE audits_log",
    "disable the triggers": "ALTER TABLE audits_event DISABLE TRIGGER ALL",
    "disable one trigger": "ALTER TABLE audits_event DISABLE TRIGGER audits_event_immutable",
    "enable for replicas": "ALTER TABLE audits_log ENABLE REPLICA TRIGGER audits_log_immutable",
    "drop a trigger": "DROP TRIGGER audits_event_immutable ON audits_event",
    "drop the table": "DROP TABLE audits_event CASCADE",
    "drop the view": "DROP VIEW audits_journal",
    "drop a function": "DROP FUNCTION audits_immutable() CASCADE",
    "replace a function": "CREATE OR REPLACE FUNCTION audits_immutable() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "make a rule": "CREATE RULE quiet AS ON INSERT TO audits_event DO INSTEAD NOTHING",
    "make a trigger": "CREATE TRIGGER mine BEFORE INSERT ON audits_event"
    " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "add a column": "ALTER TABLE audits_event ADD COLUMN mine text",
    "drop a constraint": "ALTER TABLE audits_event DROP CONSTRAINT audits_event_version",
    "take the table": "ALTER TABLE audits_event OWNER TO CURRENT_USER",
    "make a table": "CREATE TABLE public.mine (id integer)",
    "make a schema": "CREATE SCHEMA mine",
    "pose as a replica": "SET session_replication_role = replica",
    "pose as the owner": "SET ROLE tollgate_owner",
    "pose as a superuser": "SET SESSION AUTHORIZATION postgres",
    "become a superuser": "ALTER ROLE CURRENT_USER SUPERUSER",
    "make a role": "CREATE ROLE mine",
}


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.parametrize("attack", TAMPERING)
@pytest.mark.usefixtures("untouched")
def test_no_role_can_tamper(role: str, attack: str) -> None:
    assert refused(role, TAMPERING[attack]) == FORBIDDEN


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.usefixtures("untouched")
def test_the_view_of_the_journal_cannot_be_written(role: str) -> None:
    assert refused(role, "UPDATE audits_journal SET type = 'x'") == "55000"


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.usefixtures("untouched")
def test_no_role_can_grant_itself_anything(role: str) -> None:
    with connect_as(role) as login:  # PostgreSQL answers with a warning and grants nothing
        login.execute("GRANT ALL ON audits_event, audits_log TO CURRENT_USER")
    assert refused(role, "DELETE FROM audits_log") == FORBIDDEN


@pytest.mark.parametrize("role", set(grants.ROLES) - {grants.SEALER})
@pytest.mark.usefixtures("untouched")
def test_only_the_sealer_writes_the_log(role: str) -> None:
    assert refused(role, "INSERT INTO audits_log SELECT 2, gen_random_uuid()") == FORBIDDEN


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("index", "version", "expected"),
    [(3, 3, "TG005"), (-1, 3, "23514"), (1, 3, "23505"), (2, 2, "23505")],
    ids=["leaves a gap", "below zero", "index taken", "event placed already"],
)
def test_the_sealer_cannot_spoil_the_log(
    written: Written, index: int, version: int, expected: str
) -> None:
    statement: LiteralString = (
        "INSERT INTO audits_log (log_index, event_id)"
        " SELECT %s, event_id FROM audits_event WHERE stream_id = %s AND version = %s"
    )
    assert refused(grants.SEALER, statement, index, written.stream, version) == expected


# -- A superuser who poses as a replica ----------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audits_event SET type = 'x'",
        "DELETE FROM audits_event",
        "TRUNCATE audits_event CASCADE",
        "UPDATE audits_log SET log_index = log_index + 100",
        "DELETE FROM audits_log",
        "TRUNCATE audits_log",
    ],
)
@pytest.mark.usefixtures("untouched")
def test_a_replica_meets_the_triggers_all_the_same(statement: LiteralString) -> None:
    with connect_as() as superuser:
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.Error) as refusal:
            superuser.execute(statement)
    assert refusal.value.sqlstate == "TG003"


def test_a_replica_cannot_insert_what_does_not_fit(untouched: Written) -> None:
    content = following(untouched)
    with connect_as() as superuser:
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.Error) as refusal:
            superuser.execute(APPEND, [content, b"\x00" * 32])
        assert refusal.value.sqlstate == "TG002"
        with pytest.raises(psycopg.Error) as refusal:
            superuser.execute("INSERT INTO audits_log SELECT 9, gen_random_uuid()")
        assert refusal.value.sqlstate == "TG005"
