"""Create the database and the roles that the database itself tells apart."""

from collections.abc import Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

DATABASE = "tollgate"
OWNER = "tollgate_owner"
# Who may do what to which table is granted by the migrations, next to the tables.
APPLICATION_ROLES = ("tollgate_web", "tollgate_worker", "tollgate_sealer", "tollgate_auditor")
ROLES = (OWNER, *APPLICATION_ROLES)
ATTRIBUTES = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")


def provision(
    admin_url: str, *, database: str = DATABASE, passwords: Mapping[str, str] | None = None
) -> None:
    """Make roles and database as the superuser of `admin_url`; repeating it changes nothing.

    `passwords` maps role to password; without one a role can only come by a trusted socket.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in ROLES:
            _ensure_role(connection, role, (passwords or {}).get(role))
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(OWNER)
                )
            )
        _ensure_only_roles_connect(connection, database)


def is_superuser(admin_url: str) -> bool:
    """Tell whether the user of `admin_url` may provision."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        return connection.info.parameter_status("is_superuser") == "on"


def _ensure_role(connection: psycopg.Connection, role: str, password: str | None) -> None:
    name = sql.Identifier(role)
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    connection.execute(sql.SQL("ALTER ROLE {} WITH {}").format(name, ATTRIBUTES))
    if password is not None:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))


def _ensure_only_roles_connect(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in APPLICATION_ROLES:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role))
        )


def _exists(connection: psycopg.Connection, query: LiteralString, value: str) -> bool:
    return connection.execute(query, [value]).fetchone() is not None
