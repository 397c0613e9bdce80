"""The script that makes the database roles of a deployment."""

import os
import subprocess

import psycopg

from devstack.provision import APPLICATION_ROLES, DATABASE, OWNER, ROLES
from devstack.servers import Postgres
from tests.devstack.deployment import POSTGRES_IMAGE_READS, ROLES_SCRIPT, SERVICES


def run_roles_script(
    server: Postgres, passwords: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    path = f"{server.home.binaries}:{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", str(ROLES_SCRIPT)],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": path, "PGHOST": str(server.home.sockets), **passwords},
    )


def test_the_roles_script_makes_the_same_roles_as_a_development_machine(
    postgres: Postgres,
) -> None:
    passwords = {
        name: f"a 'quoted' {name}"
        for name in SERVICES["db"]["environment"].keys() - POSTGRES_IMAGE_READS
    }
    finished = run_roles_script(postgres.start(), passwords)
    assert finished.returncode == 0, finished.stderr
    with psycopg.connect(postgres.url(DATABASE)) as connection:
        roles = connection.execute(
            "SELECT rolname, rolcanlogin AND rolpassword IS NOT NULL AND NOT (rolsuper OR"
            " rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls) AS modest,"
            " has_database_privilege(rolname, 'tollgate', 'CONNECT')"
            " FROM pg_authid WHERE rolname LIKE 'tollgate%' ORDER BY rolname"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'tollgate'"
        ).fetchone()
    assert roles == [(role, True, True) for role in sorted(ROLES)]
    assert owner == (OWNER,)
    assert len(APPLICATION_ROLES) == len(passwords) - 1


def test_the_roles_script_refuses_an_empty_password(postgres: Postgres) -> None:
    finished = run_roles_script(postgres.start(), {"TOLLGATE_OWNER_PASSWORD": ""})
    assert finished.returncode != 0
    assert "TOLLGATE_OWNER_PASSWORD" in finished.stderr
