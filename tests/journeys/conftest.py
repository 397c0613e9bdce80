"""A stage that is committed for real: deferred constraints of the database speak, too."""

from collections.abc import Iterator

import pytest

from audits import verification
from audits.sequencing import Sequencer
from tests.support.deal import Stage


@pytest.fixture
def stage(transactional_db: None) -> Iterator[Stage]:  # noqa: ARG001 -- commits are part of the play
    """Prepare an edition, a list, a product and a laboratory; in the end judge all verdicts again."""
    prepared = Stage()
    prepared.prepare()
    yield prepared
    Sequencer().run_until_empty()
    assert verification.verify(only=("judged_again",)).differences == ()
