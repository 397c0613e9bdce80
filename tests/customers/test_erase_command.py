"""Erasing from the command line: the same rules, in the name of two enrolled people."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audits.models import EventRow
from audits.verification import verify
from tests.support.client import client_of, person_of
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.trust.names import SIGNATORY, certified

pytestmark = pytest.mark.django_db


def erase(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("erase", *arguments, stdout=out, **options)
    return out.getvalue()


def test_two_people_erase_from_the_command_line() -> None:
    thing = certified(client_of(EXPORTER)).removeprefix("customers/")
    first, second = (person_of(actor).username for actor in (OFFICER, SECOND_OFFICER))
    [subject] = json.loads(erase("subjects", thing, "--json"))
    assert subject["name"] == SIGNATORY
    key = subject["subject_id"]
    with pytest.raises(CommandError, match="not_found"):
        erase("approve", key, "--person", second)
    asked = erase("request", key, "--person", first, "--reason", "Asked for")
    assert asked.startswith("erasure_requested: event ")
    with pytest.raises(CommandError, match="four_eyes"):
        erase("approve", key, "--person", first)
    erase("decline", key, "--person", second, "--reason", "Not yet")
    erase("request", key, "--person", first, "--reason", "Asked for again")
    assert erase("approve", key, "--person", second).startswith("personal_data_erased: event ")
    assert erase("subjects", thing) == f"{key}  [erased]\n1 persons\n"


def test_an_exporter_or_a_stranger_erases_nothing() -> None:
    thing = certified(client_of(EXPORTER)).removeprefix("customers/")
    [subject] = json.loads(erase("subjects", thing, "--json"))
    for person, words in ((person_of(EXPORTER).username, "role_not_permitted"), ("who", "who")):
        with pytest.raises(CommandError, match=words):
            erase("request", subject["subject_id"], "--person", person, "--reason", "x")


@pytest.mark.parametrize("reason", ["", " \t", "x" * 4_001, "a\x00b", "see personal:1:somebody"])
def test_a_reason_that_the_api_would_not_take_changes_nothing(reason: str) -> None:
    """An event that cannot be read back would make the journal unsound for ever."""
    thing = certified(client_of(EXPORTER)).removeprefix("customers/")
    [subject] = json.loads(erase("subjects", thing, "--json"))
    first, key = person_of(OFFICER).username, subject["subject_id"]
    with pytest.raises(CommandError, match="request_invalid"):
        erase("request", key, "--person", first, "--reason", reason)
    erase("request", key, "--person", first, "--reason", "Asked for")
    with pytest.raises(CommandError, match="request_invalid"):
        erase("decline", key, "--person", first, "--reason", reason)
    assert verify(only=("streams",)).is_sound
    assert [each.type for each in EventRow.objects.filter(aggregate="erasure")] == [
        "erasure_requested"
    ]
