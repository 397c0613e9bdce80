"""A person at the REST API: logs in once, issues commands, reads things."""

import time
from dataclasses import dataclass
from typing import Any, Final

import httpx

from devstack.demo.moment import new_id

PATIENCE_SECONDS: Final = 180.0
"""A worker that has just been started on a busy machine may take a minute to begin."""
REQUEST_SECONDS: Final = 60.0
"""Of which the service itself allows the database 30."""
POLL_SECONDS: Final = 0.1
BUSY_SECONDS: Final = 1.0
"""What the service asks for as Retry-After."""
NOW: Final = "now"
"""As If-Match: the version of the thing when the command is sent."""


class UnexpectedAnswer(Exception):
    """The service answered otherwise than the story says."""


@dataclass(frozen=True)
class Answer:
    """What the service said."""

    status: int
    body: Any
    etag: str | None

    @property
    def code(self) -> str | None:
        """The stable code of a problem; None for anything else."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def citation(self) -> str | None:
        """The rule that a refusal cites."""
        return self.body.get("citation") if isinstance(self.body, dict) else None


class Person:
    """Acts for one organization over HTTP."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.username = username
        self._http = httpx.Client(base_url=f"{url}/api/v1", timeout=REQUEST_SECONDS)
        answer = self._send("POST", "/sessions", json={"username": username, "password": password})
        if answer.status >= httpx.codes.BAD_REQUEST:
            raise UnexpectedAnswer(f"{username} cannot log in: {answer.body}")
        self._http.headers["Authorization"] = f"Bearer {answer.body['token']}"
        self.me = answer.body["me"]

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        response = self._answered(method, path, **options)
        is_json = "json" in response.headers.get("content-type", "")
        return Answer(
            status=response.status_code,
            body=response.json() if is_json else response.text,
            etag=response.headers.get("etag"),
        )

    def _answered(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request, and again while the service says that it is busy: its key is the same."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            response = self._http.request(method, path, **options)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() >= end:
                return response
            time.sleep(BUSY_SECONDS)

    def get(self, path: str, **parameters: Any) -> Answer:
        """Read something."""
        return self._send("GET", path, params=parameters or None)

    def read(self, path: str, **parameters: Any) -> Any:
        """Read something that must be there."""
        answer = self.get(path, **parameters)
        if answer.status != httpx.codes.OK:
            raise UnexpectedAnswer(f"GET {path}: {answer.status} {answer.body}")
        return answer.body

    def try_to(
        self,
        path: str,
        body: Any = None,
        *,
        if_match: str | None = None,
        content: bytes | None = None,
        **parameters: Any,
    ) -> Answer:
        """Issue a command, whatever comes of it; `if_match` `now`: on the version of this moment.

        A process may write between reading a version and deciding on it: `now` means now, so the
        version is read again. `content` is sent as it is, as `media_type`.
        """
        key = str(new_id())
        while True:
            answer = self._issue(
                path, body, self._version(path, if_match), key, content, parameters
            )
            if if_match != NOW or answer.status != httpx.codes.PRECONDITION_FAILED:
                return answer

    def _version(self, path: str, if_match: str | None) -> str | None:
        return self.get(path.rsplit("/", 1)[0]).etag if if_match == NOW else if_match

    def _issue(  # noqa: PLR0913, PLR0917 -- everything of a request
        self,
        path: str,
        body: Any,
        etag: str | None,
        key: str,
        content: bytes | None,
        parameters: dict[str, Any],
    ) -> Answer:
        headers = {"Idempotency-Key": key} | ({"If-Match": etag} if etag else {})
        if content is None:
            return self._send("POST", path, json=body or {}, headers=headers, params=parameters)
        query = dict(parameters)
        headers["Content-Type"] = query.pop("media_type")
        return self._send("POST", path, content=content, headers=headers, params=query)

    def do(self, path: str, body: Any = None, **options: Any) -> Answer:
        """Issue a command that must be accepted."""
        answer = self.try_to(path, body, **options)
        if answer.status >= httpx.codes.BAD_REQUEST:
            raise UnexpectedAnswer(f"POST {path}: {answer.status} {answer.body}")
        return answer

    def decide(self, path: str, body: Any = None) -> Answer:
        """Issue a command on the version of the thing that stands now."""
        return self.do(path, body, if_match=NOW)

    def wait_for(self, path: str, ready: Any) -> Any:
        """Read until `ready(body)`: the worker works meanwhile."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.get(path)
            if answer.status == httpx.codes.OK and ready(answer.body):
                return answer.body
            if time.monotonic() >= end:
                raise UnexpectedAnswer(f"GET {path} does not become what is awaited: {answer.body}")
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Hang up."""
        self._http.close()
