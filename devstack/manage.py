"""`./tollgate manage …`: a management command on the running servers, or on ones of its own."""

import subprocess
import sys

from devstack import environment, paths
from devstack.exclusive import StackBusyError
from devstack.provision import DATABASE, OWNER
from devstack.servers import Postgres, ServerNotReadyError, Valkey
from devstack.stack import SERVERS_ONLY, Stack, StackFailedError


def main(arguments: list[str]) -> int:
    """Run `manage.py` with `arguments` as the tables' owner; return its exit code."""
    state = paths.private_directory(paths.state_directory())
    try:
        with Stack(state, SERVERS_ONLY) as stack:
            return run(arguments, stack.environment(OWNER))
    except StackBusyError:
        return run(arguments, beside_running_stack())
    except (ServerNotReadyError, StackFailedError) as error:
        sys.exit(str(error))


def beside_running_stack() -> dict[str, str]:
    """Return the environment of the stack that another process runs in this checkout."""
    state = paths.state_directory()
    found = environment.sealing(state, OWNER) | environment.local(state)
    found.setdefault("DATABASE_URL", Postgres(state).url(DATABASE, OWNER))
    found.setdefault("REDIS_URL", Valkey(state).url())
    return found


def run(arguments: list[str], variables: dict[str, str]) -> int:
    """Run `manage.py` on this terminal and return its exit code."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=paths.ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
