"""A world that nobody tampered with shows no difference."""

import pytest

from audits import reading, verification
from licenses.domain.processes import PROCESSES
from licenses.domain.processes.model import Noted
from tests.licenses.verification.histories import Played


@pytest.mark.usefixtures("played")
def test_a_healthy_world_has_no_difference() -> None:
    assert verification.verify() == verification.Report(passed=tuple(verification.checks()))


@pytest.mark.parametrize("deal", ["remitted", "short", "revoked", "refunded"])
def test_nothing_is_left_to_be_done_in_a_deal(played: Played, deal: str) -> None:
    correlation_id = getattr(played, deal).application_id
    recorded = reading.read_correlated(correlation_id)
    noted = [
        Noted(stream_id=each.stream_id, version=each.version, event=each.data) for each in recorded
    ]
    assert len(noted) > 8
    for process in PROCESSES:
        assert process.intents(noted) == (), process.name
