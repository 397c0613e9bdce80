"""Which code runs: a hash over the program's own files, recorded when a process starts with other code."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings

from audits.events import CodeDeployed
from audits.sealing.record import Sealing, record

SUFFIXES: Final = frozenset({".py", ".html", ".json", ".css", ".js"})


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


def record_start(process: str) -> bool:
    """Record with which code a process starts, if it is other than the last time."""
    event = CodeDeployed(
        process=process, package_sha256=package_sha256(), version=settings.TOLLGATE_VERSION
    )

    def decide(state: Sealing) -> CodeDeployed | None:
        return None if event in state.deployed else event

    return record(decide, process="sealer")
