"""An audit that finds what a test says, and what comes of it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from audits import execution, reading, work
from audits.differences import Difference
from audits.domain import finding
from audits.findings import finding_id, scheduled
from audits.kernel import Command
from tests.audits.histories import context_of
from tests.support.client import person_of

HOUR: Final = timedelta(hours=1)
SLOTS: Final = itertools.count(1)


class Looking:
    """An audit that finds what a test says."""

    def __init__(self) -> None:
        self.found: list[Difference] = []

    def __call__(self, _now: datetime) -> list[Difference]:
        return self.found

    def finds(self, *subjects: str, detail: str = "expected 1, found 2") -> None:
        """Find these things from now on, and no others."""
        self.found = [
            Difference(kind="amiss", subject=subject, detail=detail) for subject in subjects
        ]


def run_audit() -> None:
    """Run the audit in a slot of time of its own."""
    scheduled.schedule(datetime(2026, 1, 1, tzinfo=UTC) + next(SLOTS) * HOUR)
    assert work.run_due() == 1


def state_of(subject: str) -> Any:
    return reading.load(finding.DECIDER, finding_id("toy", "amiss", subject)).state


def names(subject: str) -> list[str]:
    loaded = reading.load(finding.DECIDER, finding_id("toy", "amiss", subject))
    return [item.type for item in loaded.recorded]


def do(command: Command, target: UUID, actor: Any) -> reading.Receipt:
    person_of(actor)
    return execution.execute(command, target, context_of(actor))
