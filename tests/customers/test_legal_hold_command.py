"""Legal holds from the command line: one officer places, two lift, in the name of enrolled people."""

import io
import json
from typing import Any, Final
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from tests.customers.test_erase_command import erase
from tests.support.client import client_of, person_of
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.trust.names import certified

pytestmark = pytest.mark.django_db

MATTER: Final = ("--matter", "Docket 26-0417")
WHY: Final = ("--reason", "The agency asked to keep the records")


def legal_hold(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("legal_hold", *arguments, stdout=out, **options)
    return out.getvalue()


def by(actor: Any) -> tuple[str, str]:
    return "--person", person_of(actor).username


@pytest.fixture
def customer() -> str:
    return certified(client_of(EXPORTER)).removeprefix("customers/")


def test_one_officer_holds_and_two_lift(customer: str) -> None:
    placed = legal_hold("place", customer, *MATTER, *WHY, *by(OFFICER))
    assert placed.startswith("legal_hold_placed: event ")
    held = [{"target_id": customer, "matters": ["Docket 26-0417"]}]
    assert json.loads(legal_hold("list", "--json")) == held
    with pytest.raises(CommandError, match="lifting_not_proposed"):
        legal_hold("lift", customer, *MATTER, *by(SECOND_OFFICER))
    legal_hold("propose", customer, *MATTER, *WHY, *by(OFFICER))
    with pytest.raises(CommandError, match="four_eyes"):
        legal_hold("lift", customer, *MATTER, *by(OFFICER))
    assert legal_hold("list") == f"{customer}  Docket 26-0417\n1 held\n"
    lifted = legal_hold("lift", customer, *MATTER, *by(SECOND_OFFICER))
    assert lifted.startswith("legal_hold_lifted: event ")
    assert legal_hold("list") == "0 held\n"


def test_what_is_held_from_the_command_line_is_not_erased_from_there(customer: str) -> None:
    legal_hold("place", customer, *MATTER, *WHY, *by(OFFICER))
    [subject] = json.loads(erase("subjects", customer, "--json"))
    with pytest.raises(CommandError, match="legal_hold"):
        erase("request", subject["subject_id"], *by(OFFICER), "--reason", "Asked for")


@pytest.mark.parametrize(
    ("matter", "code"), [(" ", "request_invalid"), ("x" * 201, "request_invalid")]
)
def test_a_matter_without_a_name_changes_nothing(customer: str, matter: str, code: str) -> None:
    with pytest.raises(CommandError, match=code):
        legal_hold("place", customer, "--matter", matter, *WHY, *by(OFFICER))
    assert legal_hold("list") == "0 held\n"


def test_neither_strangers_nor_exporters_hold_and_nothing_unknown_is_held(customer: str) -> None:
    with pytest.raises(CommandError, match="role_not_permitted"):
        legal_hold("place", customer, *MATTER, *WHY, *by(EXPORTER))
    with pytest.raises(CommandError, match="there is no person who"):
        legal_hold("place", customer, *MATTER, *WHY, "--person", "who")
    with pytest.raises(CommandError, match="target_unknown"):
        legal_hold("place", str(UUID(int=7)), *MATTER, *WHY, *by(OFFICER))
    with pytest.raises(CommandError, match="not_found"):
        legal_hold("propose", customer, *MATTER, *WHY, *by(OFFICER))
