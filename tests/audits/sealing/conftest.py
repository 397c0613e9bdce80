"""The office in which checkpoints are published."""

from pathlib import Path

import pytest

from tests.audits.sealing.office import Office


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:  # noqa: ARG001 -- its key is an event
    return Office(tmp_path)
