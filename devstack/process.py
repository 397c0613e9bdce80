"""One child process: tied to this one, logged to a file, stopped politely and then firmly."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec

Account = Literal["same", "namespace", "nobody"]

# A process that was killed ends as soon as the kernel comes round to it, however busy the machine is.
KILLED_SECONDS = 60.0
LAUNCHER = Path(__file__).with_name("launch.py")
# Linux ends a child when the *thread* that started it ends (prctl(2)), so all are started by one
# thread that lasts as long as this process.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, as whom, and how it is told to stop."""

    command: Sequence[str | Path]
    log: Path
    account: Account = "same"
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    # Open files that the program inherits under the same numbers.
    files: tuple[int, ...] = ()
    # Sent in this order, `patience_seconds` apart; SIGKILL to the whole group comes last.
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    patience_seconds: float = 5
    # Sent by the kernel when this process dies without having stopped the child.
    orphan_signal: signal.Signals = signal.SIGTERM


def launcher(account: Account, orphan_signal: signal.Signals) -> list[str]:
    """Return the command prefix that runs a program as `account`, tied to this process."""
    return [
        *(sys.executable, "-I", "-S", str(LAUNCHER)),
        *(account, orphan_signal.name, str(os.getpid())),
    ]


class Child:
    """A running (or ended) program; `start` may be called again after it has ended."""

    def __init__(self, program: Program) -> None:
        self.program = program
        # Held while the program is being started or stopped, so that nobody does both at once.
        self.lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program in a session of its own, unless it runs; its output goes to the log."""
        with self.lock:
            if not self.is_running():
                self._process = _STARTER.submit(self._spawn).result()

    @property
    def pid(self) -> int:
        """Return the process id of the latest start; an error before the first."""
        if self._process is None:
            raise RuntimeError(f"{self.program.command[0]} was never started")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended (negative: by which signal), None while it runs or before."""
        process = self._process
        return None if process is None else process.poll()

    def is_running(self) -> bool:
        """Tell whether it was started and has not ended; anybody may ask while somebody stops it."""
        process = self._process
        return process is not None and process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program, if it still runs."""
        process = self._process
        if process is not None:
            process.send_signal(number)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for the end; tell whether it came in time."""
        process = self._process
        if process is None:
            return True
        try:
            process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal that ends it, and wait until it has ended; its helpers are left alone."""
        with self.lock:
            self.send(number)
            if not self.wait(self.program.patience_seconds):
                self.kill_group()

    def kill_group(self) -> None:
        """Send SIGKILL to it and to all its helpers: it leads a process group of its own."""
        # Nothing may be left (macOS says EPERM for a group of zombies).
        with self.lock, contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(KILLED_SECONDS)

    def stop(self) -> None:
        """Ask it to end in ever firmer words; return when it has ended, helpers included."""
        with self.lock:
            if self._process is None:
                return
            for number in self.program.stop_signals:
                self.send(number)
                if self.wait(self.program.patience_seconds):
                    break
            self.kill_group()
            self._process = None

    def log_tail(self, characters: int = 2000) -> str:
        """Return the end of its log, for error messages."""
        try:
            return self.program.log.read_text(errors="replace")[-characters:]
        except FileNotFoundError:
            return ""

    def _spawn(self) -> subprocess.Popen[bytes]:
        program = self.program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            return subprocess.Popen(
                [*launcher(program.account, program.orphan_signal), *map(str, program.command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=program.environment,
                cwd=program.directory,
                pass_fds=program.files,
                start_new_session=True,
            )
