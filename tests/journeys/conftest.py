"""A stage that is committed for real: deferred constraints of the database speak, too."""

import pytest

from tests.support.deal import Stage


@pytest.fixture
def stage(transactional_db: None) -> Stage:  # noqa: ARG001 -- commits are part of the play
    """Prepare an edition, a list, a product and a laboratory."""
    prepared = Stage()
    prepared.prepare()
    return prepared
