"""Several processes that do the same work at once, and how long it took them together."""

import multiprocessing
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from time import perf_counter
from typing import Any, Protocol, Self

PRELOADED = ("benchmarks.ground", "benchmarks.sample", "psycopg", "eventsourcing.postgres")
START_TIMEOUT_SECONDS = 180.0
RUN_TIMEOUT_SECONDS = 300.0


class Job(Protocol):
    """The work of one process."""

    def prepare(self, count: int) -> None:
        """Get ready to do `count` pieces; not timed."""

    def run(self) -> Any:
        """Do what was prepared; timed. Returns what the caller wants to know of it."""


class FleetFailedError(RuntimeError):
    """A process of a fleet ended or failed; what it said is in the message."""


@dataclass(frozen=True, slots=True)
class Run:
    """One timed run of all processes, from the first start to the last end."""

    seconds: float
    results: list[Any]


@dataclass(slots=True)
class Fleet:
    """Processes that each hold one job; use it as a context manager.

    `make(*arguments, number)` builds a job in its own process, forked from one that did nothing but import.
    """

    make: Callable[..., Job]
    arguments: tuple[Any, ...]
    size: int
    _crew: list[tuple[BaseProcess, "Connection[Any, Any]"]] = field(default_factory=list)
    _exits: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        starting = multiprocessing.get_context("forkserver")
        starting.set_forkserver_preload(list(PRELOADED))
        with ExitStack() as unwinding:
            for number in range(self.size):
                ours, theirs = starting.Pipe()
                process = starting.Process(
                    target=_serve, args=(theirs, self.make, (*self.arguments, number)), daemon=True
                )
                process.start()
                theirs.close()
                unwinding.callback(_end, process, ours)
                self._crew.append((process, ours))
            self._answers(START_TIMEOUT_SECONDS)
            self._exits = unwinding.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def run(self, count: int) -> Run:
        """Let every process prepare `count` pieces, then all do them at once."""
        self._tell(count)
        self._answers(RUN_TIMEOUT_SECONDS)
        self._tell("go")
        answers = self._answers(RUN_TIMEOUT_SECONDS)
        begun = min(answer[0] for answer in answers)
        ended = max(answer[1] for answer in answers)
        return Run(ended - begun, [answer[2] for answer in answers])

    def _tell(self, message: Any) -> None:
        for _, pipe in self._crew:
            pipe.send(message)

    def _answers(self, timeout_seconds: float) -> list[Any]:
        return [_answer(pipe, timeout_seconds) for _, pipe in self._crew]


def _answer(pipe: "Connection[Any, Any]", timeout_seconds: float) -> Any:
    if not pipe.poll(timeout_seconds):
        raise FleetFailedError(f"no answer within {timeout_seconds:.0f} s")
    try:
        answer = pipe.recv()
    except EOFError:
        raise FleetFailedError("a process ended without an answer") from None
    if isinstance(answer, Exception):
        raise FleetFailedError(str(answer)) from answer
    return answer


def _end(process: BaseProcess, pipe: "Connection[Any, Any]") -> None:
    pipe.close()
    process.join(5)
    if process.is_alive():
        process.kill()
        process.join()


def _serve(pipe: "Connection[Any, Any]", make: Callable[..., Job], arguments: Any) -> None:
    """Answer the parent until it closes the pipe."""
    try:
        job = make(*arguments)
        pipe.send("ready")
        while True:
            job.prepare(pipe.recv())
            pipe.send("ready")
            pipe.recv()
            begun = perf_counter()
            result = job.run()
            pipe.send((begun, perf_counter(), result))
    except (EOFError, ConnectionResetError):
        return  # the parent is done
    except Exception as error:  # noqa: BLE001 -- whatever it is, the parent reports it
        pipe.send(FleetFailedError(f"{type(error).__name__}: {error}"))
