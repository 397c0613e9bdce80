"""`./tollgate test`: every gate of the project, then the test suite.

All gates run even when one fails, side by side on the machine's processors; the test suite comes
last, so that its closing line is the last one printed. The exit code is 0 when all have passed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from devstack import paths
from devstack.environment import TESTING
from devstack.servers import SUPERUSER
from devstack.stack import SERVERS_ONLY, Stack

# As strict as an operator's machine is; the key is long enough and signs nothing.
PRODUCTION = {
    "TOLLGATE_HTTPS_ONLY": "true",
    "TOLLGATE_SECRET_KEY": "checked-for-its-length-and-variety-0123456789-abcdefghijklmn",
}


class Gate(msgspec.Struct, frozen=True):
    """One command that must succeed."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = {}


class Outcome(msgspec.Struct, frozen=True):
    """How a gate went."""

    gate: Gate
    passed: bool
    seconds: int
    output: str


def module(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a Python module of this environment."""
    return (sys.executable, "-m", *arguments)


def manage(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a management command."""
    return (sys.executable, "manage.py", *arguments)


# The slowest first, for the others to run beside it.
GATES = (
    Gate("types", module("mypy", ".")),
    Gate("import contracts", (str(Path(sys.executable).with_name("lint-imports")), "--no-cache")),
    Gate("format", module("ruff", "format", "--check", ".")),
    Gate("lint", module("ruff", "check", ".")),
    Gate("openapi", module("devstack.openapi")),
    Gate("documents", manage("document", "--check")),
    Gate("migrations", manage("makemigrations", "--check", "--dry-run")),
    Gate("deployment", manage("check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
)


# Two processes, each with a database of its own. A file's tests stay together, because what they
# stand on does. `./tollgate test -n 0` runs one test after the other.
SIDE_BY_SIDE = ("--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder")
# The same order of tests and the same examples whenever and wherever: what is red is red again, and
# what was green before a change stays so. `./tollgate test --randomly-seed=N --hypothesis-seed=N`
# tries others; pytest alone does each time.
REPEATABLE = ("--randomly-seed", "20261122", "--hypothesis-seed", "20261122")


def run_gate(gate: Gate, variables: Mapping[str, str]) -> Outcome:
    """Run one gate from the top of the checkout."""
    begun = time.monotonic()
    finished = subprocess.run(
        gate.command,
        cwd=paths.ROOT,
        env={**variables, **gate.variables},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = round(time.monotonic() - begun)
    return Outcome(gate, finished.returncode == 0, seconds, finished.stdout)


def report(outcome: Outcome) -> None:
    """Print one line for a gate that passed, and all that it said for one that did not."""
    word = "ok" if outcome.passed else "FAILED"
    say(f"{outcome.gate.name:<18} {word:<6} {outcome.seconds:>4} s")
    if not outcome.passed:
        say(outcome.output.rstrip())


def run_gates(gates: tuple[Gate, ...], variables: Mapping[str, str]) -> list[str]:
    """Run `gates` side by side, report each as it ends, return the names of those that failed."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = []
        for outcome in pool.map(lambda gate: run_gate(gate, variables), gates):
            report(outcome)
            outcomes.append(outcome)
    return [outcome.gate.name for outcome in outcomes if not outcome.passed]


def run_tests(arguments: list[str], variables: Mapping[str, str]) -> bool:
    """Run the test suite on this terminal; tell whether it passed."""
    command = module("pytest", *SIDE_BY_SIDE, *REPEATABLE, *arguments)
    finished = subprocess.run(command, cwd=paths.ROOT, env=variables, check=False)
    return finished.returncode == 0


def say(line: str) -> None:
    """Print a line at once, so that it stands before what child processes print later."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Run servers for the gates that ask a database; give the environment that names them."""
    state = Path(tempfile.mkdtemp(prefix="tollgate-checks-"))
    shape = msgspec.structs.replace(SERVERS_ONLY, durable=False, migrate=False)
    try:
        with Stack(state, shape) as stack:
            yield stack.environment(SUPERUSER) | TESTING
    finally:
        paths.remove_state(state)


def main(arguments: list[str]) -> int:
    """Run everything; `arguments` go to pytest. Return the exit code."""
    with servers() as variables:
        failed = run_gates(GATES, variables)
    if failed:
        say(f"Gates that failed: {', '.join(failed)}")
    passed = run_tests(arguments, {**os.environ, **TESTING})
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
