"""The whole stack: it answers, it heals, and it leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
import pytest

from devstack import cast, commands, environment, paths
from devstack import stack as stacks
from devstack.exclusive import StackBusyError
from devstack.stack import (
    BEAT,
    POSTGRES,
    ROLES,
    SEALER,
    SEQUENCER,
    SIGNER,
    SURVEYOR,
    SWEEPER,
    VALKEY,
    WEB,
    WORKER,
    Shape,
    Stack,
)
from tests.devstack.conftest import PATIENCE_SECONDS, alive, eventually, left_of

SMALL = Shape(isolated=True, web_processes=1, workers=1)
ANSWER_SECONDS = PATIENCE_SECONDS
"""Long enough for processes that start all at once on two cores: it answers, or it does not."""
STOP_SECONDS = PATIENCE_SECONDS
"""More than a loaded machine needs: whoever is still there then does not stop at all."""
WITHOUT_INDEX = """
    SELECT count(*) FROM audits_event LEFT JOIN audits_log USING (event_id) WHERE log_index IS NULL
"""
# Nobody knows this kind of work, so whoever tries it notes a failure.
DUE_WORK = """
    INSERT INTO audits_work_item
        (id, kind, subject_id, dedupe_key, due_at, status, attempts, last_error, created_at)
    VALUES (gen_random_uuid(), 'unheard_of', gen_random_uuid(), 'unheard of', now(), 'ready', 0, '',
            now())
"""
TRIED = "SELECT count(*) FROM audits_work_item WHERE last_error LIKE 'KeyError%unheard_of%'"
UP = """
import sys
from pathlib import Path
from devstack import paths, up
paths.state_directory = lambda: Path(sys.argv[1])
up.main()
"""


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 -- our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("stack")
    with Stack(state, SMALL) as running:
        yield running
    paths.remove_state(state)


def has_new_pid(stack: Stack, name: str, old: int) -> bool:
    child = stack.children[name]
    return child.is_running() and child.pid != old


def test_it_answers_and_its_tables_are_there(stack: Stack) -> None:
    assert status(stack.url + "/no-such-page") == 404
    assert status(stack.url + "/health/ready") == 200
    assert "[ ]" not in stack.manage("showmigrations", "--plan").stdout


def test_every_process_works_as_a_role_of_its_own(stack: Stack) -> None:
    with psycopg.connect(stack.environment("tollgate_web")["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT current_user, session_user").fetchone()
    assert row == ("tollgate_web", "tollgate_web")
    assert ROLES == {
        WEB: "tollgate_web",
        WORKER: "tollgate_worker",
        BEAT: "tollgate_worker",
        SEQUENCER: "tollgate_sealer",
        SWEEPER: "tollgate_worker",
        SURVEYOR: "tollgate_worker",
        SEALER: "tollgate_sealer",
        SIGNER: "nobody",
    }
    for name, role in ROLES.items():
        assert stack.children[name].program.environment == stack.environment(role)


@pytest.mark.parametrize("name", [WEB, WORKER, BEAT, SEQUENCER, SWEEPER, SURVEYOR, SEALER, SIGNER])
def test_a_killed_process_is_started_again(stack: Stack, name: str) -> None:
    old = stack.children[name].pid
    stack.children[name].send(signal.SIGKILL)
    assert eventually(lambda: has_new_pid(stack, name, old))
    assert status(stack.url) < 500


@pytest.mark.parametrize("name", [POSTGRES, VALKEY])
def test_a_killed_server_is_started_again(stack: Stack, name: str) -> None:
    restarts = stack.supervisor.restarts(name)
    server = stack.supervisor.part(name)
    server.kill()
    assert eventually(lambda: stack.supervisor.restarts(name) > restarts)
    assert eventually(server.is_running)
    # It runs before it answers, and the tests that follow need the answer.
    assert eventually(lambda: status(stack.url + "/health/ready") == 200)


def test_the_service_survives_an_immediate_restart_of_the_database(stack: Stack) -> None:
    assert stack.postgres is not None
    at_once = [stack.url + "/health/progress"] * 40  # enough for the pool to grow as far as it may
    with ThreadPoolExecutor(max_workers=8) as browsers:
        assert set(browsers.map(status, at_once)) <= {200, 503}
    assert status(stack.url + "/health/ready") == 200
    stack.postgres.restart_immediate()
    # Connections that the pool kept from before are noticed and replaced, not handed out.
    assert [status(stack.url + "/health/ready") for _ in range(10)] == [200] * 10


def test_an_outage_lasts_as_long_as_it_is_wanted(stack: Stack) -> None:
    assert stack.valkey is not None
    with stack.outage(VALKEY):
        time.sleep(1)
        assert not stack.valkey.is_running()
    assert stack.valkey.is_running()


def test_a_worker_can_be_restarted_politely_and_killed_with_its_helpers(stack: Stack) -> None:
    first = stack.worker_pid
    stack.restart_worker()
    second = stack.worker_pid
    assert second != first
    assert eventually(lambda: len(psutil.Process(second).children()) > 0)
    helpers = psutil.Process(second).children()
    stack.kill_worker(whole_group=True)
    assert eventually(lambda: not any(alive(helper) for helper in helpers))
    assert eventually(lambda: has_new_pid(stack, WORKER, second))


def test_a_second_stack_in_the_same_place_is_refused(stack: Stack) -> None:
    with pytest.raises(StackBusyError, match=f"Process {os.getpid()} already runs"):
        Stack(stack.state, SMALL).__enter__()
    assert status(stack.url) < 500


def test_two_stacks_run_side_by_side_on_ports_of_their_own(
    stack: Stack, make_state: Callable[[], Path]
) -> None:
    state = make_state()
    with Stack(state, Shape(isolated=True, web_processes=1, workers=0, redis=False)) as second:
        assert second.url != stack.url
        assert status(second.url) < 500
        assert status(stack.url) < 500
    assert left_of(state) == []


def test_a_stack_that_cannot_come_up_leaves_nothing(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "web", lambda **_: ["no_such_module"])
    monkeypatch.setattr(stacks, "READY_TIMEOUT_SECONDS", 0.1)
    log = state / "logs" / f"{WEB}.log"

    def answers(_url: str) -> bool:
        """Let the web service say why it does not come, which may take it longer than that."""
        return not eventually(lambda: "no_such_module" in log.read_text())

    monkeypatch.setattr(stacks, "answers", answers)
    with pytest.raises(stacks.StackFailedError, match="no_such_module"):
        Stack(state, SMALL).__enter__()
    assert left_of(state) == []


def test_events_are_indexed_and_work_is_done_with_postgresql_alone(state: Path) -> None:
    with Stack(state, Shape(isolated=True, web=False, workers=0, redis=False)) as stack:
        assert set(stack.children) == {SEQUENCER, SWEEPER, SURVEYOR, SEALER, SIGNER}
        cast.enroll(stack)
        with psycopg.connect(stack.environment("postgres")["DATABASE_URL"]) as connection:
            connection.autocommit = True
            connection.execute(DUE_WORK)
            assert eventually(lambda: one(connection, WITHOUT_INDEX) == 0)
            assert one(connection, "SELECT count(*) FROM audits_log") > len(cast.CAST)
            assert eventually(lambda: one(connection, TRIED) == 1)
            assert eventually(lambda: one(connection, "SELECT count(*) FROM audits_checkpoint") > 0)


def one(connection: psycopg.Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_without_redis_there_is_an_address_at_which_nobody_listens(state: Path) -> None:
    without = Stack(state, Shape(isolated=True, redis=False))
    assert without.redis_url() == f"unix://{paths.short_directory(state)}/nowhere.sock?db=0"


@pytest.fixture
def up(state: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Start `./tollgate up` on a state directory of the test's own; wait for its greeting."""
    started: list[subprocess.Popen[str]] = []
    ignored = ("DATABASE_", "REDIS_URL", "TOLLGATE_")
    variables = {name: text for name, text in os.environ.items() if not name.startswith(ignored)}

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", UP, str(state)],
            cwd=paths.ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Tollgate answers at http://127.0.0.1:")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_stops_completely(
    up: Callable[[], "subprocess.Popen[str]"], state: Path, number: signal.Signals
) -> None:
    process = up()
    process.send_signal(number)
    assert process.wait(STOP_SECONDS) == 0
    assert left_of(state) == []


def test_a_killed_supervisor_leaves_nothing_and_the_next_starts(
    up: Callable[[], "subprocess.Popen[str]"], state: Path
) -> None:
    first = up()
    family = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    eventually(lambda: not any(alive(process) for process in family), STOP_SECONDS)
    assert [process for process in family if alive(process)] == []
    second = up()
    second.terminate()
    assert second.wait(STOP_SECONDS) == 0
    assert left_of(state) == []


def test_the_signers_key_and_the_key_of_receipts_go_to_those_who_need_them(state: Path) -> None:
    """The stack's processes share a user here; what they are told they do not share."""
    told = {
        role: environment.sealing(state, role).keys()
        & {"TOLLGATE_SIGNER_DIRECTORY", "TOLLGATE_RECEIPT_KEY"}
        for role in (*ROLES.values(), "tollgate_auditor", "tollgate_owner")
    }
    assert told == {
        "tollgate_web": {"TOLLGATE_RECEIPT_KEY"},
        "tollgate_worker": set(),
        "tollgate_sealer": set(),
        "tollgate_auditor": set(),
        "nobody": {"TOLLGATE_SIGNER_DIRECTORY"},
        "tollgate_owner": {"TOLLGATE_SIGNER_DIRECTORY", "TOLLGATE_RECEIPT_KEY"},
    }
