"""The environment variables that a development machine gives to Tollgate's processes."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from devstack import paths

# Nothing here protects anything: the servers it is for listen on this machine alone.
LOCAL = {
    "CELERY_SKIP_CHECKS": "1",  # as the other processes do (`commands.UNCHECKED`)
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "TOLLGATE_ALLOWED_HOSTS": "127.0.0.1,localhost",
    "TOLLGATE_HTTPS_ONLY": "false",
    "TOLLGATE_STATIC_FROM_SOURCE": "true",
}
TESTING = LOCAL | {
    "TOLLGATE_SECRET_KEY": "a key for tests, which protects nothing at all",
    "TOLLGATE_PERSONAL_KEY": "a key for the personal data of tests, which are nobody's",
    "TOLLGATE_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "TOLLGATE_RECEIPT_KEY": base64.b64encode(b"signs receipts of tests, no more").decode(),
    # The cast of all tests are the same few people, who ask as often as they like.
    "TOLLGATE_PAST_RATE": "100000/minute",
    # Threads of a test would otherwise have to share a bounded pool with its other threads.
    "DATABASE_POOL_MAX": "0",
    # On a busy machine whoever holds a lock may be kept from going on for longer than the usual 5 s.
    "DATABASE_LOCK_TIMEOUT_MS": "30000",
    # A test's transaction is open while it draws examples, which may take longer than the usual 60 s.
    "DATABASE_IDLE_TIMEOUT_MS": "600000",
}


def secret_key(state: Path, name: str = "secret-key") -> str:
    """Return a key kept in `state`, made at first use and readable by its user alone."""
    return _kept(state / name, lambda: secrets.token_urlsafe(64))


def receipt_key(state: Path) -> str:
    """Return the key that signs receipts, 32 bytes in base64, kept in the same way."""
    return _kept(state / "receipt-key", lambda: base64.b64encode(secrets.token_bytes(32)).decode())


def _kept(path: Path, make: Callable[[], str]) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        key = make()
        path.touch(mode=0o600)
        path.write_text(key)
        return key


def sealing(state: Path, role: str) -> dict[str, str]:
    """Return what a process of this role needs for sealing, be it the log or names, and no more.

    Here all of them run as one user, who may read every file; in production they do not.
    """
    socket = str(paths.private_directory(paths.short_directory(state)) / "signer.sock")
    keys = {"TOLLGATE_SIGNER_DIRECTORY": str(paths.private_directory(state / "signer"))}
    receipts = {"TOLLGATE_RECEIPT_KEY": receipt_key(state)}
    personal = {"TOLLGATE_PERSONAL_KEY": secret_key(state, "personal-key")}
    files = {"TOLLGATE_TILE_DIRECTORY": str(state / "tiles")}
    needed = {
        "tollgate_owner": keys | receipts | personal,
        "tollgate_web": receipts | personal | files,
        "tollgate_worker": personal | files,
        "tollgate_sealer": files
        | {
            "TOLLGATE_CHECKPOINT_STORE": str(state / "checkpoints"),
            "TOLLGATE_SIGNER_SOCKET": socket,
        },
        "nobody": keys | {"TOLLGATE_SIGNER_SOCKET": socket},
    }
    return {"TOLLGATE_LOG_ORIGIN": "localhost/tollgate", **needed.get(role, {})}


def local(state: Path, *, isolated: bool = False) -> dict[str, str]:
    """Return the environment of a process: the local settings, the key, and this process's own.

    This process's variables win, so that DATABASE_URL and the rest can be set from outside; an
    `isolated` environment takes none of those that mean something to Tollgate.
    """
    ignored = ("PG", "DATABASE_", "REDIS_URL", "TOLLGATE_") if isolated else ("PG",)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ignored)}
    return LOCAL | {"TOLLGATE_SECRET_KEY": secret_key(state)} | inherited
