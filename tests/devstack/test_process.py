"""Child processes: they end when they are told to, and never outlive whoever started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest

from devstack import paths
from devstack.process import Child, Program, launcher
from tests.devstack.conftest import PATIENCE_SECONDS, alive, eventually

SLEEP = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
WITH_HELPER = f"import subprocess; subprocess.Popen(['/bin/sleep', '600']); {STUBBORN}"
SUPERVISOR = """
import sys, time
from pathlib import Path
from devstack.process import Child, Program
child = Child(Program(command=["/bin/sleep", "600"], log=Path(sys.argv[1])))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.stop()


IMPATIENT_SECONDS = 0.5
"""For those who would wait for it in vain: everybody else ends, however busy the machine is."""


def start(
    children: list[Child], directory: Path, code: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> Child:
    program = Program(
        command=[sys.executable, "-c", code],
        log=directory / "log",
        patience_seconds=patience_seconds,
    )
    child = Child(program)
    children.append(child)
    child.start()
    assert eventually(lambda: "ready" in child.log_tail())
    return child


def test_a_child_ends_when_asked(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, SLEEP)
    assert child.is_running()
    assert child.exit_code is None
    child.kill(signal.SIGTERM)
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_made_to_end(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, STUBBORN, patience_seconds=IMPATIENT_SECONDS)
    pid = child.pid
    child.stop()
    assert not psutil.pid_exists(pid)


def test_stopping_ends_the_helpers_of_a_child_too(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, WITH_HELPER, patience_seconds=IMPATIENT_SECONDS)
    (helper,) = psutil.Process(child.pid).children()
    child.stop()
    assert eventually(lambda: not alive(helper))


def test_killing_a_child_leaves_its_helpers(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, WITH_HELPER)
    (helper,) = psutil.Process(child.pid).children()
    child.kill()
    assert helper.is_running()
    child.kill_group()
    assert eventually(lambda: not alive(helper))


def test_stopping_twice_or_before_the_start_changes_nothing(tmp_path: Path) -> None:
    child = Child(Program(command=["/bin/true"], log=tmp_path / "log"))
    child.stop()
    child.stop()
    assert not child.is_running()
    with pytest.raises(RuntimeError, match="was never started"):
        _ = child.pid


def test_a_child_outlives_the_thread_that_started_it(children: list[Child], tmp_path: Path) -> None:
    starter = Thread(target=lambda: start(children, tmp_path, SLEEP))
    starter.start()
    starter.join()
    time.sleep(0.2)
    assert children[0].is_running()


def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        os.kill(parent.pid, signal.SIGKILL)
    assert eventually(lambda: not alive(child))


def test_who_is_started_in_the_background_of_a_shell_can_be_told_to_die() -> None:
    tell = "import signal; print(signal.getsignal(signal.SIGQUIT) == signal.SIG_DFL)"
    told = [*launcher("same", signal.SIGQUIT), sys.executable, "-c", tell]
    ignoring = ["/bin/sh", "-c", 'trap "" QUIT; exec "$@"', "sh", *told]
    done = subprocess.run(ignoring, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"
