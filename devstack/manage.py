"""`./tollgate manage …`: a management command on the running servers, or on ones of its own.

Whose database it is stands on standard error, as there may be two: what `./tollgate up` keeps in the
checkout goes before a demonstration that stays up, and DATABASE_URL before both.
"""

import os
import subprocess
import sys
from pathlib import Path

from devstack import environment, paths
from devstack.exclusive import StackBusyError, is_in_use
from devstack.provision import DATABASE, OWNER
from devstack.servers import Postgres, ServerNotReadyError, Valkey
from devstack.serving import served
from devstack.stack import SERVERS_ONLY, Stack, StackFailedError


def main(arguments: list[str]) -> int:
    """Run `manage.py` with `arguments` as the tables' owner; return its exit code."""
    state = paths.private_directory(paths.state_directory())
    demonstration = demonstration_instead(state)
    if demonstration is not None:
        say(f"the demonstration that is served from {demonstration}")
        return run(arguments, beside_running_stack(demonstration, isolated=True))
    try:
        with Stack(state, SERVERS_ONLY) as stack:
            say(f"{state}, for this command alone")
            return run(arguments, stack.environment(OWNER))
    except StackBusyError:
        say(f"the stack that runs in {state}")
        return run(arguments, beside_running_stack(state))
    except (ServerNotReadyError, StackFailedError) as error:
        sys.exit(str(error))


def demonstration_instead(state: Path) -> Path | None:
    """Find the demonstration that a command is for: nothing else runs, nothing else was named."""
    if "DATABASE_URL" in os.environ:
        return None
    demonstration = served()
    return None if demonstration is None or is_in_use(state) else demonstration


def say(whose: str) -> None:
    """Tell people whose database it is; standard output is the command's."""
    if "DATABASE_URL" in os.environ:
        whose = "DATABASE_URL"
    sys.stderr.write(f"Database: {whose}\n")
    sys.stderr.flush()


def beside_running_stack(state: Path, *, isolated: bool = False) -> dict[str, str]:
    """Return the environment of the stack that another process runs in `state`."""
    found = environment.sealing(state, OWNER) | environment.local(state, isolated=isolated)
    found.setdefault("DATABASE_URL", Postgres(state).url(DATABASE, OWNER))
    found.setdefault("REDIS_URL", Valkey(state).url())
    return found


def run(arguments: list[str], variables: dict[str, str]) -> int:
    """Run `manage.py` on this terminal and return its exit code."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=paths.ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
