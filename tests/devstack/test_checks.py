"""`./tollgate test`: all gates run, each failure is told, and one failure is enough."""

import sys
from contextlib import nullcontext

import pytest

from devstack import checks, openapi
from devstack.checks import GATES, PRODUCTION, Gate, run_gates

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "servers", lambda: nullcontext(ENVIRONMENT))


def gate(name: str, code: str) -> Gate:
    return Gate(name, (sys.executable, "-c", code))


def test_all_gates_run_even_if_one_fails(capsys: pytest.CaptureFixture[str]) -> None:
    gates = (
        gate("first", "print('all is well')"),
        gate("second", "import sys; print('this is wrong'); sys.exit(3)"),
        gate("third", "print('all is well')"),
    )
    assert run_gates(gates, ENVIRONMENT) == ["second"]
    shown = capsys.readouterr().out
    assert [line.split()[:2] for line in shown.splitlines() if line != "this is wrong"] == [
        ["first", "ok"],
        ["second", "FAILED"],
        ["third", "ok"],
    ]
    assert "this is wrong" in shown
    assert "all is well" not in shown


def test_what_a_gate_says_on_standard_error_is_told_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_gates((gate("loud", "import sys; sys.exit('it broke')"),), ENVIRONMENT)
    assert "it broke" in capsys.readouterr().out


@pytest.mark.usefixtures("no_servers")
@pytest.mark.parametrize("failing", [*(gate.name for gate in GATES), "tests"])
def test_one_failure_of_any_kind_fails_the_whole(
    failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        checks,
        "run_gates",
        lambda gates, _: [known.name for known in gates if known.name == failing],
    )
    monkeypatch.setattr(checks, "run_tests", lambda *_: failing != "tests")
    assert checks.main([]) == 1


@pytest.mark.usefixtures("no_servers")
def test_it_passes_when_everything_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "run_gates", lambda *_: [])
    monkeypatch.setattr(checks, "run_tests", lambda *_: True)
    assert checks.main([]) == 0


def test_the_gates_find_a_database_and_a_broker() -> None:
    with checks.servers() as variables:
        ping = Gate("ping", checks.manage("check", "--database", "default"))
        assert checks.run_gate(ping, variables).passed


def test_the_gates_are_the_ones_promised() -> None:
    assert {known.name for known in GATES} == {
        "types",
        "import contracts",
        "format",
        "lint",
        "openapi",
        "documents",
        "migrations",
        "deployment",
    }


def test_deployment_is_checked_as_an_operator_would_run_it() -> None:
    deployment = next(known for known in GATES if known.name == "deployment")
    assert deployment.variables == PRODUCTION
    assert "--deploy" in deployment.command


def test_a_difference_between_documents_is_shown_line_by_line() -> None:
    assert openapi.difference("a: 1\nb: 2\n", "a: 1\nb: 2\n") == ""
    assert "-b: 2\n+b: 3\n" in openapi.difference("a: 1\nb: 2\n", "a: 1\nb: 3\n")
