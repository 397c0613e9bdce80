"""`./tollgate bench`: measure Tollgate beside its peers.

Exits with 0 also where a goal is missed: a shared machine may be the reason, and the miss is
marked. `benchmarks/README.md` says how it measures.
"""

import argparse
import os
import sys
import time

import msgspec
from rich.console import Console

from benchmarks import report, sample, suite
from benchmarks.measures import FULL, QUICK

WIDTH = 160  # columns of the table where there is no terminal to ask


def main(arguments: list[str]) -> None:
    """Run what `arguments` ask for; JSON and table go to standard output, progress does not."""
    asked = _parse(arguments)
    size = QUICK if asked.quick else FULL
    begun, load_before = time.monotonic(), os.getloadavg()[0]

    def say(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:4.0f} s  {line} ...\n")
        sys.stderr.flush()

    outcomes = suite.run(size, frozenset(asked.only or suite.KEYS), say)
    if asked.json:
        made = report.Report(
            size="quick" if asked.quick else "full",
            seed=sample.SEED,
            seconds=round(time.monotonic() - begun),
            parameters=size,
            machine=report.machine(load_before),
            versions=report.versions(),
            results=dict(outcomes),
        )
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    else:
        report.table(outcomes, Console(width=None if sys.stdout.isatty() else WIDTH))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./tollgate bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, not a result")
    parser.add_argument(
        "--only",
        action="append",
        choices=suite.KEYS,
        metavar="KEY",
        help="measure only this; may be repeated: " + ", ".join(suite.KEYS),
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
