"""`./tollgate up`: run the whole stack until told to stop."""

import signal
import sys
import threading

from devstack import paths
from devstack.servers import ServerNotReadyError
from devstack.stack import Stack, StackBusyError, StackFailedError


def describe(stack: Stack) -> str:
    """Return what a person who has just started the stack wants to know."""
    return f"Tollgate answers at {stack.url}\nLogs: {stack.state / 'logs'}\nCtrl-C stops it."


def main() -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; a second one does not hurry it."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        with Stack(paths.state_directory()) as stack:
            sys.stdout.write(describe(stack) + "\n")
            sys.stdout.flush()
            stop.wait()
    except (ServerNotReadyError, StackBusyError, StackFailedError) as error:
        sys.exit(str(error))
    sys.stdout.write("Stopped.\n")


if __name__ == "__main__":
    main()
