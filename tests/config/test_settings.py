"""The settings: safe unless told otherwise, and complete about what they need."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from devstack import paths
from devstack.checks import PRODUCTION

SHOW = """
import json, django
from django.conf import settings
django.setup()
print(json.dumps({name: getattr(settings, name) for name in settings.SHOWN}, default=str))
"""
REQUIRED = {
    "TOLLGATE_SECRET_KEY": PRODUCTION["TOLLGATE_SECRET_KEY"],
    "DATABASE_URL": "postgresql://tollgate_web:pw@db:5432/tollgate",
    "REDIS_URL": "redis://broker:6379/0",
}


def python(
    code: str, variables: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh interpreter whose environment is `variables` and little else."""
    bare = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=paths.ROOT,
        env=bare | dict(variables),
        check=False,
        capture_output=True,
        text=True,
    )


def settings(variables: Mapping[str, str], *names: str) -> dict[str, object]:
    finished = python(SHOW.replace("settings.SHOWN", repr(names)), variables)
    assert finished.returncode == 0, finished.stderr
    shown = json.loads(finished.stdout)
    assert isinstance(shown, dict)
    return shown


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_what_has_no_safe_default_must_be_set(missing: str) -> None:
    given = {name: value for name, value in REQUIRED.items() if name != missing}
    finished = python(SHOW, given)
    assert finished.returncode != 0
    assert f"{missing} must be set" in finished.stderr


def test_production_is_the_default() -> None:
    assert settings(
        REQUIRED, "DEBUG", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE"
    ) == {
        "DEBUG": False,
        "ALLOWED_HOSTS": [],
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
    }


def test_nobody_says_in_a_header_that_the_connection_is_secure_unless_a_proxy_does() -> None:
    header = "SECURE_PROXY_SSL_HEADER"
    assert settings(REQUIRED, header)[header] is None
    behind = REQUIRED | {"TOLLGATE_BEHIND_TLS_PROXY": "true"}
    assert settings(behind, header)[header] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_connections_are_pooled_within_bounds_and_give_up_in_time() -> None:
    variables = REQUIRED | {
        "DATABASE_POOL_MIN": "2",
        "DATABASE_POOL_MAX": "3",
        "DATABASE_LOCK_TIMEOUT_MS": "111",
        "DATABASE_STATEMENT_TIMEOUT_MS": "222",
        "DATABASE_IDLE_TIMEOUT_MS": "333",
        "DATABASE_ROLE": "tollgate_web",
    }
    database = settings(variables, "DATABASES")["DATABASES"]
    assert isinstance(database, dict)
    options = database["default"]["OPTIONS"]
    assert options["pool"]["min_size"] == 2
    assert options["pool"]["max_size"] == 3
    assert 0 < options["pool"]["timeout"] <= 10
    assert options["options"] == (
        "-c lock_timeout=111ms -c statement_timeout=222ms"
        " -c idle_in_transaction_session_timeout=333ms -c role=tollgate_web"
    )


def test_a_pool_of_none_means_a_connection_for_each_request() -> None:
    database = settings(REQUIRED | {"DATABASE_POOL_MAX": "0"}, "DATABASES")["DATABASES"]
    assert isinstance(database, dict)
    assert "pool" not in database["default"]["OPTIONS"]


def test_options_in_the_database_url_reach_the_driver() -> None:
    url = REQUIRED["DATABASE_URL"] + "?sslmode=verify-full&sslrootcert=system"
    database = settings(REQUIRED | {"DATABASE_URL": url}, "DATABASES")["DATABASES"]
    assert isinstance(database, dict)
    assert database["default"]["OPTIONS"]["sslmode"] == "verify-full"
    assert database["default"]["OPTIONS"]["sslrootcert"] == "system"
