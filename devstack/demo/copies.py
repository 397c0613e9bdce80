"""Copies of the running database, for whoever wants to tamper with one."""

from contextlib import suppress
from typing import Final

import psycopg
from psycopg import errors, sql

from devstack.provision import DATABASE, provision
from devstack.stack import Stack

_ALLOW: Final = "ALTER DATABASE {} WITH ALLOW_CONNECTIONS "
_END_ALL: Final = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = %s"


def copy(stack: Stack, name: str, *, source: str = DATABASE) -> None:
    """Copy a database as it stands; its users are sent away meanwhile, and come back."""
    if stack.postgres is None:
        raise RuntimeError("Only a stack with a server of its own is copied")
    origin = sql.Identifier(source)
    with psycopg.connect(stack.postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL(_ALLOW + "false").format(origin))
        try:
            _copy_alone(connection, sql.Identifier(name), origin, source)
        finally:
            connection.execute(sql.SQL(_ALLOW + "true").format(origin))
    provision(stack.postgres.url(), database=name)


def _copy_alone(
    connection: psycopg.Connection, name: sql.Identifier, origin: sql.Identifier, source: str
) -> None:
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER tollgate_owner").format(name, origin)
    while True:
        connection.execute(_END_ALL, [source])
        with suppress(errors.ObjectInUse):
            connection.execute(made)
            return
