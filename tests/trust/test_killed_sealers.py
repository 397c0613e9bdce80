"""Sealers, signers and sequencers killed at random lines while appends go on: nothing to repair."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections

from audits import verification
from audits.sealing import checkpoints, keys, record
from audits.sealing.growing import grow_until_idle
from audits.sealing.outside import FileStore, Head
from audits.sealing.publishing import Publisher
from audits.sealing.signer import Signer
from audits.sequencing import Sequencer
from devstack import paths
from tests.audits.sealing import journals
from tests.support.database import connect_as

ORIGIN: Final = "tollgate.test/killed"
KILLS: Final = int(os.environ.get("TOLLGATE_TRUST_KILLS", "120"))
LIFE_SECONDS: Final = 0.25
"""How long somebody lives at most before the next kill."""
PATIENCE_SECONDS: Final = 300.0
"""On a busy machine hardly anybody lives long enough to publish: then more are killed, ever later."""
TEAM: Final = ("sealer", "sealer", "signer", "sequencer")
"""Two sealers at once: they are merely slow."""

OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
       AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass
class Site:
    """Where the killed write: a signer's directory, a store outside, and the test's database."""

    directory: Path
    alive: dict[int, str] = field(default_factory=dict)
    """Process id → which of the team."""
    amid: int = 0
    """After how many kills the store outside, the signer and the database held different trees."""

    @property
    def store(self) -> FileStore:
        """The store outside, as a process sees it that has just started."""
        return FileStore(self.directory / "checkpoints")

    @property
    def signer(self) -> Signer:
        return Signer(self.directory / "signer", ORIGIN, lambda: int(time.time()))

    def environment(self) -> dict[str, str]:
        address = urlsplit(os.environ["DATABASE_URL"])
        return os.environ | {
            "DATABASE_URL": address._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
            "TOLLGATE_LOG_ORIGIN": ORIGIN,
            "TOLLGATE_LOG_LEVEL": "CRITICAL",
            "TOLLGATE_CHECKPOINT_STORE": str(self.directory / "checkpoints"),
            "TOLLGATE_SIGNER_SOCKET": str(self.directory / "signer.sock"),
            "TOLLGATE_SIGNER_DIRECTORY": str(self.directory / "signer"),
        }

    def heads(self) -> set[tuple[int, bytes]]:
        """Collect what the three places hold as the newest tree."""
        outside, signed, last = self.store.head(), self.signer.last(), checkpoints.last()
        held = {(signed.size, signed.root)}
        held |= {(outside.size, outside.root)} if outside else set()
        return held | ({(last.size, last.root)} if last else set())


@contextmanager
def breeder(site: Site) -> Iterator[subprocess.Popen[str]]:
    """Start the process that the others are forked from; end all of them."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.trust.breeder"],
        cwd=paths.ROOT,
        env=site.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            for pid in site.alive:
                kill(pid)
            assert process.stdin is not None
            process.stdin.close()


def start(process: subprocess.Popen[str], site: Site, name: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{name}\n")
    process.stdin.flush()
    site.alive[int(process.stdout.readline())] = name


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def appending() -> Iterator[None]:
    """Append events, without a pause for whoever seals them, until the end."""
    ended = threading.Event()

    def append() -> None:
        while not ended.wait(0.005):
            journals.record(5)
        connections.close_all()

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def wait_until_alone() -> None:
    """Wait until the database is done with what the killed had asked of it last."""
    connections.close_all()
    end = time.monotonic() + PATIENCE_SECONDS
    with connect_as() as watcher:
        while True:
            [(others,)] = watcher.execute(OTHERS).fetchall()
            if not others:
                return
            assert time.monotonic() < end, f"{others} connections of the killed are still there"
            time.sleep(0.05)


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:  # noqa: ARG001 -- others write to it, too
    directory = Path(tempfile.mkdtemp(prefix="tollgate-killed-"))  # short enough for a socket
    keys.create(directory / "signer", ORIGIN)
    yield Site(directory)
    paths.remove_state(directory)


def test_who_is_killed_at_any_moment_leaves_nothing_to_repair(site: Site, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    with breeder(site) as process, appending():
        for name in TEAM:
            start(process, site, name)
        killed, end = 0, time.monotonic() + PATIENCE_SECONDS
        while killed < KILLS or (not site.amid and time.monotonic() < end):
            time.sleep(chance.uniform(0, LIFE_SECONDS) * (1 + killed // KILLS))
            pid = chance.choice(sorted(site.alive))
            kill(pid)
            killed += 1
            site.amid += len(site.heads()) > 1
            start(process, site, site.alive.pop(pid))
    wait_until_alone()
    print(f"{killed} killed, {site.amid} of them amid a publication")  # noqa: T201 -- with failures
    assert checkpoints.last() is not None
    assert site.amid > 0, "no kill came between the first and the last write"
    require_whole(site)


def require_whole(site: Site) -> None:
    """Publish once more, as a process that knows nothing of it; all places then hold one tree."""
    assert record.current().halt is None
    Sequencer().run_until_empty()
    grow_until_idle()
    published = Publisher(ORIGIN, site.store, site.signer).publish(now_s=int(time.time()))
    assert published is not None
    assert published.size > KILLS
    assert site.store.head() == Head(size=published.size, root=published.root)
    assert site.heads() == {(published.size, published.root)}
    checks = ("bytes", "versions", "log", "tree", "checkpoints", "times")
    assert verification.verify(only=checks) == verification.Report(passed=checks)
