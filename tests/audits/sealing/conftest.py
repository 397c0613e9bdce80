"""The office in which checkpoints are published, and its witnesses."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from audits.sealing import witnesses
from audits.sealing.witnesses import Policy
from tests.audits.sealing.office import Office
from tests.audits.sealing.watchers import running


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:  # noqa: ARG001 -- its key is an event
    return Office(tmp_path)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give witnesses of this machine, which may be busy, the time that they need."""
    monkeypatch.setattr(witnesses, "ANSWER_SECONDS", 120.0)


@pytest.fixture
def policy(office: Office, tmp_path: Path) -> Iterator[Policy]:
    """Two witnesses, both needed."""
    with ExitStack() as exits:
        both = [
            exits.enter_context(running(tmp_path, name, str(office.key)))
            for name in ("one.witness.test", "two.witness.test")
        ]
        yield Policy(tuple(both), 2)
