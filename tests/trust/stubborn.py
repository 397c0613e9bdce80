"""People who get an answer: what has no known outcome they send again, under the same key."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from devstack.demo.client import Answer, Person, UnexpectedAnswer

PATIENCE_SECONDS: Final = 300.0
"""A crashed database that recovers on a busy machine takes a part of it."""
PAUSE_SECONDS: Final = 0.2
BUSY: Final = 503
STALE: Final = 412


class NotYet(Exception):
    """What the step needs is not there: a process of the service has yet to make it."""


class Stubborn(Person):
    """One person at the API; safe to share between threads."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.unknown: Counter[str] = Counter()
        """Why requests were sent again: the answers and errors that said nothing."""
        self.receipts: list[dict[str, Any]] = []
        super().__init__(url, username, password)

    def answered(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request until something is said to it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                response = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if response.status_code != BUSY:
                    return response
                why = str(response.status_code)
            self.unknown[why] += 1
            time.sleep(PAUSE_SECONDS)
        raise UnexpectedAnswer(f"{method} {path}: no answer in time")

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        response = self.answered(method, path, **options)
        is_json = "json" in response.headers.get("content-type", "")
        body = response.json() if is_json else response.text
        return Answer(response.status_code, body, response.headers.get("etag"))

    def issue(self, path: str, body: Any, *, key: str) -> httpx.Response:
        """Issue a command under `key` on whatever version there is, whatever comes of it."""
        headers = {"Idempotency-Key": key, "If-Match": "*"}
        response = self.answered("POST", path, json=body, headers=headers)
        while response.status_code == STALE:  # it lost the race for the thing too often
            self.unknown[str(STALE)] += 1
            response = self.answered("POST", path, json=body, headers=headers)
        return response

    def command(self, path: str, body: Any, *, key: str) -> dict[str, Any]:
        """Issue a command that is accepted once its thing is there; NotYet until then."""
        response = self.issue(path, body, key=key)
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotYet(path)
        if response.is_error:
            raise UnexpectedAnswer(f"POST {path}: {response.status_code} {response.text}")
        receipt: dict[str, Any] = response.json()
        self.receipts.append(receipt)
        return receipt

    def see(self, path: str) -> Any:
        """Read something; NotYet until it is there."""
        answer = self.get(path)
        if answer.status == httpx.codes.NOT_FOUND:
            raise NotYet(path)
        if answer.status != httpx.codes.OK:
            raise UnexpectedAnswer(f"GET {path}: {answer.status} {answer.body}")
        return answer.body


@dataclass(frozen=True)
class Cast:
    """Everybody, by login."""

    url: str
    people: Mapping[str, Stubborn] = field(repr=False)

    @classmethod
    @contextmanager
    def logged_in(cls, url: str, passwords: Mapping[str, str]) -> Iterator["Cast"]:
        """Log everybody in, and hang up in the end."""
        people = {name: Stubborn(url, name, password) for name, password in passwords.items()}
        yield cls(url, people)
        for person in people.values():
            person.close()

    def __getitem__(self, name: str) -> Stubborn:
        return self.people[name]

    def receipts(self) -> list[dict[str, Any]]:
        """Give the receipts of all commands that were accepted."""
        return [receipt for person in self.people.values() for receipt in person.receipts]

    def unknown(self) -> Counter[str]:
        """Count what had to be sent again, by reason."""
        return sum((person.unknown for person in self.people.values()), Counter())
