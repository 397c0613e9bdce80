"""Typed access to environment variables; every error names the variable and what it wants."""

import os
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

POSTGRES_SCHEMES = ("postgresql", "postgres")
REDIS_SCHEMES = ("redis", "rediss", "unix")
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class EnvironmentVariableError(RuntimeError):
    """A variable is missing or says something that cannot be meant; fix the environment."""


class PostgresAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a PostgreSQL URL; `host` is a directory when it starts with `/`."""

    name: str
    user: str
    password: str
    host: str
    port: str
    options: dict[str, str]


class Environment:
    """Variables read from `source`, which is the process environment unless given."""

    def __init__(self, source: Mapping[str, str] | None = None) -> None:
        self._source = os.environ if source is None else source

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable; one without default must be set and not be empty."""
        value = self._source.get(name, "")
        if value:
            return value
        if default is None:
            raise EnvironmentVariableError(f"{name} must be set")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no, spelled 1/true/yes/on or 0/false/no/off in any case."""
        value = self.text(name, "true" if default else "false").lower()
        if value not in TRUE | FALSE:
            raise EnvironmentVariableError(f"{name} must be true or false, not {value!r}")
        return value in TRUE

    def whole(self, name: str, default: int, *, at_least: int = 0) -> int:
        """Return a decimal integer that is no smaller than `at_least`."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()) or int(value) < at_least:
            raise EnvironmentVariableError(
                f"{name} must be a whole number of at least {at_least}, not {value!r}"
            )
        return int(value)

    def words(self, name: str, default: str = "") -> list[str]:
        """Return the comma-separated parts, without blanks around them and without empty ones."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def postgres(self, name: str) -> PostgresAddress:
        """Return the parts of a `postgresql://user:password@host:port/database?option=…` URL."""
        address = urlsplit(self.text(name))
        if address.scheme not in POSTGRES_SCHEMES:
            raise EnvironmentVariableError(f"{name} must be a postgresql:// URL")
        database = unquote(address.path.removeprefix("/"))
        if not database:
            raise EnvironmentVariableError(f"{name} must name a database: postgresql://…/database")
        # Not `address.hostname`: that lowers the case, and a socket's directory has one.
        _, _, place = address.netloc.rpartition("@")
        host, port = _split_port(place, name)
        return PostgresAddress(
            name=database,
            user=unquote(address.username or ""),
            password=unquote(address.password or ""),
            host=unquote(host),
            port=port,
            options=dict(parse_qsl(address.query)),
        )

    def celery_broker(self, name: str) -> str:
        """Return a Redis URL as Celery spells it: a socket is `redis+socket://…` there."""
        value = self.text(name)
        address = urlsplit(value)
        if address.scheme not in REDIS_SCHEMES:
            raise EnvironmentVariableError(
                f"{name} must be a redis://, rediss:// or unix:// URL, not {address.scheme!r}"
            )
        if address.scheme != "unix":
            return value
        database = dict(parse_qsl(address.query)).get("db", "0")
        return f"redis+socket://{address.path}?virtual_host={database}"


def _split_port(place: str, name: str) -> tuple[str, str]:
    """Split `host:port`; an IPv6 address stands in brackets, a missing port is empty."""
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    if port and not port.isdigit():
        raise EnvironmentVariableError(f"{name} has a port that is not a number")
    return host, port
