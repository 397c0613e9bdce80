"""Keeps what happened in the story, shows it as it happens, and sums it up."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from devstack.demo.client import Answer, UnexpectedAnswer

CONFLICT: Final = 409


@dataclass(frozen=True)
class Step:
    """One step of the story and whether it went as stated."""

    act: str
    who: str
    what: str
    as_stated: bool
    seconds: float
    status: int | None = None
    code: str | None = None
    citation: str | None = None
    detail: str | None = None


@dataclass
class Record:
    """All steps so far; prints each one when it ends, with a bar of what is left."""

    console: Console
    quiet: bool = False
    planned: int | None = None
    """How many steps there will be."""
    act: str = ""
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._progress = Progress(
            TextColumn("  [bold]{task.description}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=self.quiet or not self.console.is_terminal,
        )
        self._task = self._progress.add_task("", total=self.planned)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, act: str) -> None:
        """Begin an act."""
        self.act = act
        self._progress.update(self._task, description=act)
        if not self.quiet:
            self.console.print(f"\n[bold]{act}")

    @contextmanager
    def step(self, who: str, what: str) -> Iterator[None]:
        """Run a step; whatever it raises ends the story and is told."""
        started = time.monotonic()
        try:
            yield
        except Exception as error:
            self._keep(who, what, started, as_stated=False, detail=str(error))
            raise
        self._keep(who, what, started, as_stated=True)

    def refusal(  # noqa: PLR0913 -- what a refusal must say
        self,
        what: str,
        attempt: Callable[[], Answer],
        code: str,
        *,
        status: int = CONFLICT,
        cited: bool = False,
        names: str | None = None,
    ) -> None:
        """Make an attempt that must be refused: with this status and code, cited, naming `names`."""
        started = time.monotonic()
        answer = attempt()
        as_stated = (answer.status, answer.code) == (status, code)
        as_stated = as_stated and (bool(answer.citation) or not cited)
        as_stated = as_stated and (names is None or names in str(answer.body))
        self._keep(
            "refused",
            what,
            started,
            as_stated=as_stated,
            status=answer.status,
            code=answer.code,
            citation=answer.citation,
            detail=None if as_stated else str(answer.body),
        )
        if not as_stated:
            raise UnexpectedAnswer(f"{what}: expected {status} {code}, got {answer.body}")

    def _keep(self, who: str, what: str, started: float, **outcome: Any) -> None:
        seconds = round(time.monotonic() - started, 3)
        step = Step(act=self.act, who=who, what=what, seconds=seconds, **outcome)
        self.steps.append(step)
        self._progress.advance(self._task)
        if not self.quiet:
            self.console.print(_line(step), highlight=False)

    def summary(self) -> dict[str, Any]:
        """Sum the story up for a machine."""
        return {
            "as_stated": all(step.as_stated for step in self.steps),
            "steps": [asdict(step) for step in self.steps],
        }


def _line(step: Step) -> str:
    mark = "[green]✓[/]" if step.as_stated else "[red]✗[/]"
    line = f"  {mark} [cyan]{step.who:<11}[/] {step.what}"
    if step.code is not None:
        cited = f" · {step.citation}" if step.citation else ""
        line += f"\n      [yellow]{step.status} {step.code}[/][dim]{cited}[/]"
    return line
