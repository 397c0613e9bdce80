"""Reading things over HTTP: as they are, as they were, their history."""

from typing import Any

import pytest

from audits.models import EventRow
from audits.sequencing import Sequencer
from tests.audits.api.toy import opened
from tests.support.client import ApiClient, problem
from tests.support.people import EXPORTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def jar(exporter: ApiClient) -> str:
    """Fill a jar twice: versions 1 to 3."""
    jar = opened(exporter)
    exporter.post(f"jars/{jar}/deposits", {"amount_cents": "100"})
    exporter.post(f"jars/{jar}/deposits", {"amount_cents": "150", "note": "late"})
    Sequencer().run_until_empty()
    return jar


def recorded_at(jar: str, version: int) -> str:
    moment = EventRow.objects.get(stream_id=jar, version=version).recorded_at
    return moment.isoformat()


def test_a_thing_shows_id_version_status_and_state(exporter: ApiClient, jar: str) -> None:
    answer = exporter.get(f"jars/{jar}")
    assert answer.status_code == 200
    assert answer["ETag"] == '"3"'
    assert answer["Cache-Control"] == "private, no-cache"
    body = answer.json()
    assert body["created_at"] == recorded_at(jar, 1).replace("+00:00", "Z")
    assert body["changed_at"] == recorded_at(jar, 3).replace("+00:00", "Z")
    assert {name: body[name] for name in ("id", "version", "status", "correlation_id")} == {
        "id": jar,
        "version": 3,
        "status": "open",
        "correlation_id": jar,
    }
    assert body["state"] == {
        "label": "rent",
        "owner_id": str(EXPORTER.organization_id),
        "held_cents": "250",
    }


@pytest.mark.parametrize(("version", "held"), [(1, "0"), (2, "100"), (3, "250")])
def test_a_thing_is_shown_as_of_a_version(
    exporter: ApiClient, jar: str, version: int, held: str
) -> None:
    answer = exporter.get(f"jars/{jar}", {"version": version})
    assert (answer["ETag"], answer.json()["state"]["held_cents"]) == (f'"{version}"', held)


def test_a_version_that_never_was_is_404(exporter: ApiClient, jar: str) -> None:
    problem(exporter.get(f"jars/{jar}", {"version": 4}), 404, "not_found")


def test_a_time_may_have_any_offset(exporter: ApiClient, jar: str) -> None:
    answer = exporter.get(f"jars/{jar}", {"as_of": "2099-01-01T00:00:00+23:59"})
    assert answer.json()["version"] == 3


def test_a_thing_is_shown_as_of_a_time(exporter: ApiClient, jar: str) -> None:
    for version in (1, 2, 3):
        answer = exporter.get(f"jars/{jar}", {"as_of": recorded_at(jar, version)})
        assert answer.json()["version"] == version
    problem(exporter.get(f"jars/{jar}", {"as_of": "2020-01-01T00:00:00Z"}), 404, "not_found")


def test_a_thing_is_shown_as_of_an_event_of_the_log(exporter: ApiClient, jar: str) -> None:
    for log_index, held in enumerate(("0", "100", "250")):
        body = exporter.get(f"jars/{jar}", {"log_index": log_index}).json()
        assert body["state"]["held_cents"] == held
        assert body["stands_on"] == {"log_index": log_index, "settled": True}
    problem(exporter.get(f"jars/{jar}", {"log_index": -1}), 404, "not_found")
    problem(exporter.get(f"jars/{jar}", {"log_index": 3}), 409, "log_index_unknown")


def test_what_the_log_does_not_hold_yet_is_not_in_the_past(exporter: ApiClient, jar: str) -> None:
    exporter.post(f"jars/{jar}/deposits", {"amount_cents": "7"})
    body = exporter.get(f"jars/{jar}", {"as_of": "2099-01-01T00:00:00Z"}).json()
    assert (body["version"], body["stands_on"]) == (3, {"log_index": 2, "settled": False})
    assert exporter.get(f"jars/{jar}").json()["version"] == 4


def test_a_time_and_an_index_are_two_questions(exporter: ApiClient, jar: str) -> None:
    both = {"as_of": "2099-01-01T00:00:00Z", "log_index": 0}
    problem(exporter.get(f"jars/{jar}", both), 409, "moment_ambiguous")


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"as_of": "yesterday"}, "$.as_of"),
        ({"log_index": "-2"}, "$.log_index"),
        ({"as_of": "2026-01-01T00:00:00"}, "$.as_of"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "$.as_of"),
        ({"version": "one"}, "$.version"),
        ({"version": "0"}, "$.version"),
        ({"color": "red"}, "$"),
    ],
)
def test_a_wrong_query_is_400(
    exporter: ApiClient, jar: str, parameters: dict[str, str], path: str
) -> None:
    body = problem(exporter.get(f"jars/{jar}", parameters), 400, "request_invalid")
    assert body["errors"][0]["path"] == path


@pytest.mark.parametrize("value", [["1", "2"], "\x00"])
def test_a_repeated_or_unreadable_parameter_is_400(
    exporter: ApiClient, jar: str, value: Any
) -> None:
    problem(exporter.get(f"jars/{jar}", {"version": value}), 400, "query_invalid")


@pytest.mark.parametrize(
    ("name", "value"), [("version", "null"), ("as_of", "null"), ("as_of", "1767225600")]
)
def test_a_parameter_that_only_a_program_could_mean_is_400(
    exporter: ApiClient, jar: str, name: str, value: str
) -> None:
    body = problem(exporter.get(f"jars/{jar}", {name: value}), 400, "query_invalid")
    assert body["errors"][0]["path"] == f"$.{name}"


@pytest.mark.parametrize("tag", ['"3"', 'W/"3"', '"1", "3"', "*"])
def test_what_the_client_has_already_is_304(exporter: ApiClient, jar: str, tag: str) -> None:
    answer = exporter.get(f"jars/{jar}", if_none_match=tag)
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"3"')


def test_what_changed_meanwhile_is_shown(exporter: ApiClient, jar: str) -> None:
    assert exporter.get(f"jars/{jar}", if_none_match='"2"').status_code == 200


@pytest.mark.parametrize("below", ["", "/history"])
def test_an_id_of_another_kind_of_thing_is_404(officer: ApiClient, below: str) -> None:
    refusal = officer.post("jars/", {"label": "rent"}, key="refused")
    assert refusal.status_code == 403
    stream = EventRow.objects.get(aggregate="refusal").stream_id
    problem(officer.get(f"jars/{stream}{below}"), 404, "not_found")


@pytest.mark.parametrize("below", ["", "/history"])
def test_a_thing_of_somebody_else_is_404(intruder: ApiClient, jar: str, below: str) -> None:
    problem(intruder.get(f"jars/{jar}{below}"), 404, "not_found")


def test_other_roles_see_it(officer: ApiClient, jar: str) -> None:
    assert officer.get(f"jars/{jar}").status_code == 200


def test_the_history_holds_every_event_with_actor_time_and_hash(
    exporter: ApiClient, jar: str
) -> None:
    items = exporter.get(f"jars/{jar}/history").json()["items"]
    rows = EventRow.objects.filter(stream_id=jar).order_by("version")
    assert [item["event_id"] for item in items] == [str(row.event_id) for row in rows]
    assert [item["leaf_hash"] for item in items] == [row.leaf_hash.hex() for row in rows]
    last = items[-1]
    assert last["data"] == {"amount_cents": "150", "note": "late"}
    assert last["actor"]["person_id"] == str(EXPORTER.person_id)
    assert (last["type"], last["version"], last["command"]) == ("jar_filled", 3, "FillJar")
    assert last["recorded_at"] == recorded_at(jar, 3).replace("+00:00", "Z")


def test_a_long_history_comes_in_pages(exporter: ApiClient, jar: str) -> None:
    versions, address = [], f"/api/v1/jars/{jar}/history?limit=2"
    while address:
        answer = exporter.get(address)
        versions.append([item["version"] for item in answer.json()["items"]])
        address = next_of(answer)
    assert versions == [[1, 2], [3]]


def next_of(answer: Any, relation: str = "next") -> str:
    for part in answer.get("Link", "").split(", "):
        address, _, rel = part.partition("; ")
        if rel == f'rel="{relation}"':
            return str(address).strip("<>")
    return ""


@pytest.mark.parametrize("limit", [0, 201, "many"])
def test_a_page_has_1_to_200_items(exporter: ApiClient, jar: str, limit: Any) -> None:
    problem(exporter.get(f"jars/{jar}/history", {"limit": limit}), 400, "request_invalid")


@pytest.mark.parametrize("cursor", ["nonsense", "é", "W10", "WyJ4IiwibmV4dCIsWyIxIl1d"])
def test_a_cursor_from_elsewhere_is_400(exporter: ApiClient, jar: str, cursor: str) -> None:
    problem(exporter.get(f"jars/{jar}/history", {"cursor": cursor}), 400, "cursor_invalid")
