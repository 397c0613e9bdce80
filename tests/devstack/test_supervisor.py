"""What has ended by itself is started again: at once, then ever more slowly."""

import time
from collections.abc import Iterator

import pytest

from devstack import supervisor as supervisors
from devstack.supervisor import Supervisor
from tests.devstack.conftest import eventually


class Fragile:
    """A part that runs until it is told to end, and may refuse to start."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.running = True
        self.lives = True
        self.refusals = 0

    def start(self) -> None:
        self.starts.append(time.monotonic())
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("not yet")
        self.running = self.lives

    def kill(self) -> None:
        self.running = False

    def is_running(self) -> bool:
        return self.running


@pytest.fixture
def fragile() -> Fragile:
    return Fragile()


@pytest.fixture
def supervisor(fragile: Fragile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    for name, seconds in (("LOOK", 0.005), ("FIRST_PAUSE", 0.05), ("LONGEST_PAUSE", 0.2)):
        monkeypatch.setattr(supervisors, f"{name}_SECONDS", seconds)
    watching = Supervisor()
    watching.watch("part", fragile)
    watching.start()
    yield watching
    watching.stop()


def test_what_runs_is_left_alone(supervisor: Supervisor, fragile: Fragile) -> None:
    time.sleep(0.2)
    assert fragile.starts == []
    assert supervisor.restarts("part") == 0


def test_what_has_ended_is_started_again(supervisor: Supervisor, fragile: Fragile) -> None:
    fragile.kill()
    assert eventually(lambda: fragile.running)
    assert supervisor.restarts("part") == 1


@pytest.mark.usefixtures("supervisor")
def test_what_ends_again_and_again_is_started_ever_more_slowly(fragile: Fragile) -> None:
    fragile.lives = False
    fragile.kill()
    assert eventually(lambda: len(fragile.starts) >= 5)
    pauses = [
        later - earlier for earlier, later in zip(fragile.starts, fragile.starts[1:], strict=False)
    ]
    assert pauses[0] >= 0.1
    assert pauses[1] >= 0.2
    assert pauses[3] >= 0.2


@pytest.mark.usefixtures("supervisor")
def test_a_start_that_fails_is_tried_again(fragile: Fragile) -> None:
    fragile.refusals = 2
    fragile.kill()
    assert eventually(lambda: fragile.running)
    assert len(fragile.starts) == 3


def test_what_is_held_stays_down_until_it_is_let_go(
    supervisor: Supervisor, fragile: Fragile
) -> None:
    with supervisor.holding("part"):
        fragile.kill()
        time.sleep(0.2)
        assert fragile.starts == []
    assert fragile.running


def test_a_stopped_supervisor_starts_nothing(supervisor: Supervisor, fragile: Fragile) -> None:
    supervisor.stop()
    fragile.kill()
    time.sleep(0.2)
    assert fragile.starts == []
