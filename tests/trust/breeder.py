"""A process that has everything loaded and forks sealers, signers and sequencers, to be killed.

Each is the very command that an operator runs. Starting one takes milliseconds instead of seconds,
so that hundreds can be ended at random lines; publishing has no pauses, so that most ends meet it.
"""

import os
import signal
import sys
from typing import Final

import django
from django.core.management import call_command

COMMANDS: Final = {
    "sealer": ("seal", "--watch", "--interval", "0"),
    "signer": ("signer",),
    "sequencer": ("sequence", "--watch", "--interval", "0.01"),
}
"""What is asked for, by line of standard input → the command; answered with the process id."""


def main() -> None:
    """Fork what is asked for until standard input ends."""
    django.setup()
    from audits.sealing import cycle, deployment  # noqa: PLC0415 -- not before Django is set up

    deployment.package_sha256()  # remembered by all that come of it
    vars(cycle).update(FRESH_SECONDS=0.0, AGAIN_SECONDS=0.0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for line in sys.stdin:
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            call_command(*COMMANDS[line.strip()])
            return
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
