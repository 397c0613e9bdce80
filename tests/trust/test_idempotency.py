"""Five hundred keys, each sent ten times at once over HTTP: five hundred effects, one answer each."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest

from devstack.demo import material
from devstack.stack import Stack
from tests.trust.plays import Ground
from tests.trust.reckoning import Reckoning
from tests.trust.stubborn import Stubborn

KEYS: Final = int(os.environ.get("TOLLGATE_TRUST_KEYS", "500"))
TIMES: Final = 10
AT_ONCE: Final = 16
"""As many as the web service has threads."""
REFUSED_KEYS: Final = KEYS // 10


@dataclass(frozen=True)
class Asked:
    """A command as a client sends it."""

    key: str
    path: str
    body: Any


@dataclass(frozen=True)
class Said:
    """Everything of an answer that a client may rely on."""

    status: int
    content: bytes
    etag: str | None
    location: str | None


@dataclass(frozen=True)
class Repeated:
    """What was asked, what was said to it, and by whom the journal has it."""

    person: Stubborn
    draft: str
    asked: list[Asked]
    answers: dict[str, list[Said]]
    reckoning: Reckoning

    def events(self) -> dict[str, int]:
        """Count this person's events in the journal by wire name."""
        person_id = UUID(self.person.me["actor"]["person_id"])
        rows = self.reckoning.ask(
            "SELECT type, count(*) FROM audits_event WHERE person_id = %s GROUP BY type", person_id
        )
        return dict(rows)


def send(person: Stubborn, asked: Asked) -> Said:
    response = person.issue(asked.path, asked.body, key=asked.key)
    headers = response.headers
    return Said(
        response.status_code, response.content, headers.get("etag"), headers.get("location")
    )


def send_all(person: Stubborn, asked: Iterable[Asked]) -> dict[str, list[Said]]:
    """Send everything TIMES times, the repeats of one key at the same time."""
    repeats = [each for each in asked for _ in range(TIMES)]
    said: dict[str, list[Said]] = defaultdict(list)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for each, answer in zip(
            repeats, pool.map(lambda each: send(person, each), repeats), strict=True
        ):
            said[each.key].append(answer)
    return said


def commands(draft: str) -> list[Asked]:
    """Make up commands of three kinds: new things, one contested thing, things that make work."""
    kinds: tuple[Callable[[int], tuple[str, Any]], ...] = (
        lambda _: ("/applications/", {"currency": "USD"}),
        lambda n: (f"/applications/{draft}/revisions", {"end_use": f"Weather models {n}"}),
        lambda n: ("/customers/", {"party": material.party(f"Reservoir Data {n}", "水库数据")}),
    )
    return [Asked(f"key-{number}", *kinds[number % len(kinds)](number)) for number in range(KEYS)]


@pytest.fixture(scope="module")
def repeated(stack: Stack, ground: Ground) -> Repeated:
    """Send every command ten times at once, as a person who does nothing else."""
    person = ground.cast["other-exporter"]
    draft = person.command("/applications/", {"currency": "USD"}, key="draft")["stream_id"]
    asked = commands(draft)
    reckoning = Reckoning(stack.environment("tollgate_auditor")["DATABASE_URL"])
    return Repeated(person, draft, asked, send_all(person, asked), reckoning)


def test_every_key_has_one_answer_and_one_effect(repeated: Repeated) -> None:
    assert len(repeated.answers) == KEYS
    assert {len(answers) for answers in repeated.answers.values()} == {TIMES}
    assert {len(set(answers)) for answers in repeated.answers.values()} == {1}
    assert {answers[0].status for answers in repeated.answers.values()} == {200, 201}
    events = repeated.events()
    made = ("application_drafted", "application_revised", "customer_registered")
    assert [events[name] for name in made] == [
        1 + len(range(0, KEYS, 3)),
        len(range(1, KEYS, 3)),
        len(range(2, KEYS, 3)),
    ]


def test_the_work_of_a_repeated_command_is_there_once(repeated: Repeated) -> None:
    rows = repeated.reckoning.ask(
        "SELECT w.kind, count(*) FROM audits_work_item w JOIN audits_event e USING (event_id)"
        " WHERE e.person_id = %s GROUP BY w.kind",
        UUID(repeated.person.me["actor"]["person_id"]),
    )
    assert rows == [("screen_customer", len(range(2, KEYS, 3)))]


def test_a_key_is_good_for_one_body_and_one_address(repeated: Repeated) -> None:
    before = repeated.events()

    def misuse(asked: Asked) -> list[Said]:
        other_body = Asked(asked.key, asked.path, {"end_use": "Something else"})
        if asked.path == "/customers/":
            party = material.party("Another name", "水库数据")
            other_body = Asked(asked.key, asked.path, {"party": party})
        elsewhere = f"/applications/{repeated.draft}/withdrawals"
        return [
            send(repeated.person, other_body),
            send(repeated.person, Asked(asked.key, elsewhere, {"reason": "None"})),
        ]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = [answer for pair in pool.map(misuse, repeated.asked) for answer in pair]
    assert {answer.status for answer in said} == {422}
    assert all(b'"code":"idempotency_key_reused"' in answer.content for answer in said)
    assert repeated.events() == before


def test_a_refusal_is_repeated_word_by_word_and_recorded_once(repeated: Repeated) -> None:
    before = repeated.events()
    forbidden = [
        Asked(f"forbidden-{n}", "/products/", {"specification": material.H200})
        for n in range(REFUSED_KEYS)
    ]
    incomplete = [
        Asked(f"incomplete-{n}", f"/applications/{repeated.draft}/submissions", {})
        for n in range(REFUSED_KEYS)
    ]
    said = send_all(repeated.person, [*forbidden, *incomplete])
    assert {len(set(answers)) for answers in said.values()} == {1}
    assert {said[asked.key][0].status for asked in forbidden} == {403}
    assert {said[asked.key][0].status for asked in incomplete} == {409}
    recorded = dict.fromkeys(("command_refused", "refused_command_kept"), 2 * REFUSED_KEYS)
    assert repeated.events() == before | recorded


def test_a_key_belongs_to_its_person(repeated: Repeated, ground: Ground) -> None:
    asked = repeated.asked[0]
    said = send(ground.cast["exporter"], asked)
    assert said.status == 201
    assert said != repeated.answers[asked.key][0]
