"""PostgreSQL and Valkey for one checkout, from wheels: no network, no container, no root needed.

Both listen on a Unix socket in a directory that only their user may enter, and nowhere else.
"""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil

from devstack import account, paths
from devstack.process import Child, Program, launcher

START_TIMEOUT_SECONDS = 180.0
ORPHAN_PATIENCE_SECONDS = 10.0
# A shutdown writes everything out first. Whoever cuts it short leaves processes that write for longer
# than their directory is there.
STOP_PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02
PORT = 5432  # only names the socket file
SUPERUSER = "postgres"

INITDB = (
    *("--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"),
    # The same order of text on every machine, and no locale of the machine's.
    *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
)
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}
# For databases that are thrown away with the process: tests that are not about crashes.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class ServerNotReadyError(RuntimeError):
    """A server did not start, or did not answer in time; its log's end is in the message."""


class Postgres:
    """A PostgreSQL server whose data live in `state`; `durable=False` trades crash safety away."""

    def __init__(self, state: Path, *, durable: bool = True) -> None:
        paths.private_directory(state)
        self.home = account.postgres_home(state)
        settings = SETTINGS | {"unix_socket_directories": str(self.home.sockets)}
        settings |= {} if durable else FORGETFUL
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            Program(
                command=[self._binary("postgres"), "-D", self.home.data, *options],
                log=state / "logs" / "postgres.log",
                account=self.home.account,
                environment=_bare_environment(),
                directory=Path("/"),
                # Fast shutdown, then immediate shutdown.
                stop_signals=(signal.SIGINT, signal.SIGQUIT),
                patience_seconds=STOP_PATIENCE_SECONDS,
                orphan_signal=signal.SIGINT,
            )
        )

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """Return a connection URL; everybody who can open the socket is trusted."""
        host = quote(str(self.home.sockets), safe="")
        return f"postgresql://{user}@{host}:{PORT}/{database}"

    def start(self) -> Self:
        """Start the server, clearing away what an earlier crash left; return when it answers."""
        with self.child.lock:
            if not self.child.is_running():
                self._prepare()
                self._try_to_start(time.monotonic() + START_TIMEOUT_SECONDS)
        return self

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back, committed ones are on disk."""
        self.child.stop()

    def kill(self) -> None:
        """End the server's first process with SIGKILL, as a crash would."""
        self.child.kill()

    def restart_immediate(self) -> None:
        """Stop without a checkpoint and start again, which replays the write-ahead log."""
        with self.child.lock:
            self.child.kill(signal.SIGQUIT)
            self.start()

    def is_running(self) -> bool:
        """Tell whether the server's first process runs."""
        return self.child.is_running()

    def _binary(self, name: str) -> Path:
        return self.home.binaries / name

    def _prepare(self) -> None:
        if not (self.home.data / "PG_VERSION").exists():
            self._initialise()
        self._end_orphan()

    def _try_to_start(self, end: float) -> None:
        """Start until it answers or the monotonic clock says `end`.

        The shared memory of a killed server stays in use until its last process has seen the
        death of the first; meanwhile a new one ends at once.
        """
        while time.monotonic() < end:
            self.child.start()
            if self._answers_before(end):
                return
            time.sleep(10 * POLL_SECONDS)
        self.child.stop()
        raise ServerNotReadyError(f"PostgreSQL: {self.child.log_tail()}")

    def _initialise(self) -> None:
        """Make the data directory in one step, so that a half-made one is never used."""
        scratch = self.home.data.with_name("pgdata.new")
        for leftover in (scratch, self.home.data):
            shutil.rmtree(leftover, ignore_errors=True)
        made = subprocess.run(
            [
                *launcher(self.home.account, signal.SIGKILL),
                *(str(self._binary("initdb")), "--pgdata", str(scratch), *INITDB),
            ],
            check=False,
            capture_output=True,
            text=True,
            env=_bare_environment(),
            cwd="/",
        )
        if made.returncode != 0:
            raise ServerNotReadyError(f"initdb: {made.stderr[-2000:]}")
        scratch.rename(self.home.data)

    def _answers(self) -> bool:
        # The user's name is given, or one without a name would get no answer.
        where = ("--host", str(self.home.sockets), "--port", str(PORT), "--username", SUPERUSER)
        command = [str(self._binary("pg_isready")), "--quiet", *where]
        return subprocess.run(command, check=False, env=_bare_environment()).returncode == 0

    def _answers_before(self, end: float) -> bool:
        while self.child.is_running() and time.monotonic() < end:
            if self._answers():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _end_orphan(self) -> None:
        """Stop a server that outlived its supervisor, and remove lock files that name strangers.

        A lock file left by a crash may hold a process id that the system has since given to
        somebody else; PostgreSQL would then refuse to start.
        """
        lock = self.home.data / "postmaster.pid"
        socket_lock = self.home.sockets / f".s.PGSQL.{PORT}.lock"
        pid = _first_number(lock)
        if pid is not None and _command_line_has(pid, str(self.home.data)):
            _end_process(pid, (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
        lock.unlink(missing_ok=True)
        socket_lock.unlink(missing_ok=True)


class Valkey:
    """A Redis-compatible server; `durable` keeps an append-only file across restarts."""

    def __init__(self, state: Path, *, durable: bool = True) -> None:
        paths.private_directory(state)
        data = paths.private_directory(state / "valkey")
        self.socket = paths.private_directory(paths.short_directory(state)) / "valkey.sock"
        self.child = Child(
            Program(
                command=[
                    *(account.valkey_binary(), "--port", "0", "--dir", data, "--save", ""),
                    *("--unixsocket", self.socket, "--unixsocketperm", "700"),
                    *("--appendonly", "yes" if durable else "no"),
                ],
                log=state / "logs" / "valkey.log",
                environment=_bare_environment(),
            )
        )

    def url(self, database: int = 0) -> str:
        """Return the URL for the Redis client."""
        return f"unix://{self.socket}?db={database}"

    def start(self) -> Self:
        """Start the server, after ending one that outlived its supervisor; wait for its answer."""
        with self.child.lock:
            if not self.child.is_running():
                self._end_orphan()
                self._start_and_wait()
        return self

    def _start_and_wait(self) -> None:
        self.child.start()
        end = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < end and self.child.is_running():
            if self._says(b"PING\r\n").startswith(b"+PONG"):
                return
            time.sleep(POLL_SECONDS)
        self.child.stop()
        raise ServerNotReadyError(f"Valkey: {self.child.log_tail()}")

    def stop(self) -> None:
        """Stop the server; with `durable` its contents are on disk."""
        self.child.stop()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would."""
        self.child.kill()

    def is_running(self) -> bool:
        """Tell whether the server's process runs."""
        return self.child.is_running()

    def _says(self, command: bytes) -> bytes:
        """Return the server's first words to one inline command; empty when nobody listens."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(ORPHAN_PATIENCE_SECONDS)
                connection.connect(str(self.socket))
                connection.sendall(command)
                return connection.recv(64)
        except OSError:
            return b""

    def _end_orphan(self) -> None:
        if self.socket.exists():
            self._says(b"SHUTDOWN NOSAVE\r\n")
            end = time.monotonic() + ORPHAN_PATIENCE_SECONDS
            while self._says(b"PING\r\n") and time.monotonic() < end:
                time.sleep(POLL_SECONDS)
        self.socket.unlink(missing_ok=True)


def _bare_environment() -> dict[str, str]:
    """Return an environment without the caller's PG*, LD_* and locale variables."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _command_line_has(pid: int, text: str) -> bool:
    """Tell whether process `pid` exists and was started with `text` among its arguments."""
    try:
        return text in " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return False


def _end_process(pid: int, signals: tuple[signal.Signals, ...]) -> None:
    """End a process that is not our child, in ever firmer words."""
    for number in signals:
        try:
            process = psutil.Process(pid)
            process.send_signal(number)
            process.wait(ORPHAN_PATIENCE_SECONDS)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return
