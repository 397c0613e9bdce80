"""One world for a whole module: played once, committed; each test tampers and is rolled back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from django.core.management import call_command
from django.db import transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from audits.sequencing import Sequencer
from tests.licenses.verification.attempts import STATE
from tests.licenses.verification.histories import Played, play
from tests.support.database import connect_as

T = TypeVar("T")


@contextmanager
def in_the_log(act: Callable[[], T]) -> Iterator[T]:
    """Play something, committed and in the log, and empty the database afterwards."""
    try:
        played = act()
        Sequencer().run_until_empty()
        yield played
    finally:
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Played]:  # noqa: ARG001 -- the database must be there
    """Play the deals of the module's world."""
    with django_db_blocker.unblock(), in_the_log(play) as played:
        yield played


@pytest.fixture
def played(committed: Played, db: None) -> Iterator[Played]:  # noqa: ARG001 -- rolls back what tests do
    """Give the world, in a transaction that ends with the test, whatever it left undone."""
    yield committed
    transaction.set_rollback(True)  # spares deferred constraints, which forgeries may break


@pytest.fixture
def world(played: Played) -> Iterator[Played]:
    """Compare money, volume, goods and journal before and after."""
    with connect_as() as superuser:
        before = superuser.execute(sql.SQL(STATE)).fetchone()
        yield played
        assert superuser.execute(sql.SQL(STATE)).fetchone() == before
