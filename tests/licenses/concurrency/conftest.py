"""A world that is committed for real, and found sound after every test."""

from collections.abc import Iterator

import pytest

from audits import verification
from audits.differences import Look, Silence
from audits.sequencing import Sequencer
from licenses.auditing.recompute import recompute
from tests.support.world import World


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:  # noqa: ARG001 -- commits are part of the play
    """Prepare a stage; whatever happened on it leaves no difference, and can be decided again.

    Where a test blinds a request, so that two hold the same units, that one is named.
    """
    prepared = World()
    prepared.prepare()
    yield prepared
    prepared.settle()
    assert verification.verify() == verification.Report(passed=tuple(verification.checks()))
    Sequencer().run_until_empty()
    found = recompute(Look(name="recompute", progress=Silence()))
    assert not found.unexplained
    assert not found.not_taken, "who lost a race was refused by a decision that saw who had won"
    assert all("serial_already_shipped" in each.detail for each in found.otherwise), found.otherwise
