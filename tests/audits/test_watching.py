"""Loops that watch: they end on a signal, rest when nothing is found, outlast the database."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest
from django.db import InterfaceError, OperationalError

from audits import watching
from audits.watching import watch

LONG_SECONDS = 60.0


def steps(*findings: int | Exception) -> tuple[Callable[[], int], list[int | Exception]]:
    """Make a step that finds these, one a call, and asks to stop with the last; and what it did."""
    coming: Iterator[int | Exception] = iter(findings)
    done: list[int | Exception] = []

    def step() -> int:
        found = next(coming)
        done.append(found)
        if len(done) == len(findings):
            signal.raise_signal(signal.SIGTERM)
        if isinstance(found, Exception):
            raise found
        return found

    return step, done


def test_it_does_not_rest_while_there_is_work() -> None:
    step, done = steps(3, 1, 2)
    watch(step, interval_seconds=LONG_SECONDS)
    assert done == [3, 1, 2]


def test_it_rests_when_nothing_is_found() -> None:
    step, done = steps(0, 0, 0)
    begun = time.monotonic()
    watch(step, interval_seconds=0.2)
    assert done == [0, 0, 0]
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_rest(number: signal.Signals) -> None:
    begun = time.monotonic()
    sender = Timer(0.2, os.kill, [os.getpid(), number])
    sender.start()
    watch(lambda: 0, interval_seconds=LONG_SECONDS)
    sender.join()
    assert time.monotonic() - begun < LONG_SECONDS


def test_the_earlier_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    step, _ = steps(1)
    watch(step, interval_seconds=LONG_SECONDS)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_it_outlasts_an_absent_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AWAY_SECONDS", 0.01)
    step, done = steps(OperationalError("gone"), InterfaceError("closed"), 1)
    watch(step, interval_seconds=LONG_SECONDS)
    assert done[-1] == 1


def test_any_other_failure_ends_it() -> None:
    step, _ = steps(1, LookupError("a bug"), 1)
    with pytest.raises(LookupError, match="a bug"):
        watch(step, interval_seconds=LONG_SECONDS)


def test_it_gives_a_sign_of_life_after_each_step(tmp_path: Path) -> None:
    step, _ = steps(1)
    heartbeat = tmp_path / "alive"
    watch(step, interval_seconds=LONG_SECONDS, heartbeat=heartbeat)
    assert heartbeat.exists()


def test_it_gives_none_while_the_database_is_away(tmp_path: Path) -> None:
    step, _ = steps(OperationalError("gone"))
    heartbeat = tmp_path / "alive"
    watch(step, interval_seconds=LONG_SECONDS, heartbeat=heartbeat)
    assert not heartbeat.exists()
