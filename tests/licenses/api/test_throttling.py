"""Whoever asks for the past reads the log: every such address is bounded, and no other is."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache

from audits.api.throttling import READERS_AT_ONCE, PastThrottle, reading_log
from tests.licenses.api.test_reading import schemas
from tests.support.client import ApiClient, problem

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]
PAST = {"as_of", "log_index", "from_time"}
ALWAYS = {
    "/api/v1/audits/clocks",
    "/api/v1/audits/counterfactual",
    "/api/v1/audits/differences",
    "/api/v1/audits/lineage/{id}",
}
"""What is read from the log even as of now."""


def addresses() -> Iterator[tuple[str, dict[str, Any], bool]]:
    """List each address that answers GET, its operation, and whether it can be asked for the past."""
    for path, methods in schemas()["paths"].items():
        if "get" in methods:
            names = {each["name"] for each in methods["get"]["parameters"]}
            yield path, methods["get"], not names.isdisjoint(PAST)


def ask(client: ApiClient, path: str, **asked: Any) -> Any:
    return client.get(path.replace("{id}", str(UUID(int=7))).replace("{size}", "7"), asked)


@pytest.fixture(autouse=True)
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(PastThrottle, "rate", "2/minute", raising=False)
    cache.clear()
    yield
    cache.clear()


def test_exactly_what_asks_for_the_past_says_that_it_may_be_too_much() -> None:
    documented = {path for path, operation, _ in addresses() if "429" in operation["responses"]}
    assert documented == {path for path, _, of_past in addresses() if of_past}
    assert documented > ALWAYS


def test_every_question_about_the_past_is_counted(people: People) -> None:
    auditor = people["auditor"]
    for path, _, of_past in addresses():
        if of_past:
            cache.clear()
            answers = [ask(auditor, path, log_index=0) for _ in range(3)]
            assert 429 not in {each.status_code for each in answers[:2]}, path
            problem(answers[2], 429, "throttled")
            assert 1 <= int(answers[2]["Retry-After"]) <= 60
            problem(ask(auditor, path, as_of="2026-11-22T00:00:00Z"), 429, "throttled")
            assert (ask(auditor, path).status_code == 429) is (path in ALWAYS), path


def test_nothing_else_is_counted(people: People) -> None:
    for path, _, _ in addresses():
        if path not in ALWAYS:
            assert 429 not in {ask(people["auditor"], path).status_code for _ in range(3)}, path


def test_each_person_has_a_count_of_their_own(people: People) -> None:
    for _ in range(2):
        assert people["exporter"].get("licenses/", {"log_index": -1}).status_code == 200
    problem(people["exporter"].get("shipments/", {"log_index": -1}), 429, "throttled")
    assert people["intruder"].get("licenses/", {"log_index": -1}).status_code == 200
    problem(ApiClient(None).get("licenses/", {"log_index": -1}), 401, "not_authenticated")


def test_half_of_the_threads_stay_free_for_what_is_of_today(people: People) -> None:
    auditor, of_past = people["auditor"], {"log_index": -1}
    with ExitStack() as readers:
        for _ in range(READERS_AT_ONCE):
            readers.enter_context(reading_log())
        answer = auditor.get("licenses/", of_past)
        problem(answer, 503, "busy")
        assert answer["Retry-After"] == "1"
        problem(ask(auditor, "/api/v1/audits/clocks"), 503, "busy")
        assert auditor.get("licenses/").status_code == 200
    cache.clear()
    assert auditor.get("licenses/", of_past).status_code == 200


def test_whatever_becomes_of_a_question_its_place_is_free_again(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("audits.past.things_at", fails)
        for _ in range(READERS_AT_ONCE + 1):
            cache.clear()
            assert people["auditor"].get("licenses/", {"log_index": -1}).status_code == 500
    cache.clear()
    assert people["auditor"].get("licenses/", {"log_index": -1}).status_code == 200
