"""Read models are rebuilt beside the live ones while writers go on."""

from threading import Event as Signal
from threading import Thread

import pytest

from audits import rebuilding, verification
from audits.rebuilding import rebuild
from tests.licenses.verification.tampering import run
from tests.support.database import on_own_connection
from tests.support.world import World


def test_writers_go_on_and_nothing_of_theirs_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, enough = Signal(), Signal()
    written: list[int] = []

    def write(_number: int) -> None:
        while not enough.is_set() and len(written) < 200:
            world.registered_customer(f"late-{len(written)}")
            written.append(1)
            begun.set()

    monkeypatch.setattr(rebuilding, "BATCH_SIZE", 2)
    writer = Thread(target=on_own_connection(write), args=(0,))
    writer.start()
    try:
        assert begun.wait(30)
        run("UPDATE customers_customer SET name = 'somebody else'")
        found = [rebuilt for _ in range(5) for rebuilt in rebuild(["customer"])]
    finally:
        enough.set()
        writer.join(60)
    assert len(written) > 1
    assert verification.verify(only=("read_models",)).is_sound
    assert found[0].replaced >= 1
    assert sum(each.caught_up for each in found) >= 1
