"""A jar with a history, for whoever tampers with it."""

from uuid import UUID

import pytest

from audits.sequencing import Sequencer
from tests.audits import histories


@pytest.fixture
def jar() -> UUID:
    """Four events in one stream, before and after those of others, all of them in the log."""
    histories.smashed_jar()
    jar = histories.full_jar(100, 200, 300)
    histories.smashed_jar()
    Sequencer().run_until_empty()
    return jar
