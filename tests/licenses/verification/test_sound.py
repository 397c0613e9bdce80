"""A world that nobody tampered with shows no difference."""

import pytest

from audits import verification


@pytest.mark.usefixtures("played")
def test_a_healthy_world_has_no_difference() -> None:
    assert verification.verify() == verification.Report(passed=tuple(verification.checks()))
