"""Read models are rebuilt beside the live ones while writers go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier, Thread
from threading import Event as Signal
from time import monotonic, sleep
from typing import Any, Final

import pytest

from audits import rebuilding, verification
from audits.rebuilding import rebuild
from tests.licenses.verification.tampering import run
from tests.support.database import on_own_connection
from tests.support.world import World

MOST: Final = 5_000
"""More than anybody writes while a busy machine rebuilds; who hangs is stopped there."""
PATIENCE_SECONDS: Final = 120.0


@dataclass
class Writer:
    """Registers customers, one after the other, on a connection of its own."""

    world: World
    written: list[int] = field(default_factory=list)
    enough: Signal = field(default_factory=Signal)

    def work(self, _number: int) -> None:
        while not self.enough.is_set() and len(self.written) < MOST:
            self.world.registered_customer(f"late-{len(self.written)}")
            self.written.append(1)

    def go_on(self, count: int) -> None:
        """Wait until so many more were written."""
        target = len(self.written) + count
        end = monotonic() + PATIENCE_SECONDS
        while len(self.written) < target:
            assert monotonic() < end, "the writer does not go on"
            sleep(0.05)


@contextmanager
def writing(world: World) -> Iterator[Writer]:
    writer = Writer(world)
    thread = Thread(target=on_own_connection(writer.work), args=(0,))
    thread.start()
    try:
        writer.go_on(2)
        yield writer
    finally:
        writer.enough.set()
        thread.join()


def test_writers_go_on_and_nothing_of_theirs_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived = rebuilding._derive_all  # noqa: SLF001 -- the very moment that matters
    with writing(world) as writer:

        def derive_all(*arguments: Any) -> None:
            """Let the writer go on between what is derived and what is locked."""
            derived(*arguments)
            writer.go_on(2)

        monkeypatch.setattr(rebuilding, "_derive_all", derive_all)
        run("UPDATE customers_customer SET name = 'somebody else'")
        [found] = rebuild(["customer"])
        writer.go_on(1)
    assert found.replaced >= 2
    assert found.caught_up >= 2
    assert verification.verify(only=("read_models",)).is_sound


def test_what_is_written_at_the_last_moment_is_caught_up_while_writers_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow, switch = rebuilding._follow, rebuilding._switch  # noqa: SLF001 -- before the lock and under it
    waited: list[int] = []
    with writing(world) as writer:

        def follow_and_fall_behind(*arguments: Any) -> int:
            """Let the writer go on once more before the lock."""
            count = follow(*arguments)
            writer.go_on(2)
            return count

        def switch_slowly(live: Any) -> int:
            """Give the writer time that it must not use, but for what it had committed."""
            before = len(writer.written)
            sleep(0.5)
            waited.append(len(writer.written) - before)
            return switch(live)

        monkeypatch.setattr(rebuilding, "_follow", follow_and_fall_behind)
        monkeypatch.setattr(rebuilding, "_switch", switch_slowly)
        [found] = rebuild(["customer"])
        writer.go_on(1)
    assert found.replaced == 0
    assert found.caught_up >= 2
    assert waited[0] <= 1
    assert verification.verify(only=("read_models",)).is_sound


def test_two_rebuilds_at_once_switch_one_after_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = rebuilding._switch  # noqa: SLF001 -- where only one may be
    inside: list[int] = []
    together: list[int] = []
    for number in range(3):
        world.registered_customer(f"early-{number}")
    assert run("UPDATE customers_customer SET name = 'somebody else'") >= 3
    replaced: list[int] = []
    both = Barrier(2, timeout=PATIENCE_SECONDS)

    def switch_slowly(live: Any) -> int:
        """Give the other time that it must not use."""
        inside.append(1)
        sleep(0.5)
        together.append(len(inside))
        count = switch(live)
        inside.pop()
        return count

    monkeypatch.setattr(rebuilding, "_switch", switch_slowly)

    def work(_number: int) -> None:
        both.wait()
        replaced.extend(found.replaced for found in rebuild(["customer"]))

    threads = [Thread(target=on_own_connection(work), args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replaced) == 2
    assert together == [1, 1]
    assert min(replaced) == 0 < max(replaced)
    assert verification.verify(only=("read_models",)).is_sound
