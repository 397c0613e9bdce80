"""`python -m tests.audits.exporting.cut_short PLACE MODULE NAME NUMBER`: exports and is killed.

It kills itself at the NUMBERth call of a function such as `os fsync`. A process of its own, so that
nothing in it gets to tidy up.
"""

import functools
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import django


def kill_at(module: str, name: str, number: int) -> None:
    """Let this process be killed when it calls a function for the NUMBERth time."""
    holder, (*path, last) = importlib.import_module(module), name.split(".")
    for each in path:
        holder = getattr(holder, each)
    called, calls = getattr(holder, last), iter(range(1, number))

    @functools.wraps(called)
    def until(*given: Any, **options: Any) -> Any:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return called(*given, **options)

    setattr(holder, last, until)


def main(place: str, module: str, name: str, number: str) -> None:
    """Export everything in small parts, for as long as it lives."""
    django.setup()
    from audits.exporting import bundle, parts, scopes  # noqa: PLC0415 -- Django must be set up

    parts.PART_EVENTS = 2  # type: ignore[misc]  # small, so that there are many
    kill_at(module, name, int(number))
    scope = scopes.Scope(kind="all")
    bundle.export(bundle.Order(scope=scope, forms=frozenset(bundle.FORMS)), Path(place))


if __name__ == "__main__":
    main(*sys.argv[1:])
