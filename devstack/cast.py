"""The people of the demonstration: one login a role, with passwords made on this machine."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from devstack import commands, paths
from devstack.provision import OWNER
from devstack.stack import Shape, Stack, StackFailedError

PASSWORD_BYTES: Final = 12


@dataclass(frozen=True)
class Member:
    """A login and whom it acts for."""

    username: str
    organization: str
    role: str
    agency: str = ""


CAST: Final = (
    Member("exporter", "Demonstration Exporter", "exporter"),
    Member("officer", "Bureau of Industry and Security", "officer", "BIS"),
    Member("second-officer", "Bureau of Industry and Security", "officer", "BIS"),
    Member("laboratory", "Demonstration Laboratory", "laboratory"),
    Member("bank", "Demonstration Escrow Bank", "bank"),
    Member("treasury", "US Treasury", "treasury"),
    Member("auditor", "Demonstration Auditors", "auditor"),
    Member("other-exporter", "Another Exporter", "exporter"),
)


OFFICERS: Final = tuple(member.username for member in CAST if member.role == "officer")


def naming_logins(shape: Shape) -> Shape:
    """Have the entry page name the cast's logins; passwords are for the terminal alone."""
    names = ",".join(member.username for member in CAST)
    variables = {**shape.variables, "TOLLGATE_DEMONSTRATION_LOGINS": names}
    return msgspec.structs.replace(shape, variables=variables)


def store_of(state: Path) -> Path:
    """Say where an installation keeps its passwords."""
    return state / "logins.json"


def passwords(state: Path) -> dict[str, str]:
    """Read the passwords of this installation, made once and readable by its user alone."""
    store = store_of(state)
    if not store.exists():
        made = {member.username: secrets.token_urlsafe(PASSWORD_BYTES) for member in CAST}
        with os.fdopen(os.open(store, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file, indent=2)
    known: dict[str, str] = json.loads(store.read_text())
    return known


def enroll(stack: Stack) -> dict[str, str]:
    """Enroll the cast as the owner of the database; give the passwords by login."""
    known = passwords(stack.state)
    batch = [
        {
            "username": member.username,
            "organization": member.organization,
            "role": member.role,
            "agency": member.agency,
            "password": known[member.username],
        }
        for member in CAST
    ]
    finished = subprocess.run(
        [sys.executable, "manage.py", "enroll", "--batch", commands.UNCHECKED],
        cwd=paths.ROOT,
        env=stack.environment(OWNER),
        input=json.dumps(batch),
        check=False,
        capture_output=True,
        text=True,
    )
    if finished.returncode != 0:
        raise StackFailedError(f"enroll: {finished.stderr[-2000:]}")
    return known
