"""The storm: workers killed, the broker wiped and gone, the database crashed, and nothing is lost.

Two hundred deals in short form, but whole: from the draft over license, escrow, laboratory and
dispatch to the reconciled remittance, each through REST and the processes' workers. Whoever gets
no answer sends the same again under the same key.
"""

import json
import os
from dataclasses import dataclass
from typing import Final

import pytest

from audits import grants
from audits.sealing import deployment
from devstack.stack import Stack
from tests.trust import nemesis, plays
from tests.trust.company import Company
from tests.trust.nemesis import Nemesis
from tests.trust.plays import SOLD_AT_HOME, Ground, Play
from tests.trust.reckoning import Reckoning
from tests.trust.stubborn import Cast

DEALS: Final = int(os.environ.get("TOLLGATE_TRUST_DEALS", "200"))


@dataclass(frozen=True)
class Storm:
    """What is left when it is over."""

    cast: Cast
    plays: list[Play]
    struck: list[str]
    reckoning: Reckoning


@pytest.fixture(scope="module")
def storm(stack: Stack, ground: Ground, seed: int) -> Storm:
    """Play all deals while the stack is being broken, and let what is left come to its end."""
    breaker = Nemesis(stack, nemesis.plan(seed))
    company = Company(plays.write(ground, count=DEALS, seed=seed), breaker.share)
    with breaker.at_work(company.progress, company.has_ended):
        company.perform()
    reckoning = Reckoning(stack.environment("tollgate_auditor")["DATABASE_URL"])
    reckoning.wait_for_calm()
    return Storm(ground.cast, list(company.plays), breaker.struck, reckoning)


def test_every_fault_struck_and_was_felt(storm: Storm) -> None:
    counts = dict.fromkeys(nemesis.DUE, 0)
    for strike in storm.struck:
        counts[strike.partition("/")[0]] += 1
    assert counts == nemesis.DUE
    assert sum(counts[name] for name in nemesis.KILLS) == 20
    # Which of the two a kill interrupts, and whether it does, is chance: of twenty some do.
    assert storm.reckoning.interrupted_work() + storm.cast.unknown().total() > 0


def test_all_work_is_done_and_none_died(storm: Storm) -> None:
    assert storm.reckoning.work_never_finished() == []


def test_each_deal_has_each_of_its_events_exactly_once(storm: Storm) -> None:
    assert storm.reckoning.odd_deals(storm.plays) == {}


def test_every_stream_is_whole(storm: Storm) -> None:
    assert storm.reckoning.torn_streams() == []


def test_whatever_was_receipted_is_in_the_journal(storm: Storm) -> None:
    receipts = storm.cast.receipts()
    assert len(receipts) > DEALS * 10
    assert storm.reckoning.lost_receipts(receipts) == set()


def test_every_event_has_its_place_in_the_log_after_its_cause(storm: Storm) -> None:
    assert storm.reckoning.becomes_dense()
    assert storm.reckoning.effects_before_causes() == []


def test_the_ledger_holds_what_the_deals_say(storm: Storm) -> None:
    price = sum(play.price_cents for play in storm.plays)
    levy = sum(play.levy_cents for play in storm.plays)
    assert storm.reckoning.balances() == {
        "bank_clearing": (price, levy, 0),
        "escrow": (price, price, 0),
        "treasury_payable": (levy, levy, 0),
        "exporter_payable": (0, price - levy, 0),
    }
    assert storm.reckoning.repeated_transfers() == []


def test_the_allotment_holds_what_the_deals_say(storm: Storm) -> None:
    gone = sum(play.quantity for play in storm.plays)
    assert storm.reckoning.volume() == (SOLD_AT_HOME, 0, gone)


def test_verify_finds_no_difference(storm: Storm, stack: Stack) -> None:
    assert storm.plays
    finished = stack.manage("verify", "--json", role="tollgate_auditor", check=False)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["differences"]) == (0, [])
    assert {"ledger", "allotments", "read_models", "tree", "checkpoints", "times"} <= set(
        report["passed"]
    )


def test_every_process_told_of_its_code_once_however_often_it_was_started(storm: Storm) -> None:
    told = {(process, 1, login) for process, login in deployment.LOGINS.items()}
    told.add(("signer", 1, grants.SEALER))  # by the sealer
    assert set(storm.reckoning.told_of_code()) == told


def test_sealing_went_on_and_was_never_halted(storm: Storm) -> None:
    assert storm.reckoning.halts_of_sealing() == []
    assert storm.reckoning.becomes_covered(storm.reckoning.log_size())
