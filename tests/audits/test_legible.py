"""A text that shows nothing is none: in whichever field, of whatever kind of blank."""

from typing import Any, Final

import msgspec
import pytest

from audits.domain.finding.commands import AnswerFinding, CloseFinding
from audits.legible import require_legible
from customers.domain.customer.commands import RegisterCustomer
from tests.support.client import client_of, problem
from tests.support.people import EXPORTER, OFFICER
from tests.support.stage import party

BLANK: Final = (
    *("\u00a0", "\u0085", "\u00ad", "\u115f", "\u1680", "\u2003", "\u200b", "\u200d \u2060"),
    *("\u2028", "\u202e", "\u205f", "\u2069", "\u2800", "\u3000", "\u3164", "\ufeff", "\uffa0"),
)


@pytest.mark.parametrize("text", BLANK)
def test_what_nobody_sees_is_refused_and_may_stand_in_a_text(text: str) -> None:
    with pytest.raises(
        msgspec.ValidationError, match=r"nothing that can be seen - at `\$\.reason`"
    ):
        require_legible(CloseFinding(reason=text))
    require_legible(CloseFinding(reason=f"{text}x{text}"))
    require_legible(AnswerFinding(answer="范"))


def test_what_is_inside_is_asked_too() -> None:
    described: dict[str, Any] = party() | {"aliases": ["One", "\u00a0"]}
    command = msgspec.convert({"party": described}, RegisterCustomer)
    with pytest.raises(msgspec.ValidationError, match=r"`\$\.party\.aliases\[1\]`"):
        require_legible(command)


@pytest.mark.django_db
def test_a_reason_of_no_break_spaces_is_none() -> None:
    body = {"kind": "money", "reason": "\u00a0\u00a0"}
    problem(client_of(OFFICER).post("halts/", body), 400, "request_invalid")
    problem(client_of(EXPORTER).post("halts/", body), 400, "request_invalid")
    assert client_of(OFFICER).get("halts/").json()["items"] == []
    done = client_of(OFFICER).post("halts/", body | {"reason": "\u00a0A doubt\u200b"})
    assert done.status_code == 201, done.content
