"""The world in which every kind of deal was played, what was refused in it, and auditors' tools."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.licenses.auditing.attempts import Tried, play_and_try
from tests.licenses.verification.conftest import committed, in_the_log, played

__all__ = ["committed", "played"]


@pytest.fixture(scope="module")
def tried(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Tried]:  # noqa: ARG001 -- the database must be there
    """Play the deals of the module's world, and try what must not be."""
    with django_db_blocker.unblock(), in_the_log(play_and_try) as found:
        yield found
