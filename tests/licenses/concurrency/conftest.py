"""A world that is committed for real, and found sound after every test."""

from collections.abc import Iterator

import pytest

from audits import verification
from tests.support.world import World


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:  # noqa: ARG001 -- commits are part of the play
    """Prepare a stage; whatever happened on it must leave no difference."""
    prepared = World()
    prepared.prepare()
    yield prepared
    prepared.settle()
    assert verification.verify() == verification.Report(passed=tuple(verification.checks()))
