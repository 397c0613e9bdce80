"""The whole of Tollgate on this machine: servers and all its processes, kept running.

with Stack(state, workers=2) as stack:
    httpx.get(stack.url + "/api/v1/…")
    stack.kill_worker(signal.SIGKILL)  # it is started again by itself
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import msgspec

from devstack import commands, environment, paths
from devstack.exclusive import exclusive_use
from devstack.listening import HOST, answers, listen
from devstack.process import Child, Program, launcher
from devstack.provision import DATABASE, OWNER, is_superuser, provision
from devstack.servers import Postgres, Valkey
from devstack.supervisor import Supervisor

# As long as processes that all start at once may take on a machine that is busy with more than them.
READY_TIMEOUT_SECONDS = 180.0
WEB, WORKER, BEAT, SEQUENCER, SWEEPER = "web", "worker", "beat", "sequencer", "sweeper"
SURVEYOR, SEALER, SIGNER = "surveyor", "sealer", "signer"
POSTGRES, VALKEY = "postgres", "valkey"
# The signer has no business with the database.
NO_ROLE = "nobody"
# Each process works as a database role that may do no more than its part.
ROLES = {
    WEB: "tollgate_web",
    WORKER: "tollgate_worker",
    BEAT: "tollgate_worker",
    SEQUENCER: "tollgate_sealer",
    SWEEPER: "tollgate_worker",
    SURVEYOR: "tollgate_worker",
    SEALER: "tollgate_sealer",
    SIGNER: NO_ROLE,
}
# Celery's processes finish what is running on SIGTERM and drop it on SIGQUIT (the work survives);
# when their parent dies, its servers do too, and there is nothing to finish.
ORPHAN_SIGNALS = {WORKER: signal.SIGQUIT, BEAT: signal.SIGQUIT}


class StackFailedError(RuntimeError):
    """A part of the stack did not come up; its log's end is in the message."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Which parts a stack has, and how large they are."""

    web: bool = True
    web_processes: int = 2
    web_threads: int = 8
    # Processes of the Celery worker; 0 means neither worker nor beat.
    workers: int = 2
    # The sequencer, the sweeper and the surveyor, which need PostgreSQL alone.
    watchers: bool = True
    # The sealer and the signer.
    sealing: bool = True
    # False: a Redis address at which nothing ever listens.
    redis: bool = True
    # False gives up crash safety of the embedded database for speed.
    durable: bool = True
    # False: the database stays as it is, perhaps empty.
    migrate: bool = True
    # True: servers of its own, whatever DATABASE_URL, REDIS_URL and other such variables say.
    isolated: bool = False
    # None: 8000, or any free port when that one is taken.
    port: int | None = None
    # Added to the environment of every process.
    variables: Mapping[str, str] = {}


# For those who bring processes of their own.
SERVERS_ONLY = Shape(web=False, workers=0, watchers=False, sealing=False)


class Stack:
    """Runs everything below one state directory; use it as a context manager."""

    def __init__(self, state: Path, shape: Shape = Shape()) -> None:  # noqa: B008 -- frozen
        self.state = paths.private_directory(state)
        self.shape = shape
        self.supervisor = Supervisor()
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.children: dict[str, Child] = {}
        self._exits = ExitStack()
        self._listener: socket.socket | None = None
        self._environment = environment.local(self.state, isolated=shape.isolated)

    def __enter__(self) -> Self:
        """Start everything and return when the service answers; on failure leave nothing."""
        with ExitStack() as unwinding:
            unwinding.callback(self.close)
            self._exits.enter_context(exclusive_use(self.state))
            self._start_servers()
            if self.shape.migrate:
                self.migrate()
            self._start_children()
            unwinding.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything, the last started first; may be called again."""
        self.supervisor.stop()
        for child in self.children.values():
            child.send(signal.SIGTERM)  # all at once, so that they end side by side
        self._exits.close()
        with suppress(OSError):  # absent, or somebody else's sockets are still in it
            paths.short_directory(self.state).rmdir()

    # -- What a caller asks ------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return the address of the web service, without a slash at the end."""
        if self._listener is None:
            raise RuntimeError("This stack runs no web service")
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    @property
    def worker_pid(self) -> int:
        """Return the process id of the Celery worker's first process."""
        return self.children[WORKER].pid

    def environment(self, role: str, *, database: str = DATABASE) -> dict[str, str]:
        """Return the environment of a process that works as database role `role`.

        `database` may name another one of the embedded server.
        """
        variables = environment.sealing(self.state, role) | self._environment
        variables |= {"REDIS_URL": self.redis_url(), **self.shape.variables}
        if role == NO_ROLE:
            return variables | {"DATABASE_URL": "postgresql://nobody@nowhere/nothing"}
        if role != ROLES[WEB]:
            # Only web has threads that share a pool; Celery would close it after every task.
            variables |= {"DATABASE_POOL_MAX": "0"}
        if self.postgres is not None:
            return variables | {"DATABASE_URL": self.postgres.url(database, role)}
        if self._outer_database_has_roles():
            return variables | {"DATABASE_ROLE": role}
        return variables

    def redis_url(self) -> str:
        """Return the address of the Redis-compatible server, be it up or not."""
        if self.valkey is not None:
            return self.valkey.url()
        nowhere = f"unix://{paths.short_directory(self.state) / 'nowhere.sock'}?db=0"
        return self._environment.get("REDIS_URL", nowhere) if self.shape.redis else nowhere

    def manage(
        self, *arguments: str, role: str = OWNER, database: str = DATABASE, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a management command as `role` and return its output; `check` raises on failure."""
        name, *options = arguments
        program = (sys.executable, "manage.py", name, commands.UNCHECKED)
        finished = subprocess.run(
            [*launcher("same", signal.SIGTERM), *program, *options],
            cwd=paths.ROOT,
            env=self.environment(role, database=database),
            check=False,
            capture_output=True,
            text=True,
            start_new_session=True,  # Ctrl-C is for this process, which stops in good order
        )
        if check and finished.returncode != 0:
            raise StackFailedError(f"manage.py {' '.join(arguments)}: {finished.stderr[-4000:]}")
        return finished

    def migrate(self) -> None:
        """Bring the tables up to date, as their owner."""
        self.manage("migrate", "--verbosity", "0")
        if self.shape.sealing:
            self.manage("signing_key", "begin")

    # -- What a test or a benchmark does to it -----------------------------------------------

    def restart_worker(self) -> None:
        """Stop the worker politely and start it again."""
        with self.children[WORKER].lock:
            self.children[WORKER].stop()
            self.children[WORKER].start()

    def kill_worker(
        self, number: signal.Signals = signal.SIGKILL, *, whole_group: bool = False
    ) -> None:
        """End the worker's first process, or all of them, as a crash would; it is started again."""
        if whole_group:
            self.children[WORKER].kill_group()
        else:
            self.children[WORKER].kill(number)

    @contextmanager
    def outage(self, name: str) -> Iterator[None]:
        """Keep one part (`WEB`, `SWEEPER`, `POSTGRES` …) down meanwhile."""
        with self.supervisor.holding(name):
            self.supervisor.part(name).kill()
            yield

    # -- Starting ----------------------------------------------------------------------------

    def _start_servers(self) -> None:
        if "DATABASE_URL" not in self._environment:
            self.postgres = Postgres(self.state, durable=self.shape.durable)
            self._exits.callback(self.postgres.stop)
            self.postgres.start()
            provision(self.postgres.url())
            self.supervisor.watch(POSTGRES, self.postgres)
        elif self._outer_database_has_roles():
            provision(self._environment["DATABASE_URL"])
        if self.shape.redis and "REDIS_URL" not in self._environment:
            self.valkey = Valkey(self.state, durable=self.shape.durable)
            self._exits.callback(self.valkey.stop)
            self.valkey.start()
            self.supervisor.watch(VALKEY, self.valkey)

    def _outer_database_has_roles(self) -> bool:
        return is_superuser(self._environment["DATABASE_URL"])

    def _start_children(self) -> None:
        if self.shape.web:
            self._listener = listen(self.shape.port)
            self._exits.callback(self._listener.close)
            listener = self._listener.fileno()
            web = commands.web(
                processes=self.shape.web_processes,
                threads=self.shape.web_threads,
                listener=listener,
            )
            self._run(WEB, web, files=(listener,))
        if self.shape.watchers:
            self._run(SEQUENCER, commands.SEQUENCER)
            self._run(SWEEPER, commands.SWEEPER)
            self._run(SURVEYOR, commands.SURVEYOR)
        if self.shape.sealing:
            self._run(SIGNER, commands.SIGNER)
            self._run(SEALER, commands.SEALER)
        if self.shape.workers:
            self._run(WORKER, commands.worker(processes=self.shape.workers))
            self._run(BEAT, commands.beat(self.state))
        self.supervisor.start()
        if self.shape.web:
            self._wait_for_web()

    def _run(self, name: str, command: Sequence[str], *, files: tuple[int, ...] = ()) -> None:
        child = Child(
            Program(
                command=[sys.executable, "-m", *command],
                log=self.state / "logs" / f"{name}.log",
                environment=self.environment(ROLES[name]),
                directory=paths.ROOT,
                files=files,
                stop_signals=(signal.SIGTERM, signal.SIGQUIT),
                patience_seconds=4,
                orphan_signal=ORPHAN_SIGNALS.get(name, signal.SIGTERM),
            )
        )
        self.children[name] = child
        self._exits.callback(child.stop)
        child.start()
        self.supervisor.watch(name, child)

    def _wait_for_web(self) -> None:
        end = time.monotonic() + READY_TIMEOUT_SECONDS
        while time.monotonic() < end:
            if answers(self.url):
                return
            time.sleep(0.05)
        raise StackFailedError(f"The web service does not answer: {self.children[WEB].log_tail()}")
