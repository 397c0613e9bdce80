"""`./tollgate demo [--chapter deal|proof] [--json] [--serve]`: play a chapter of the story.

Exit code 0 only if every step was as stated.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from devstack import cast, serving
from devstack.demo import acts, closing, evidence, refusals
from devstack.demo.client import Person
from devstack.demo.play import World
from devstack.demo.record import Record
from devstack.stack import Shape, Stack

TABLE_WIDTH: Final = 110
SHAPE: Final = cast.naming_logins(Shape(web_processes=2, web_threads=4, workers=2, isolated=True))


class Chapter(NamedTuple):
    """A part of the story that is played on a world of its own."""

    play: Callable[[Stack, World, Record], dict[str, Any]]
    show: Callable[[dict[str, Any], Console], None]
    steps: int


def play_deal(stack: Stack, world: World, record: Record) -> dict[str, Any]:
    """Play a deal, what the rules refuse, a change of policy, and have everything verified."""
    record.begin("The ground")
    acts.prepare(world, record)
    record.begin("The deal")
    played = acts.deal(world, record)
    record.begin("What the rules refuse")
    refusals.play(world, record, played)
    record.begin("The policy changes")
    acts.policy_change(world, record)
    record.begin("The proof")
    return closing.prove(stack, world, record, played)


CHAPTERS: Final = {
    "deal": Chapter(play_deal, closing.show, 44),
    "proof": Chapter(evidence.play, evidence.show, evidence.STEPS),
}


def main() -> int:
    """Play the story on a world of its own; give the exit code."""
    arguments = _arguments()
    console = Console(stderr=arguments.json, highlight=False, width=_width())
    state = Path(tempfile.mkdtemp(prefix="tollgate-demo-"))
    started = time.monotonic()
    try:
        chapter = CHAPTERS[arguments.chapter]
        planned = Record(console, quiet=arguments.json, planned=chapter.steps)
        with Stack(state, SHAPE) as stack, planned as record:
            outcome = _play(chapter, stack, record, console)
            outcome["seconds"] = round(time.monotonic() - started, 1)
            _tell(chapter, outcome, console, as_json=arguments.json)
            if arguments.serve:
                _serve(stack, console)
    finally:
        shutil.rmtree(state, ignore_errors=True)
    return 0 if outcome["as_stated"] else 1


def _width() -> int:
    """Give tables room where the output is no terminal, such as a file."""
    return max(shutil.get_terminal_size((TABLE_WIDTH, 24)).columns, TABLE_WIDTH)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tollgate demo", description=__doc__)
    parser.add_argument("--chapter", choices=CHAPTERS, default="deal", help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one summary for machines")
    parser.add_argument("--serve", action="store_true", help="stay up when the story is told")
    return parser.parse_args()


def _play(chapter: Chapter, stack: Stack, record: Record, console: Console) -> dict[str, Any]:
    """Play all acts of a chapter; what goes wrong is told and ends it."""
    logins = cast.enroll(stack)
    people = {name: Person(stack.url, name, password) for name, password in logins.items()}
    try:
        found = chapter.play(stack, World(stack.url, people), record)
    except Exception as error:  # noqa: BLE001 -- whatever it was, the story is not as stated
        console.print(Text(f"{type(error).__name__}: {error}", style="red"))
        return record.summary() | {"as_stated": False, "error": str(error)}
    finally:
        for person in people.values():
            person.close()
    return record.summary() | found


def _tell(chapter: Chapter, outcome: dict[str, Any], console: Console, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(outcome, indent=2) + "\n")
        return
    if "error" not in outcome:
        chapter.show(outcome, console)
    verdict = "[green]as stated" if outcome["as_stated"] else "[red]NOT as stated"
    console.print(f"\n{len(outcome['steps'])} steps, {verdict}[/], {outcome['seconds']} s")


def _serve(stack: Stack, console: Console) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    console.print(f"\nTollgate stays up at {stack.url}; Ctrl-C stops it.")
    for name, password in cast.passwords(stack.state).items():
        console.print(f"  {name:<16} {password}")
    with serving.announced(stack.state):
        console.print(
            "./tollgate manage works on its database meanwhile, unless ./tollgate up runs."
        )
        stop.wait()


if __name__ == "__main__":
    sys.exit(main())
