"""Every benchmark runs, at a size that measures nothing, and says what it should."""

import json
import sys
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks import report, suite
from benchmarks.ground import server
from benchmarks.measures import TINY, Ceiling, Goal, Result, Size, compare
from devstack import environment, paths

PROMISED = {
    "append_vs_bare_psycopg": 0.6,
    "append_vs_eventsourcing": 4.0,
    "read_typed_vs_orjson_dicts": 0.9,
    "fold_vs_eventsourcing": 5.0,
    "command_vs_crud": 0.7,
    "append_at_1m_vs_empty": 0.85,
    "replay_vs_eventsourcing": 5.0,
    "replay_vs_untyped_read": 0.5,
    "seal_overhead": 0.85,
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, suite.Outcome]:
    """Everything, measured once on one server."""
    return suite.run(TINY, frozenset(suite.KEYS), lambda _line: None)


def test_every_promised_ratio_is_measured_against_its_goal(
    outcomes: dict[str, suite.Outcome],
) -> None:
    goals = {
        key: outcome.goal
        for key, outcome in outcomes.items()
        if isinstance(outcome, Result) and outcome.goal is not None
    }
    assert goals == PROMISED


def test_every_rate_is_a_rate(outcomes: dict[str, suite.Outcome]) -> None:
    results = [outcome for outcome in outcomes.values() if isinstance(outcome, Result)]
    assert len(results) == len(PROMISED) + 2
    for result in results:
        assert len(result.ours.runs) == len(result.peer.runs) == TINY.pairs
        assert min(*result.ours.runs, *result.peer.runs) > 0
        assert result.lowest_ratio <= result.ratio <= result.highest_ratio


def test_reading_stays_below_its_memory_limit(outcomes: dict[str, suite.Outcome]) -> None:
    weighed = outcomes["read_peak_mb"]
    assert isinstance(weighed, Ceiling)
    assert 0 < weighed.value < weighed.limit == 200
    assert weighed.met


def test_sealing_keeps_up(outcomes: dict[str, suite.Outcome]) -> None:
    lag = outcomes["seal_lag_p99_s"]
    assert isinstance(lag, Ceiling)
    assert lag.limit == 2
    assert lag.value > 0
    assert lag.notes["events"] >= 200


def test_proofs_come_soon_and_a_bundle_is_verified_within_its_limits(
    outcomes: dict[str, suite.Outcome],
) -> None:
    limits = {"proof_p99_ms": 50, "verify_bundle_s": 120, "verify_bundle_peak_mb": 300}
    for key, limit in limits.items():
        found = outcomes[key]
        assert isinstance(found, Ceiling)
        assert found.limit == limit
        assert found.value > 0
    proofs, verified = outcomes["proof_p99_ms"].notes, outcomes["verify_bundle_s"].notes
    assert proofs["leaves"] >= TINY.log_events
    assert 0 < proofs["inclusion"]["most_hashes"] <= proofs["leaves"].bit_length()
    assert 0 < proofs["consistency"]["most_hashes"] <= proofs["leaves"].bit_length() + 1
    assert verified["events"] >= TINY.log_events


def test_a_long_timeline_takes_as_many_queries_as_a_short_one(
    outcomes: dict[str, suite.Outcome],
) -> None:
    counted = outcomes["timeline_queries"]
    assert isinstance(counted, Ceiling)
    assert (counted.value, counted.met) == (0, True)
    assert counted.notes["queries"]["30"] == counted.notes["queries"]["3000"] > 0
    assert counted.notes["peer_queries"]["3000"] > counted.notes["queries"]["3000"]


def test_the_table_names_every_key(outcomes: dict[str, suite.Outcome]) -> None:
    page = StringIO()
    report.table(outcomes, Console(file=page, width=command.WIDTH))
    assert all(key in page.getvalue() for key in suite.KEYS)


def test_sides_take_turns_and_the_first_run_does_not_count() -> None:
    turns = []
    rates = iter([1.0, 1.0, 30.0, 10.0, 80.0, 20.0, 50.0, 25.0])

    def side(name: str) -> float:
        turns.append(name)
        return next(rates)

    result = compare(Goal("key", 3.0), ("ours", lambda: side("A")), ("peer", lambda: side("B")), 3)
    assert "".join(turns) == "AB" * 4
    assert (result.lowest_ratio, result.ratio, result.highest_ratio) == (2.0, 3.0, 4.0)
    assert result.ours.runs == (30.0, 80.0, 50.0)
    assert result.met


@pytest.mark.parametrize(("goal", "met", "mark"), [(2.0, True, "ok"), (2.1, False, "MISSED")])
def test_a_goal_is_met_at_its_very_value(goal: float, *, met: bool, mark: str) -> None:
    result = compare(Goal("key", goal), ("ours", lambda: 2.0), ("peer", lambda: 1.0), 1)
    assert result.met is met
    assert report.mark(result) == mark


def test_json_says_what_was_measured_where_and_with_what(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    def run(size: Size, keys: frozenset[str], _say: object) -> dict[str, suite.Outcome]:
        assert (size.pairs, keys) == (3, frozenset({"fold_vs_eventsourcing"}))
        goal = Goal("fold_vs_eventsourcing", 5.0)
        return {goal.key: compare(goal, ("ours", lambda: 6.0), ("peer", lambda: 1.0), size.pairs)}

    monkeypatch.setattr(suite, "run", run)
    command.main(["--json", "--quick", "--only", "fold_vs_eventsourcing"])
    said = json.loads(capsysbinary.readouterr().out)
    assert said["results"]["fold_vs_eventsourcing"]["ratio"] == 6.0
    assert said["size"] == "quick"
    assert said["machine"]["python"] == sys.version.split()[0]
    assert set(said["versions"]) == set(report.LIBRARIES)
    assert msgspec.convert(said["parameters"], Size).pairs == 3


def test_an_unknown_key_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--only", "speed"])
    assert "append_vs_bare_psycopg" in capsys.readouterr().err


def test_the_server_leaves_nothing_behind() -> None:
    with server() as base:
        signer = paths.private_directory(base.state / "a log")
        environment.sealing(signer, "tollgate_sealer")
        places = [base.state, paths.short_directory(base.state), paths.short_directory(signer)]
        assert all(place.exists() for place in places)
    assert not any(place.exists() for place in places)
