"""A stage that is committed for real: deferred constraints of the database speak, too."""

from collections.abc import Iterator

import pytest

from audits import verification
from audits.differences import Look, Silence
from audits.sequencing import Sequencer
from licenses.auditing.recompute import recompute
from tests.support.stage import Stage


@pytest.fixture
def stage(transactional_db: None) -> Iterator[Stage]:  # noqa: ARG001 -- commits are part of the play
    """Prepare an edition, a list, a product and a laboratory; in the end take all decisions again."""
    prepared = Stage()
    prepared.prepare()
    yield prepared
    Sequencer().run_until_empty()
    assert verification.verify(only=("judged_again",)).differences == ()
    found = recompute(Look(name="recompute", progress=Silence()))
    assert found.otherwise == ()
    assert found.unexplained == (), "each command can be rebuilt from what it recorded"
