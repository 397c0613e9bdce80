"""Connections of the test's own, as any of the database's roles; and threads that clean up."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
from django.db import connection, connections

T = TypeVar("T")
R = TypeVar("R")


def connect_as(role: str | None = None, *, autocommit: bool = True) -> psycopg.Connection:
    """Log in to the test's database as `role`; None: as the test itself, a superuser."""
    address = connection.settings_dict
    return psycopg.connect(
        dbname=address["NAME"],
        host=address["HOST"] or None,
        port=address["PORT"] or None,
        user=role or address["USER"],
        password=address["PASSWORD"] or None,
        autocommit=autocommit,
    )


def on_own_connection(work: Callable[[T], R]) -> Callable[[T], R]:
    """Let `work` run in a thread: the connection that Django opens there is closed afterwards."""

    def run(given: T) -> R:
        try:
            return work(given)
        finally:
            connections.close_all()

    return run


def in_threads(work: Callable[[T], R], inputs: Iterable[T], *, threads: int) -> list[R]:
    """Run `work` on every input in real threads, each on a connection of its own."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(on_own_connection(work), inputs))
