"""Redis was never there: everything is accepted, and the sweeper alone brings it to its end."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from devstack import cast, paths
from devstack.stack import VALKEY, WORKER, Shape, Stack
from tests.trust import plays
from tests.trust.company import Company
from tests.trust.plays import Ground
from tests.trust.reckoning import Reckoning
from tests.trust.stubborn import Cast

DEALS: Final = int(os.environ.get("TOLLGATE_TRUST_DEALS_ALONE", "30"))
WITHOUT: Final = Shape(
    isolated=True,
    redis=False,
    web_processes=1,
    workers=0,
    sealing=False,
    # All deals share an allotment: on a busy machine its lock is not had within the usual 5 s.
    variables={"DATABASE_LOCK_TIMEOUT_MS": "30000"},
)


@pytest.fixture
def alone() -> Iterator[Stack]:
    """Run database, web, sequencer and sweeper; the address of Redis leads nowhere."""
    state = Path(tempfile.mkdtemp(prefix="tollgate-trust-"))
    with Stack(state, WITHOUT) as running:
        yield running
    paths.remove_state(state)


def test_all_deals_come_to_their_end_without_redis(alone: Stack, seed: int) -> None:
    assert alone.valkey is None
    assert not {VALKEY, WORKER} & alone.children.keys()
    with Cast.logged_in(alone.url, cast.enroll(alone)) as people:
        deals = plays.write(Ground.prepared(people), count=DEALS, seed=seed)
        Company(deals).perform()
        assert people.unknown() == {}
    reckoning = Reckoning(alone.environment("tollgate_auditor")["DATABASE_URL"])
    assert reckoning.work_never_finished() == []
    assert reckoning.odd_deals(deals) == {}
    assert reckoning.becomes_dense()
    alone.manage("verify", "--json", role="tollgate_auditor")
