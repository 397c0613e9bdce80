"""The server that everything is measured on: embedded PostgreSQL with durable settings."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from devstack import environment, paths
from devstack.provision import DATABASE, OWNER, provision
from devstack.servers import PORT, SUPERUSER, Postgres

WEB = "tollgate_web"


@dataclass(frozen=True, slots=True)
class Socket:
    """Where a database is, for libraries that do not take an address in one piece."""

    directory: str
    port: str
    database: str
    user: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A running server with a migrated, empty journal to copy from."""

    state: Path
    postgres: Postgres

    def journal(self, name: str) -> str:
        """Create a database with an empty journal; return its name."""
        self._create(name, template=DATABASE)
        provision(self.postgres.url(), database=name)
        return name

    def blank(self, name: str) -> str:
        """Create an empty database; return its name."""
        self._create(name, template="template1")
        return name

    def url(self, database: str, user: str = OWNER) -> str:
        """Return the address of a database, for `user`."""
        return self.postgres.url(database, user)

    def socket(self, database: str, user: str = OWNER) -> Socket:
        """Return the parts of the address of a database."""
        return Socket(str(self.postgres.home.sockets), str(PORT), database, user)

    def variables(self, database: str, role: str = WEB) -> dict[str, str]:
        """Return the environment of a process of Tollgate that works as `role`."""
        return self.pooled(database, role) | {"DATABASE_POOL_MAX": "0"}

    def pooled(self, database: str, role: str = WEB) -> dict[str, str]:
        """Return the same for a web server, whose threads share a pool of connections."""
        nowhere = f"unix://{self.state / 'nowhere.sock'}?db=0"
        return (
            environment.local(self.state)
            | environment.sealing(self.state, role)
            | {
                "TOLLGATE_PERSONAL_KEY": environment.secret_key(self.state, "personal-key"),
                "DATABASE_URL": self.url(database, role),
                "REDIS_URL": nowhere,
                "TOLLGATE_LOG_LEVEL": "WARNING",
            }
        )

    def settle(self, database: str) -> None:
        """Bring a freshly loaded database to rest: vacuumed, analyzed, written out."""
        with psycopg.connect(self.url(database, SUPERUSER), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")

    def _create(self, name: str, *, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)
        )
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(statement)


def adopt(variables: Mapping[str, str]) -> None:
    """Make `variables` this process's environment and set Django up in it."""
    import django  # noqa: PLC0415 -- reads the environment that is set here

    os.environ.update(variables)
    django.setup()


@contextmanager
def server() -> Iterator[Ground]:
    """Run a server of our own, thrown away at the end."""
    state = Path(tempfile.mkdtemp(prefix="tollgate-bench-"))
    with ExitStack() as exits:
        exits.callback(_remove, state)
        postgres = Postgres(state, durable=True)
        exits.callback(postgres.stop)
        provision(postgres.start().url())
        ground = Ground(state, postgres)
        migrate(ground.variables(DATABASE, OWNER))
        yield ground


def _remove(state: Path) -> None:
    """Remove the state directory, those of the logs in it, and their sockets."""
    for directory in [*state.iterdir(), state]:
        paths.remove_state(directory)


def migrate(variables: Mapping[str, str], *options: str) -> None:
    """Make the tables of a Django project, as their owner."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", *options]
    subprocess.run(command, cwd=paths.ROOT, env=dict(variables), check=True)  # noqa: S603 -- ours
