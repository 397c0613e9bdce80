"""Replace this process by a server that dies with its parent, and that is not root if told so.

Run as `python -I -S launch.py ACCOUNT SIGNAL PARENT_PID PROGRAM ARGUMENT...`, before any thread
exists; `subprocess`'s `preexec_fn` would run the same calls between fork and exec of a program
that has threads, which can deadlock. Standard library only.

ACCOUNT is `same`, `namespace` (`nobody` inside a new user namespace, unchanged outside, so that
files stay the user's) or `nobody` (a real change of user, which only root can make).
"""

import ctypes
import os
import pwd
import signal
import sys
from contextlib import suppress
from pathlib import Path

CLONE_NEWUSER = 0x10000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def change_account(account: str) -> None:
    """Become `account`; raises OSError where the kernel forbids it."""
    if account == "namespace":
        enter_namespace()
    elif account == "nobody":
        entry = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)


def enter_namespace() -> None:
    """Map this user to `nobody` in a new user namespace.

    PostgreSQL refuses to run as root, and as a user without a name.
    """
    outside, outside_group = os.geteuid(), os.getegid()
    inside = pwd.getpwnam("nobody").pw_uid
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER) is not allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {outside} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {outside_group} 1")


def die_with_parent(death_signal: int, parent: int) -> None:
    """Ask the kernel for `death_signal` when `parent` ends; on macOS there is no such thing."""
    if sys.platform != "linux":
        return
    # A shell has what it starts in the background ignore SIGINT and SIGQUIT, and so its children.
    with suppress(OSError):  # SIGKILL is never ignored, and cannot be set
        signal.signal(death_signal, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it ended before the kernel was asked
        sys.exit(f"the parent {parent} has already ended")


def main(arguments: list[str]) -> None:
    """Change account, tie this process to its parent and become the program; does not return."""
    account, death_signal, parent, *command = arguments
    change_account(account)
    # Last, because a change of user clears it.
    die_with_parent(signal.Signals[death_signal], int(parent))
    os.execv(command[0], command)  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
