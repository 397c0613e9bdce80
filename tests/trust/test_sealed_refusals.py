"""What was refused is on record, and names nobody in clear there."""

from typing import Any, Final

import pytest

from audits.models import EventRow
from audits.personal import PREFIX
from tests.support.client import client_of, problem
from tests.support.people import LABORATORY, OFFICER
from tests.support.stage import PUBLIC_KEY, Stage
from tests.trust.names import holding

pytestmark = pytest.mark.django_db

SHAREHOLDER: Final = "Ottoline Krebsbach-Maree"
LABORATORY_BODY: Final[dict[str, Any]] = {
    "organization_id": str(LABORATORY.organization_id),
    "name": "Prairie Metrology",
    "headquarters_country": "US",
    "control_countries": [],
    "financial_interests": [{"party_name": SHAREHOLDER, "nature": "Shares"}],
    "sites": [{"lines": ["5 Main Street"], "city": "Omaha", "country": "US"}],
    "public_key": PUBLIC_KEY,
}


def test_a_refusal_names_a_person_to_whom_it_answers_and_nowhere_else() -> None:
    Stage().prepare()
    officer = client_of(OFFICER)
    answers = [officer.post("laboratories/", LABORATORY_BODY, key="one") for _ in range(2)]
    for answer in answers:
        problem(answer, 409, "laboratory_not_independent")
        assert SHAREHOLDER in answer.json()["detail"]
    [row] = EventRow.objects.filter(type="command_refused")
    assert PREFIX.encode() in bytes(row.canonical)
    assert holding(SHAREHOLDER) == set()
