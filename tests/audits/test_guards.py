"""The guards of the journal, on a real server, against each of the application's own roles."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
import pytest_django
from django.core.management import call_command
from django.db import connection

from audits import context, grants
from audits.codec import canonical, leaf_hash
from audits.sequencing import Sequencer
from tests.audits import histories
from tests.audits.api import toy
from tests.support.database import connect_as

pytestmark = pytest.mark.django_db

WRITERS = (grants.WEB, grants.WORKER, grants.SEALER)
FORBIDDEN = "42501"

APPEND: LiteralString = "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%b, %b)"
STATE: LiteralString = """
    SELECT (SELECT md5(string_agg(e::text, '|' ORDER BY e.event_id)) FROM audits_event e),
           (SELECT md5(string_agg(l::text, '|' ORDER BY l.log_index)) FROM audits_log l),
           (SELECT string_agg(tgname || tgenabled::text, '|' ORDER BY tgname) FROM pg_trigger
            WHERE tgname LIKE 'audits%'),
           (SELECT string_agg(concat(relname, relacl, relowner), '|' ORDER BY relname)
            FROM pg_class WHERE relname LIKE 'audits%'),
           (SELECT string_agg(prosrc, '|' ORDER BY proname) FROM pg_proc
            WHERE proname LIKE 'audits%')
"""


@dataclass(frozen=True)
class Written:
    """A stream of three events, the first two of them in the log."""

    stream: UUID
    last: dict[str, Any]
    """The envelope of the third event."""


@pytest.fixture(scope="module")
def written(
    django_db_setup: None,  # noqa: ARG001 -- the database must be there
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> Iterator[Written]:
    """Commit a small journal for the tests of this module; nothing here may change it."""
    toy.register()
    toy.move_in()
    with django_db_blocker.unblock():
        stream = histories.full_jar(100)
        Sequencer().run_until_empty()
        histories.do(toy.FillJar(amount_cents=200), stream)
        with connect_as() as superuser:
            [content] = superuser.execute(
                "SELECT canonical FROM audits_event WHERE stream_id = %s AND version = 3", [stream]
            ).fetchall()[0]
        yield Written(stream, json.loads(content))
        call_command("flush", verbosity=0, interactive=False)
    toy.move_out()


@pytest.fixture
def untouched(written: Written) -> Iterator[Written]:
    """Compare rows, triggers, owners, grants and functions of the journal before and after."""
    with connect_as() as superuser:
        before = superuser.execute(STATE).fetchone()
        yield written
        assert superuser.execute(STATE).fetchone() == before


def refused(role: str | None, statement: LiteralString, *values: Any) -> str | None:
    """Run a statement as a role, for good; return the SQLSTATE of its refusal."""
    with connect_as(role, autocommit=False) as login:
        try:
            login.execute(statement, values)
        except psycopg.Error as error:
            return error.sqlstate
    return None  # leaving the block has committed it


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


# -- Forged events -------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def following(written: Written, change: Change = lambda _envelope: None) -> bytes:
    """Make the bytes of a proper fourth event, then change them."""
    now = datetime.now(UTC)  # noqa: TID251 -- a forger reads what clock they like
    envelope = written.last | {
        "event_id": str(context.new_id()),
        "version": 4,
        "recorded_at": now.isoformat().replace("+00:00", "Z"),
        "command": written.last["command"] | {"id": str(context.new_id())},
    }
    change(envelope)
    return canonical(envelope)


def later(seconds: int) -> Change:
    def change(envelope: dict[str, Any]) -> None:
        moment = datetime.fromisoformat(envelope["recorded_at"]) + timedelta(seconds=seconds)
        envelope["recorded_at"] = moment.isoformat()

    return change


@pytest.mark.parametrize("role", WRITERS)
def test_a_proper_event_is_accepted_from_every_role_that_writes(
    untouched: Written, role: str
) -> None:
    content = following(untouched)
    with connect_as(role, autocommit=False) as login:
        login.execute(APPEND, [content, leaf_hash(content)])
        row = login.execute(
            "SELECT version, writer, xid = pg_current_xact_id() FROM audits_event"
            " WHERE canonical = %b",
            [content],
        ).fetchone()
        assert row == (4, role, True)
        login.rollback()


def test_bytes_that_name_derived_columns_do_not_fill_them(untouched: Written) -> None:
    someone = "00000000-0000-0000-0000-000000000001"
    forged = {"canonical": "\\x7b7d", "leaf_hash": "\\x00", "xid": "1", "writer": "postgres"} | {
        "command_id": someone,
        "ordinal": 9,
        "person_id": someone,
        "organization_id": someone,
    }
    content = following(untouched, lambda envelope: envelope.update(forged))
    with connect_as(grants.WEB, autocommit=False) as login:
        login.execute(APPEND, [content, leaf_hash(content)])
        row = login.execute(
            "SELECT canonical, leaf_hash, xid = pg_current_xact_id(), writer, ordinal,"
            " command_id::text = body -> 'command' ->> 'id',"
            " person_id::text = body -> 'actor' ->> 'person_id',"
            " organization_id::text = body -> 'actor' ->> 'organization_id'"
            " FROM audits_journal WHERE stream_id = %b AND version = 4",
            [untouched.stream],
        ).fetchone()
        login.rollback()
    assert row == (content, leaf_hash(content), True, grants.WEB, 0, True, True, True)


@pytest.mark.usefixtures("untouched")
def test_the_auditor_cannot_append(written: Written) -> None:
    content = following(written)
    assert refused(grants.AUDITOR, APPEND, content, leaf_hash(content)) == FORBIDDEN


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("event_id", "'00000000-0000-0000-0000-000000000001'"),
        ("stream_id", "'00000000-0000-0000-0000-000000000001'"),
        ("version", "4"),
        ("aggregate", "'jar'"),
        ("type", "'jar_filled'"),
        ("schema_version", "1"),
        ("command_id", "'00000000-0000-0000-0000-000000000001'"),
        ("ordinal", "0"),
        ("correlation_id", "'00000000-0000-0000-0000-000000000001'"),
        ("causation_id", "NULL"),
        ("person_id", "'00000000-0000-0000-0000-000000000001'"),
        ("organization_id", "'00000000-0000-0000-0000-000000000001'"),
        ("recorded_at", "'2020-01-01'"),
        ("writer", "'tollgate_owner'"),
        ("xid", "'1'"),
    ],
)
def test_no_role_can_name_what_the_database_derives(
    untouched: Written, role: str, column: LiteralString, value: LiteralString
) -> None:
    content = following(untouched)
    statement: LiteralString = (
        f"INSERT INTO audits_event (canonical, leaf_hash, {column}) VALUES (%b, %b, {value})"  # noqa: S608 -- from the table above
    )
    assert refused(role, statement, content, leaf_hash(content)) == FORBIDDEN


FORGERIES: dict[str, tuple[Change, str]] = {
    "a version that is taken": (lambda e: e.update(version=3), "23505"),
    "a version that is skipped": (lambda e: e.update(version=5), "TG001"),
    "version 0": (lambda e: e.update(version=0), "23514"),
    "version -1": (lambda e: e.update(version=-1), "23514"),
    "a stream without beginning": (lambda e: e.update(stream_id=str(UUID(int=5))), "TG001"),
    "hours ago": (later(-7_200), "TG004"),
    "hours ahead": (later(7_200), "TG004"),
    "just too early": (later(-125), "TG004"),
    "just too late": (later(+15), "TG004"),
    "a cause that never was": (lambda e: e.update(causation_id=str(UUID(int=5))), "TG006"),
    "no identity": (lambda e: e.pop("event_id"), "23502"),
    "no person": (lambda e: e.update(actor={}), "23502"),
    "no time": (lambda e: e.pop("recorded_at"), "23502"),
    "no command": (lambda e: e.pop("command"), "23502"),
    "too large": (lambda e: e.update(data={"note": "x" * 65_536}), "23514"),
}


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_event_is_refused(untouched: Written, role: str, forgery: str) -> None:
    change, expected = FORGERIES[forgery]
    content = following(untouched, change)
    assert refused(role, APPEND, content, leaf_hash(content)) == expected


@pytest.mark.parametrize("seconds", [-100, 2])
def test_a_clock_that_is_a_little_off_is_accepted(untouched: Written, seconds: int) -> None:
    content = following(untouched, later(seconds))
    with connect_as(grants.WEB, autocommit=False) as login:
        login.execute(APPEND, [content, leaf_hash(content)])
        login.rollback()


@pytest.mark.parametrize("name", ["event_id", "command"])
def test_an_identity_is_used_once(untouched: Written, name: str) -> None:
    content = following(untouched, lambda envelope: envelope.update({name: untouched.last[name]}))
    assert refused(grants.WEB, APPEND, content, leaf_hash(content)) == "23505"


@pytest.mark.parametrize("role", WRITERS)
def test_a_wrong_leaf_hash_is_refused(untouched: Written, role: str) -> None:
    content = following(untouched)
    without_prefix = leaf_hash(content[1:])
    for wrong in (b"", b"\x00" * 32, without_prefix, leaf_hash(content + b" "), None):
        assert refused(role, APPEND, content, wrong) == "TG002"


@pytest.mark.parametrize(
    ("content", "expected"), [(b"nonsense", "22P02"), (b"\xff\xfe", "22021"), (b"{}", "23502")]
)
@pytest.mark.usefixtures("untouched")
def test_bytes_that_are_no_event_are_refused(content: bytes, expected: str) -> None:
    assert refused(grants.WEB, APPEND, content, leaf_hash(content)) == expected


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


# -- Rights --------------------------------------------------------------------------------

TABLES: LiteralString = """
    SELECT oid, relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""
OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")


def rights(login: psycopg.Connection, role: str, table: int) -> set[grants.Right]:
    """Ask the server what a role can do, by whatever way it came by it."""
    whole = {
        (privilege, "")
        for privilege in (*OF_TABLES, "MAINTAIN")
        if ask(login, "SELECT has_table_privilege(%s, %s::oid, %s)", role, table, privilege)
    }
    columns = login.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped",
        [table],
    ).fetchall()
    return whole | {
        (privilege, name)
        for (name,) in columns
        for privilege in OF_COLUMNS
        if (privilege, "") not in whole
        and ask(
            login, "SELECT has_column_privilege(%s, %s::oid, %s, %s)", role, table, name, privilege
        )
    }


def ask(login: psycopg.Connection, question: LiteralString, *values: Any) -> bool:
    [(answer,)] = login.execute(question, values).fetchall()
    return bool(answer)


@pytest.mark.parametrize("role", grants.ROLES)
def test_every_role_can_do_to_every_table_what_the_matrix_says_and_no_more(role: str) -> None:
    with connect_as() as login:
        tables = login.execute(TABLES).fetchall()
        assert {"audits_event", "audits_log", "audits_work_item"} <= {name for _, name in tables}
        found = {name: rights(login, role, table) for table, name in tables}
    assert found == {name: set(grants.declared(name, role)) for _, name in tables}


def test_the_comparison_with_the_matrix_finds_nothing() -> None:
    assert list(grants.differences()) == []


@pytest.mark.parametrize("role", grants.ROLES)
def test_a_table_that_nobody_declared_is_closed(role: str) -> None:
    with connect_as(autocommit=False) as login:
        login.execute("CREATE TABLE new_table (id integer, name text)")
        [(table,)] = login.execute("SELECT 'new_table'::regclass::oid").fetchall()
        assert rights(login, role, table) == set()
        assert grants.declared("new_table", role) == frozenset()
        login.rollback()


@pytest.mark.parametrize("role", grants.ROLES)
def test_no_role_has_powers_beyond_its_grants(role: str) -> None:
    with connect_as() as login:
        attributes = login.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = %s",
            [role],
        ).fetchone()
        assert attributes == (False,) * 5
        for question in (
            "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole",
            "SELECT count(*) FROM pg_class WHERE relowner = %s::regrole",
            "SELECT count(*) FROM pg_proc WHERE proowner = %s::regrole",
        ):
            assert not ask(login, question, role)
        assert not ask(login, "SELECT has_schema_privilege(%s, 'public', 'CREATE')", role)


@pytest.mark.parametrize("role", grants.ROLES)
def test_only_the_web_service_reads_hashes_of_passwords(role: str) -> None:
    question = "SELECT has_column_privilege(%s, 'audits_person', 'password', 'SELECT')"
    with connect_as() as login:
        assert ask(login, question, role) is (role == grants.WEB)


def test_applying_the_grants_again_repairs_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON audits_event TO tollgate_web, PUBLIC")
        cursor.execute("REVOKE ALL ON audits_log FROM tollgate_sealer")
    found = {(table, role) for table, role, _ in grants.differences()}
    assert found == {
        ("audits_event", "tollgate_web"),
        ("audits_event", "PUBLIC"),
        ("audits_log", "tollgate_sealer"),
    }
    grants.apply()
    assert list(grants.differences()) == []
