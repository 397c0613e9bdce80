"""The environment variables that a development machine gives to Tollgate's processes."""

import os
import secrets
from pathlib import Path

# Nothing here protects anything: the servers it is for listen on this machine alone.
LOCAL = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "TOLLGATE_ALLOWED_HOSTS": "127.0.0.1,localhost",
    "TOLLGATE_HTTPS_ONLY": "false",
    "TOLLGATE_STATIC_FROM_SOURCE": "true",
}
TESTING = LOCAL | {
    "TOLLGATE_SECRET_KEY": "a key for tests, which protects nothing at all",
    "TOLLGATE_PERSONAL_KEY": "a key for the personal data of tests, which are nobody's",
    "TOLLGATE_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    # Threads of a test would otherwise have to share a bounded pool with its other threads.
    "DATABASE_POOL_MAX": "0",
}


def secret_key(state: Path, name: str = "secret-key") -> str:
    """Return a key kept in `state`, made at first use and readable by its user alone."""
    path = state / name
    try:
        return path.read_text()
    except FileNotFoundError:
        key = secrets.token_urlsafe(64)
        path.touch(mode=0o600)
        path.write_text(key)
        return key


def local(state: Path, *, isolated: bool = False) -> dict[str, str]:
    """Return the environment of a process: the local settings, the key, and this process's own.

    This process's variables win, so that DATABASE_URL and the rest can be set from outside; an
    `isolated` environment takes none of those that mean something to Tollgate.
    """
    ignored = ("PG", "DATABASE_", "REDIS_URL", "TOLLGATE_") if isolated else ("PG",)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ignored)}
    keys = {
        "TOLLGATE_SECRET_KEY": secret_key(state),
        "TOLLGATE_PERSONAL_KEY": secret_key(state, "personal-key"),
    }
    return LOCAL | keys | inherited
