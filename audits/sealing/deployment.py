"""Which code runs: a hash over the program's own files, recorded by each process when it is another.

Each process tells of itself, in a stream of their own and under its own database role; `verify` holds
who told of what against that. The signer has no database: it tells the sealer, with every answer, and
the sealer records what it was told.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import structlog
from django.apps import apps
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from audits import context as minting
from audits import grants
from audits.events import CodeDeployed
from audits.kernel import Decider, Event, State
from audits.sealing.record import append
from audits.sealing.signing import Running

log = structlog.get_logger(__name__)

SUFFIXES: Final = frozenset({".py", ".html", ".json", ".css", ".js"})
STREAM: Final = uuid5(minting.SYSTEM_ORGANIZATION, "deployment")
AGAIN_SECONDS: Final = 5.0
"""Pause before a database that was away is told again."""
LOGINS: Final = {
    "web": grants.WEB,
    "worker": grants.WORKER,
    "beat": grants.WORKER,
    "sweeper": grants.WORKER,
    "surveyor": grants.WORKER,
    "sequencer": grants.SEALER,
    "sealer": grants.SEALER,
}
"""Process → the database role that it works as."""


class Deployment(State):
    """What runs, as of some version of the stream."""

    latest: tuple[CodeDeployed, ...] = ()
    """The last deployment of each process."""


def evolve(state: Deployment, event: Event) -> Deployment:
    """Fold one event."""
    match event:
        case CodeDeployed():
            others = (each for each in state.latest if each.process != event.process)
            return Deployment(latest=(*others, event))
        case _:
            raise TypeError(f"{type(event).__name__} says nothing of deployment")


DEPLOYMENT: Final = Decider(
    aggregate="deployment", initial=Deployment(), evolve=evolve, decisions={}
)


def login_of(person_id: UUID) -> str | None:
    """Tell the database role of a process by its identity as an actor; None: it is none of these."""
    ids = {minting.system_actor(name).person_id: role for name, role in LOGINS.items()}
    return ids.get(person_id)


@cache
def package_sha256() -> str:
    """Hash the paths and contents of all files of the program's own packages."""
    return hash_of([Path(apps.get_app_config(name).path) for name in settings.OWN_PACKAGES])


def hash_of(packages: list[Path]) -> str:
    """Hash the files below these directories: names relative to their parents, sorted."""
    total = hashlib.sha256()
    for package in sorted(packages):
        for path in sorted(package.rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                name = path.relative_to(package.parent).as_posix()
                total.update(f"{name}\0{path.stat().st_size}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()


def running() -> Running:
    """Tell which code this process runs."""
    return Running(package_sha256=package_sha256(), version=settings.TOLLGATE_VERSION)


def record_start(process: str) -> bool:
    """Record with which code a process starts, if it is other than the last time."""
    return _record(process, running(), told_by=process)


def record_signer(running: Running) -> bool:
    """Record, as the sealer, what the signer says that it runs, if it is other than the last time."""
    return _record("signer", running, told_by="sealer")


def _record(process: str, running: Running, *, told_by: str) -> bool:
    event = CodeDeployed(
        process=process, package_sha256=running.package_sha256, version=running.version
    )

    def decide(state: Deployment) -> CodeDeployed | None:
        return None if event in state.latest else event

    return append(DEPLOYMENT, STREAM, decide, process=told_by)


def recorded_first(process: str, step: Callable[[], int]) -> Callable[[], int]:
    """Give a step that does nothing before the start is recorded: for who works in a loop."""
    is_recorded = False

    def run() -> int:
        nonlocal is_recorded
        if not is_recorded:
            record_start(process)
            is_recorded = True
        return step()

    return run


def record_in_background(process: str) -> threading.Thread:
    """Record the start beside whatever begins to serve, as soon as the database is there."""

    def run() -> None:
        while True:
            try:
                record_start(process)
            except (OperationalError, InterfaceError) as error:
                log.warning("code_not_recorded", process=process, error=str(error))
            else:
                return
            finally:
                connection.close()
            time.sleep(AGAIN_SECONDS)

    thread = threading.Thread(target=run, name="record-deployment", daemon=True)
    thread.start()
    return thread
