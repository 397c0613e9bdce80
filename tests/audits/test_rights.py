"""Every role may do to every table what the matrix says, and no more."""

from typing import Any, LiteralString

import psycopg
import pytest
from django.db import connection

from audits import grants
from tests.support.database import connect_as

pytestmark = pytest.mark.django_db


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
