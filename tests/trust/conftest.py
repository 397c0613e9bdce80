"""One whole stack for the trust tests of this session: real servers, roles, web, workers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from audits import grants
from devstack import cast, paths
from devstack.stack import Shape, Stack
from tests.support.world import enroll_cast, logged_in
from tests.trust.plays import Ground
from tests.trust.scenes import Scenes
from tests.trust.stubborn import Cast

SHAPE = Shape(isolated=True, durable=True, web_processes=2, web_threads=8, workers=2)


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Give the seed that the head of every run prints; `--randomly-seed=…` repeats the run."""
    chosen = int(pytestconfig.getoption("randomly_seed"))
    print(f"seed: {chosen}")  # noqa: T201 -- shown with every failure
    return chosen


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Run everything as it runs for an operator, durably, on servers of its own."""
    state = Path(tempfile.mkdtemp(prefix="tollgate-trust-"))
    with Stack(state, SHAPE) as running:
        yield running
    paths.remove_state(state)


@pytest.fixture(scope="session")
def people(stack: Stack) -> Iterator[Cast]:
    """Log everybody in."""
    with Cast.logged_in(stack.url, cast.enroll(stack)) as everybody:
        yield everybody


@pytest.fixture(scope="session")
def ground(people: Cast) -> Ground:
    """Bring about what every deal rests on."""
    return Ground.prepared(people)


@pytest.fixture(scope="module")
def scenes(
    django_db_setup: None,  # noqa: ARG001 -- the database must be there
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Scenes]:
    """Bring every aggregate into every state, once for a module; its tests undo what they do."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Scenes.played()
        transaction.set_rollback(True)


@pytest.fixture
def as_web() -> Iterator[None]:
    """Do all of it as the web service's login, after enrolling the cast."""
    enroll_cast()
    with logged_in(grants.WEB):
        yield
