"""The office in which checkpoints are published."""

from pathlib import Path

import pytest

from audits.sealing import witnesses
from tests.audits.sealing.office import Office


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:  # noqa: ARG001 -- its key is an event
    return Office(tmp_path)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give witnesses of this machine, which may be busy, the time that they need."""
    monkeypatch.setattr(witnesses, "ANSWER_SECONDS", 120.0)
