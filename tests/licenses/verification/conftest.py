"""One world for a whole module: played once, committed; each test tampers and is rolled back."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from audits.sequencing import Sequencer
from tests.licenses.verification.attempts import STATE
from tests.licenses.verification.histories import Played, play
from tests.support.database import connect_as


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Played]:  # noqa: ARG001
    """Play the deals of the module's world and empty the database afterwards."""
    with django_db_blocker.unblock():
        try:
            played = play()
            Sequencer().run_until_empty()
            yield played
        finally:
            call_command("flush", verbosity=0, interactive=False)


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
