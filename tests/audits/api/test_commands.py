"""Commands over HTTP: receipts, idempotency, versions, and who is told no."""

from uuid import UUID

import pytest

from audits import reading
from audits.codec import leaf_hash, registry
from audits.models import EventRow
from audits.sealing import configured, receipts
from tests.audits.api.toy import DECIDER, opened
from tests.support.client import ApiClient, problem
from tests.support.people import EXPORTER

pytestmark = pytest.mark.django_db


def test_a_creation_answers_201_with_location_etag_and_receipt(exporter: ApiClient) -> None:
    answer = exporter.post("jars/", {"label": "rent", "price_cents": "250"})
    receipt = answer.json()
    stream = receipt["stream_id"]
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/jars/{stream}"
    assert answer["ETag"] == '"1"'
    [event] = reading.load(DECIDER, UUID(stream)).recorded
    assert event.actor == EXPORTER
    assert receipt["events"] == [
        {
            "event_id": str(event.event_id),
            "stream_id": stream,
            "type": "jar_opened",
            "version": 1,
            "leaf_hash": leaf_hash(registry.encode(event)).hex(),
            "recorded_at": event.recorded_at.isoformat().replace("+00:00", "Z"),
        }
    ]


def test_the_answer_of_a_command_is_signed(exporter: ApiClient) -> None:
    receipt = exporter.post("jars/", {"label": "rent"}).json()
    promise = receipts.opened(receipt["note"].encode(), [configured.receipt_key().verifier_key])
    assert str(promise.command_id) == receipt["command_id"]
    assert [str(event.event_id) for event in promise.events] == [
        event["event_id"] for event in receipt["events"]
    ]


def test_the_location_leads_to_the_thing(exporter: ApiClient) -> None:
    answer = exporter.post("jars/", {"label": "rent"})
    assert exporter.get(answer["Location"]).json()["state"]["label"] == "rent"


def test_a_repeat_answers_with_the_same_bytes_and_changes_nothing(exporter: ApiClient) -> None:
    first = exporter.post("jars/", {"label": "rent"}, key="once")
    second = exporter.post("jars/", {"label": "rent"}, key="once")
    assert second.content == first.content
    assert second.status_code == first.status_code
    assert second["ETag"] == first["ETag"]
    assert EventRow.objects.count() == 1


def test_the_same_key_of_another_person_is_another_command(
    exporter: ApiClient, intruder: ApiClient
) -> None:
    first = exporter.post("jars/", {"label": "rent"}, key="once").json()
    second = intruder.post("jars/", {"label": "rent"}, key="once").json()
    assert first["stream_id"] != second["stream_id"]


def test_a_key_used_for_another_body_is_422(exporter: ApiClient) -> None:
    exporter.post("jars/", {"label": "rent"}, key="once")
    problem(exporter.post("jars/", {"label": "food"}, key="once"), 422, "idempotency_key_reused")


def test_a_key_used_for_another_thing_is_422(exporter: ApiClient) -> None:
    one, two = opened(exporter), opened(exporter)
    exporter.post(f"jars/{one}/deposits", {"amount_cents": "1"}, key="once")
    again = exporter.post(f"jars/{two}/deposits", {"amount_cents": "1"}, key="once")
    problem(again, 422, "idempotency_key_reused")


def test_a_command_without_key_is_400(exporter: ApiClient) -> None:
    problem(exporter.post_plain("jars/", {"label": "x"}), 400, "idempotency_key_required")


@pytest.mark.parametrize("key", ["a", "a" * 200, "!~"])
def test_a_key_of_visible_ascii_is_taken(exporter: ApiClient, key: str) -> None:
    assert exporter.post("jars/", {"label": "x"}, key=key).status_code == 201


@pytest.mark.parametrize("key", ["", "a" * 201, "a b", "a\tb", "é"])
def test_any_other_key_is_400(exporter: ApiClient, key: str) -> None:
    answer = exporter.post_plain("jars/", {"label": "x"}, idempotency_key=key)
    problem(answer, 400, "idempotency_key_invalid")


# -- Versions ------------------------------------------------------------------------------------


def test_a_decision_needs_if_match(exporter: ApiClient) -> None:
    jar = opened(exporter)
    problem(exporter.post(f"jars/{jar}/smashing"), 428, "if_match_required")


def test_a_decision_about_the_present_version_is_taken(exporter: ApiClient) -> None:
    jar = opened(exporter)
    answer = exporter.post(f"jars/{jar}/smashing", if_match='"1"')
    assert answer.status_code == 200
    assert answer["ETag"] == '"2"'


@pytest.mark.parametrize("version", [0, 2])
def test_a_decision_about_another_version_is_412(exporter: ApiClient, version: int) -> None:
    jar = opened(exporter)
    answer = exporter.post(f"jars/{jar}/smashing", if_match=f'"{version}"')
    body = problem(answer, 412, "wrong_expected_version")
    assert (body["expected"], body["found"]) == (version, 1)


def test_a_star_matches_any_version(exporter: ApiClient) -> None:
    jar = opened(exporter)
    assert exporter.post(f"jars/{jar}/smashing", if_match="*").status_code == 200


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"1", "2"', '"01"', '"x"', ""])
def test_what_is_no_single_strong_tag_is_400(exporter: ApiClient, tag: str) -> None:
    jar = opened(exporter)
    problem(exporter.post(f"jars/{jar}/smashing", if_match=tag), 400, "if_match_invalid")


def test_where_if_match_is_optional_it_still_counts(exporter: ApiClient) -> None:
    jar = opened(exporter)
    late = exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1"}, if_match='"7"')
    problem(late, 412, "wrong_expected_version")
    assert exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1"}).status_code == 200


def test_a_command_that_had_taken_effect_answers_without_events(exporter: ApiClient) -> None:
    jar = opened(exporter)
    exporter.post(f"jars/{jar}/smashing", if_match="*")
    answer = exporter.post(f"jars/{jar}/smashing", if_match="*")
    assert answer.status_code == 200
    assert (answer.json()["events"], answer["ETag"]) == ([], '"2"')


# -- Who, and whether ----------------------------------------------------------------------------


def test_without_token_it_is_401() -> None:
    answer = ApiClient(None).post("jars/", {"label": "x"})
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["nonsense", "0" * 64, "two words"])
def test_with_a_wrong_token_it_is_401(token: str) -> None:
    problem(ApiClient(token).post("jars/", {"label": "x"}), 401, "authentication_failed")


def test_another_role_is_403(officer: ApiClient) -> None:
    problem(officer.post("jars/", {"label": "x"}), 403, "role_not_permitted")


def test_a_thing_of_somebody_else_is_404_and_so_is_none(
    exporter: ApiClient, intruder: ApiClient
) -> None:
    jar = opened(exporter)
    hidden = intruder.post(f"jars/{jar}/smashing", if_match="*")
    absent = intruder.post(f"jars/{UUID(int=7)}/smashing", if_match="*")
    expected = problem(absent, 404, "not_found")
    assert problem(hidden, 404, "not_found") == expected | {"instance": hidden.wsgi_request.path}


def test_a_refusal_is_409_with_its_citation(exporter: ApiClient) -> None:
    jar = opened(exporter)
    exporter.post(f"jars/{jar}/smashing", if_match="*")
    body = problem(exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1"}), 409, "jar_smashed")
    assert body["citation"] == "Toy 1.2"
    assert body["detail"] == "A smashed jar holds nothing"
    assert body["title"] == "Jar smashed"


def test_a_refusal_may_say_more(exporter: ApiClient) -> None:
    jar = opened(exporter)
    answer = exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1001"})
    assert problem(answer, 409, "jar_overflows")["room"] == 1_000
    assert exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1000"}).status_code == 200


def test_a_refusal_is_repeated_word_for_word(exporter: ApiClient) -> None:
    jar = opened(exporter)
    first = exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1001"}, key="once")
    second = exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1001"}, key="once")
    assert second.status_code == 409
    assert second.content == first.content


def test_a_bug_is_500_and_tells_nothing_of_its_insides(
    exporter: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    jar = opened(exporter)
    answer = exporter.post(f"jars/{jar}/deposits", {"amount_cents": "1", "note": "bug"})
    problem(answer, 500, "internal_error")
    assert b"insides of the service" not in answer.content
    assert any(record.exc_info for record in caplog.records)


def test_another_method_is_405_and_names_those_that_are(exporter: ApiClient) -> None:
    jar = opened(exporter)
    answer = exporter.delete(f"jars/{jar}")
    problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["nothing", "jars/7", "jars", "sessions/"])
def test_an_address_that_does_not_exist_is_404(exporter: ApiClient, path: str) -> None:
    problem(exporter.get(path), 404, "not_found")
