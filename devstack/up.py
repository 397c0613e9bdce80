"""`./tollgate up [--no-logins]`: run the whole stack until told to stop."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence

from devstack import cast, paths
from devstack.demo import acts
from devstack.demo.client import Person, UnexpectedAnswer
from devstack.demo.play import World
from devstack.exclusive import StackBusyError
from devstack.servers import ServerNotReadyError
from devstack.stack import Shape, Stack, StackFailedError


def furnish(url: str, logins: Mapping[str, str]) -> None:
    """Bring the brief edition and the sample list into use, where there are none yet."""
    officers = {name: Person(url, name, logins[name]) for name in cast.OFFICERS}
    world = World(url, officers)
    try:
        if not world.officer.read("/editions/")["items"]:
            acts.publish_edition(world, (acts.EDITIONS / "brief-2026.toml").read_text())
        if not world.officer.read("/screening-lists/")["items"]:
            acts.import_sample(world, acts.SAMPLE_LIST)
    finally:
        for officer in officers.values():
            officer.close()


def describe(stack: Stack, logins: Mapping[str, str]) -> str:
    """Return what a person who has just started the stack wants to know."""
    lines = [
        f"Tollgate answers at {stack.url}/",
        f"API documentation:  {stack.url}/api/v1/docs/",
        f"Logs:               {stack.state / 'logs'}",
    ]
    if logins:
        lines += ["", f"Logins, kept in {cast.store_of(stack.state)}:"]
        lines += [
            f"  {member.username:<16} {logins[member.username]:<18} {member.role}"
            for member in cast.CAST
        ]
    return "\n".join([*lines, "", "Ctrl-C stops it."])


def main(arguments: Sequence[str] = ()) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; a second one does not hurry it."""
    with_logins = parse(arguments).logins
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    shape = cast.naming_logins(Shape()) if with_logins else Shape()
    try:
        with Stack(paths.state_directory(), shape) as stack:
            logins = cast.enroll(stack) if with_logins else {}
            if with_logins:
                furnish(stack.url, logins)
            sys.stdout.write(describe(stack, logins) + "\n")
            sys.stdout.flush()
            stop.wait()
    except (ServerNotReadyError, StackBusyError, StackFailedError, UnexpectedAnswer) as error:
        sys.exit(str(error))
    sys.stdout.write("Stopped.\n")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; `logins` tells whether to enroll the cast."""
    parser = argparse.ArgumentParser(prog="tollgate up", description=__doc__)
    parser.add_argument(
        "--logins",
        action=argparse.BooleanOptionalAction,
        # What is enrolled stays in the journal for ever: not in a database of somebody else.
        default="DATABASE_URL" not in os.environ,
        help="enroll the demonstration's people, with an edition and a list to go by"
        " (default: unless DATABASE_URL is set)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
