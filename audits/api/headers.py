"""Request and answer headers: entity tags as stream versions, idempotency keys, links."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest

from audits.api.problems import Rejected

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
MAX_KEY_LENGTH: Final = 200
_KEY: Final = re.compile(rf"[!-~]{{1,{MAX_KEY_LENGTH}}}")
_STRONG_TAG: Final = re.compile(r'"(?P<version>0|[1-9][0-9]{0,9})"')


class IfMatch(Enum):
    """Whether a command must say which version of the thing its sender has seen."""

    REQUIRED = "required"
    """A person decides about what they read: 428 without `If-Match`."""
    OPTIONAL = "optional"
    """A report of something that happened, true whatever else did."""
    UNUSED = "unused"
    """There is nothing yet that could have a version."""


def etag(version: int) -> str:
    """Write a stream's version as a strong entity tag."""
    return f'"{version}"'


def expected_version(request: HttpRequest, rule: IfMatch) -> int | None:
    """Read the version that `If-Match` names; None for `*`, or where it is absent and may be.

    Raises Rejected: 428 where it is required and missing, 400 where it is no single strong tag.
    """
    given = request.headers.get("If-Match")
    if rule is IfMatch.UNUSED:
        return None
    if given is None:
        if rule is IfMatch.REQUIRED:
            raise Rejected(
                428,
                "if_match_required",
                "Send If-Match with the ETag of the version that you decide about",
            )
        return None
    if given.strip() == "*":
        return None
    tag = _STRONG_TAG.fullmatch(given.strip())
    if tag is None:
        raise Rejected(
            400, "if_match_invalid", 'If-Match takes one ETag of this service, such as "3", or *'
        )
    return int(tag["version"])


def is_unchanged(request: HttpRequest, tag: str) -> bool:
    """Tell whether the client has this version already (`If-None-Match`, weak comparison)."""
    given = [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]
    return "*" in given or tag in (part.removeprefix("W/") for part in given)


def idempotency_key(request: HttpRequest) -> str:
    """Read the key under which a client may repeat this command; 1 to 200 visible ASCII characters."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None:
        raise Rejected(
            400, "idempotency_key_required", f"Send {IDEMPOTENCY_KEY}: a key of your own choice"
        )
    if not _KEY.fullmatch(key):
        raise Rejected(
            400,
            "idempotency_key_invalid",
            f"{IDEMPOTENCY_KEY} takes 1 to {MAX_KEY_LENGTH} visible ASCII characters",
        )
    return key


def link(request: HttpRequest, cursors: Mapping[str, str | None]) -> dict[str, str]:
    """Write the `Link` header (RFC 8288): relation → cursor, for the page that was asked for."""
    links = []
    for relation, cursor in cursors.items():
        if cursor is not None:
            parameters = request.GET.copy()
            parameters["cursor"] = cursor
            address = f"{request.path}?{urlencode(parameters, doseq=True)}"
            links.append(f'<{address}>; rel="{relation}"')
    return {"Link": ", ".join(links)} if links else {}
