"""Commands over HTTP: a POST that appends, beside a POST that creates a row and its history."""

import http.client
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from uuid import UUID

import msgspec

from audits.kernel import Role
from benchmarks import ground, sample
from benchmarks.appending import side
from benchmarks.fleet import Fleet
from benchmarks.ground import WEB, Ground
from benchmarks.measures import Goal, Result, Size, compare
from devstack import paths
from devstack.listening import HOST, answers, listen
from devstack.process import Child, Program
from devstack.provision import OWNER

PATH: Final = "/api/v1/applications/"
PEER_SETTINGS: Final = "benchmarks.peers.crud.settings"
GUNICORN: Final = ("gunicorn", "--config", "python:config.gunicorn", "--bind")
CLIENTS: Final = 8
CREATED: Final = 201
REQUEST_TIMEOUT_SECONDS: Final = 30.0
START_TIMEOUT_SECONDS: Final = 180.0


class RequestFailedError(RuntimeError):
    """A request was not answered with 201, or the service did not start; says why."""


class Access(msgspec.Struct, frozen=True):
    """What a client needs: where the service listens, who it is, what it sends."""

    port: int
    token: str
    body: dict[str, Any]


class Enroller:
    """Enrolls somebody as the owner of the database."""

    def __init__(self, variables: Mapping[str, str], role: Role, _number: int) -> None:
        ground.adopt(variables)
        self._role = role

    def prepare(self, _count: int) -> None:
        """Need nothing."""

    def run(self) -> tuple[str, dict[str, Any]]:
        """Return a bearer token, and the documented example of a draft."""
        from knox.models import AuthToken  # noqa: PLC0415 -- models wait for Django

        from audits.enrollment import enroll_organization, enroll_person  # noqa: PLC0415 -- so do these
        from licenses.api.applications import DRAFT  # noqa: PLC0415 -- so do these

        body = enroll_organization(f"Benchmark {self._role.value}", self._role)
        _, token = AuthToken.objects.create(enroll_person("bencher", body, password=None))
        return token, DRAFT


class Poster:
    """One client that sends one request after the other on a connection that stays open."""

    def __init__(self, access: Access, number: int) -> None:
        self._access = access
        self._keys = sample.Payments(sample.SEED + number)
        self._body = json.dumps(access.body)
        self._waiting: list[UUID] = []

    def prepare(self, count: int) -> None:
        """Make the keys of `count` requests, and connect."""
        self._waiting = [self._keys.identity() for _ in range(count)]
        self._connection = http.client.HTTPConnection(
            HOST, self._access.port, timeout=REQUEST_TIMEOUT_SECONDS
        )
        self._connection.connect()

    def run(self) -> int:
        """Send them; return how many things were created."""
        for key in self._waiting:
            self._post(key)
        self._connection.close()
        return len(self._waiting)

    def _post(self, key: UUID) -> None:
        self._connection.request(
            "POST",
            PATH,
            self._body,
            {
                "Authorization": f"Bearer {self._access.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(key),
            },
        )
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != CREATED:
            raise RequestFailedError(f"{answer.status}: {said[:500]!r}")


def against_crud(base: Ground, size: Size) -> Result:
    """Compare drafting an application with creating one as a row with its history."""
    journal, rows = base.journal("command_ours"), base.journal("command_peer")
    crud = {"DJANGO_SETTINGS_MODULE": PEER_SETTINGS}
    ground.migrate(base.variables(rows, OWNER) | crud, "--run-syncdb")
    with ExitStack() as exits:
        ours = exits.enter_context(service(base, journal, WEB))
        peer = exits.enter_context(service(base, rows, OWNER, changes=crud))
        return compare(
            Goal("command_vs_crud", 0.7, "requests/s"),
            side(
                "POST a command", exits.enter_context(Fleet(Poster, (ours,), CLIENTS)), size.posts
            ),
            side("DRF create", exits.enter_context(Fleet(Poster, (peer,), CLIENTS)), size.posts),
            size.pairs,
            notes={"clients": CLIENTS, "gunicorn": "as the product runs it: config/gunicorn.py"},
        )


@contextmanager
def service(
    base: Ground,
    database: str,
    role: str,
    client: Role = Role.EXPORTER,
    *,
    changes: Mapping[str, str] | None = None,
) -> Iterator[Access]:
    """Run gunicorn as the product does, on a database where one client is enrolled."""
    with Fleet(Enroller, (base.variables(database, OWNER), client), 1) as fleet:
        [(token, body)] = fleet.run(0).results
    with listen(0) as listener:
        web = Child(
            Program(
                command=[sys.executable, "-m", *GUNICORN, f"fd://{listener.fileno()}"],
                log=base.state / "logs" / f"{database}.log",
                environment=base.pooled(database, role) | dict(changes or {}),
                directory=paths.ROOT,
                files=(listener.fileno(),),
            )
        )
        web.start()
        try:
            port = listener.getsockname()[1]
            _wait(web, f"http://{HOST}:{port}")
            yield Access(port, token, body)
        finally:
            web.stop()


def _wait(web: Child, url: str) -> None:
    end = time.monotonic() + START_TIMEOUT_SECONDS
    while not answers(url):
        if time.monotonic() > end or not web.is_running():
            raise RequestFailedError(f"The service does not answer: {web.log_tail()}")
        time.sleep(0.05)
