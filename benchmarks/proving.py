"""Proofs of a large log: how soon the service gives one, and what checking all of it takes a third party."""

import http.client
import json
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg

from audits.kernel import Role
from benchmarks import sample
from benchmarks.appending import Appender
from benchmarks.commanding import REQUEST_TIMEOUT_SECONDS, Access, RequestFailedError, service
from benchmarks.fleet import Fleet
from benchmarks.ground import WEB, Ground
from benchmarks.measures import Ceiling, Size
from benchmarks.sealing import PATIENCE_SECONDS, POLL_SECONDS, Office, manage, sealing
from devstack import paths
from devstack.listening import HOST
from devstack.provision import OWNER
from devstack.servers import SUPERUSER

MILLISECONDS: Final = "proof_p99_ms"
SECONDS: Final = "verify_bundle_s"
MEGABYTES: Final = "verify_bundle_peak_mb"
KEYS: Final = (MILLISECONDS, SECONDS, MEGABYTES)
LIMITS: Final = {MILLISECONDS: 50.0, SECONDS: 120.0, MEGABYTES: 300.0}
PROOFS_A_POST: Final = 10
"""Proofs of each kind for each request that a client of commands sends: enough for a p99."""
MORE_EVENTS: Final = 10
"""After the first checkpoint, so that there is another that goes on from it."""
VERIFIER: Final = paths.ROOT / "verifier" / "verify_bundle.py"
WEIGHED: Final = """
import resource, runpy, sys
code = runpy.run_path(sys.argv[1])["main"](sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_SELF)
peak = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(code, used.ru_utime + used.ru_stime, peak[0] if peak else used.ru_maxrss)
"""
"""Runs the verifier by itself; its last line: exit code, processor seconds, largest size in KiB."""
_COVERED: Final = "SELECT size FROM audits_checkpoint ORDER BY number"
_SOME: Final = "SELECT event_id FROM audits_log WHERE log_index = ANY(%s)"


class Asker:
    """One auditor who asks for one proof after the other on a connection that stays open."""

    def __init__(self, access: Access, proofs: Sequence[str], _number: int) -> None:
        self._access, self._paths = access, proofs
        self._chosen: list[str] = []

    def prepare(self, count: int) -> None:
        """Choose `count` proofs, and connect."""
        drawn = random.Random(sample.SEED)  # noqa: S311 -- repeatable, not secret
        self._chosen = drawn.choices(self._paths, k=count)
        self._connection = http.client.HTTPConnection(
            HOST, self._access.port, timeout=REQUEST_TIMEOUT_SECONDS
        )
        self._connection.connect()

    def run(self) -> list[tuple[float, int]]:
        """Ask for them; return of each the milliseconds that it took, and how many hashes it has."""
        found = [self._ask(path) for path in self._chosen]
        self._connection.close()
        return found

    def _ask(self, path: str) -> tuple[float, int]:
        begun = time.perf_counter()
        token = {"Authorization": f"Bearer {self._access.token}"}
        self._connection.request("GET", f"/api/v1/{path}", headers=token)
        answer = self._connection.getresponse()
        said = answer.read()
        taken_ms = 1_000 * (time.perf_counter() - begun)
        if answer.status != http.client.OK:
            raise RequestFailedError(f"{path}: {answer.status}: {said[:500]!r}")
        return taken_ms, len(json.loads(said)["hashes"])


def of_large_log(base: Ground, size: Size, large: str, keys: frozenset[str]) -> Iterator[Ceiling]:
    """Seal the journal `large`, ask for proofs of it, and have all of it verified."""
    with (
        sealing(base, large) as office,
        Fleet(Appender, (base.variables(large), sample.SEED), 1) as appender,
    ):
        _signed(office)
        appender.run(MORE_EVENTS)
        sizes = _signed(office)
    if MILLISECONDS in keys:
        yield latency(base, size, large, sizes)
    if not keys.isdisjoint({SECONDS, MEGABYTES}):
        yield from verification(base, large)


def _signed(office: Office) -> list[int]:
    """Wait until a checkpoint covers everything; give the sizes of all checkpoints, smallest first."""
    office.go_on()
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        sizes = [size for (size,) in office.session.execute(_COVERED)]
        if sizes and sizes[-1] >= office.look()[1]:
            return sorted(set(sizes))
        if time.monotonic() > end:
            raise RuntimeError("the sealer publishes nothing")
        time.sleep(POLL_SECONDS)


def latency(base: Ground, size: Size, large: str, sizes: Sequence[int]) -> Ceiling:
    """Measure what proofs of inclusion and of consistency take, over HTTP; the slower kind counts."""
    count = PROOFS_A_POST * size.posts
    asked = {
        "inclusion": [f"events/{event_id}/proof" for event_id in _events(base, large, sizes[-1])],
        "consistency": [f"proofs/consistency?from={older}" for older in sizes[:-1]],
    }
    found: dict[str, dict[str, float]] = {}
    with service(base, large, WEB, Role.AUDITOR) as access:
        for kind, proofs in asked.items():
            with Fleet(Asker, (access, proofs), 1) as asker:
                asker.run(count)
                [answers] = asker.run(count).results
            found[kind] = _summary(answers)
    value = max(kind["p99_ms"] for kind in found.values())
    return _ceiling(MILLISECONDS, "ms", value, {"leaves": sizes[-1], "proofs": count, **found})


def _events(base: Ground, large: str, size: int) -> list[str]:
    drawn = random.Random(sample.SEED)  # noqa: S311 -- repeatable, not secret
    places = [drawn.randrange(size) for _ in range(1_000)]
    with psycopg.connect(base.url(large, SUPERUSER)) as session:
        return [str(event_id) for (event_id,) in session.execute(_SOME, [places])]


def _summary(answers: Sequence[tuple[float, int]]) -> dict[str, float]:
    taken = sorted(taken_ms for taken_ms, _ in answers)
    return {
        "median_ms": round(taken[len(taken) // 2], 2),
        "p99_ms": round(taken[int(0.99 * (len(taken) - 1))], 2),
        "most_hashes": max(hashes for _, hashes in answers),
    }


def verification(base: Ground, large: str) -> Iterator[Ceiling]:
    """Export everything and run the one-file verifier on it, alone in a Python of its own."""
    place = base.state / "bundle"
    begun = time.perf_counter()
    told = _tool(base, large, "tollgate_auditor", "audit", "export", str(place), "--all", "--json")
    exported_s = time.perf_counter() - begun
    listed = _tool(base, large, OWNER, "signing_key", "list").splitlines()
    [key] = [line.removeprefix("signs: ") for line in listed if line.startswith("signs: ")]
    begun = time.perf_counter()
    ended = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-I", "-c", WEIGHED, str(VERIFIER), str(place), "--key", key],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - begun
    code, processor_s, peak_kib = ended.stdout.splitlines()[-1].split()
    if code != "0":
        raise RuntimeError(f"the bundle does not verify: {ended.stdout}")
    notes = {
        "events": json.loads(told)["events"],
        "bytes": json.loads(told)["bytes"],
        "exported_in_s": round(exported_s, 1),
        "processor_s": round(float(processor_s), 1),
    }
    yield _ceiling(SECONDS, "s", round(seconds, 1), notes)
    yield _ceiling(MEGABYTES, "MB", round(int(peak_kib) * 1024 / 1_000_000, 1), notes)


def _tool(base: Ground, database: str, role: str, *command: str) -> str:
    process = manage(base, database, role, "manage", *command, output=subprocess.PIPE)
    told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{shlex.join(command)} ended with {process.returncode}")
    return told.decode()


def _ceiling(key: str, unit: str, value: float, notes: dict[str, Any]) -> Ceiling:
    limit = LIMITS[key]
    return Ceiling(key=key, unit=unit, value=value, limit=limit, met=value <= limit, notes=notes)
