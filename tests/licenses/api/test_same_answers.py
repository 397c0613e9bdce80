"""Whatever can be asked of the past is answered with the same bytes, whatever happens afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Max

from audits import access
from audits.domain.finding.commands import RaiseFinding
from audits.domain.halt.commands import ConfirmLift, HaltKind, ProposeLift, SetHalt
from audits.findings import finding_id
from audits.halting import HALTS
from audits.models import EventRow
from audits.past import moments
from audits.past.moments import Moment
from audits.sequencing import Sequencer
from tests.licenses.api.test_reading import VISIBLE, schemas
from tests.support.client import ApiClient
from tests.support.deal import Deal
from tests.support.people import AUDITOR, OFFICER, SYSTEM
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]
FURTHER: dict[str, dict[str, str]] = {
    "/api/v1/audits/counterfactual": {"edition": "rule-2026"},
    "/api/v1/audits/differences": {"from_index": "3"},
}
"""What else these addresses have to be told."""


@pytest.fixture
def finished(deal: Deal, stage: Stage) -> Deal:
    """Play a deal to its end, with a finding and a halt that was lifted."""
    raised = {"audit": "trial_balance", "kind": "amiss", "subject": "account", "detail": "1, not 2"}
    target = finding_id("trial_balance", "amiss", "account")
    stage.do(SYSTEM, RaiseFinding(**raised, evidence=()), target)  # type: ignore[arg-type]  # texts
    money = HALTS[HaltKind.MONEY]
    stage.do(AUDITOR, SetHalt(kind=HaltKind.MONEY, reason="A doubt"), money)
    stage.do(AUDITOR, ProposeLift(reason="Cleared up"), money)
    stage.do(OFFICER, ConfirmLift(reason="Cleared up"), money)
    deal.dispatch()
    deal.deliver().remit()
    access.note(AUDITOR, "/api/v1/licenses/", None)
    access.record()
    Sequencer().run_until_empty()
    return deal


def addresses(auditor: ApiClient, deal: Deal) -> Iterator[str]:
    """List every address that can be asked for the past; of single things the oldest of each list."""
    for path, methods in schemas()["paths"].items():
        given = {each["name"] for each in methods.get("get", {}).get("parameters", ())}
        if given.isdisjoint({"log_index", "to_index"}):
            continue
        if path.endswith("lineage/{id}"):
            yield path.replace("{id}", str(deal.remittance_id))
            continue
        kind, of_thing, rest = path.partition("{id}")
        oldest = {"ordering": "created_at", "limit": 1}
        things = auditor.get(kind, oldest).json()["items"] if of_thing else [{"id": ""}]
        yield from (kind + each["id"] + rest for each in things)


def asked(auditor: ApiClient, path: str, **moment: Any) -> bytes:
    ends = {"as_of": "to_time", "log_index": "to_index"} if path.endswith("differences") else {}
    named = {ends.get(name, name): value for name, value in moment.items()}
    answer = auditor.get(path, FURTHER.get(path, {}) | named)
    assert answer.status_code == 200, (path, answer.content)
    return bytes(answer.content)


def more_happens(stage: Stage, finished: Deal) -> None:
    """Play another deal to its end, so that every list gets longer and every sum larger."""
    stage.sell_at_home(16, reference="INV-2")
    other = Deal(stage, finished.customer_id, "other").ready()
    other.dispatch()
    other.deliver().remit()
    stage.approved_customer("another")
    access.record()
    Sequencer().run_until_empty()


def test_by_time_and_by_place_every_answer_stays_the_same_bytes(
    people: People, stage: Stage, finished: Deal
) -> None:
    auditor, last = people["auditor"], moments.last_index()
    time = EventRow.objects.aggregate(last=Max("recorded_at"))["last"]
    stage.registered_customer("late")
    Sequencer().run_until_empty()
    at = moments.moment_at(time)
    assert at == Moment(log_index=last)  # settled: what comes later cannot move it
    paths = list(addresses(auditor, finished))
    assert {path.split("/")[3] for path in paths} >= {
        *VISIBLE,
        "audits",
        "findings",
        "halts",
        "ledger",
        *("accesses", "events"),
    }
    assert {path.split("/")[5] for path in paths if path.count("/") > 4} >= {"history", "clearance"}
    by_place = {path: asked(auditor, path, log_index=at.log_index) for path in paths}
    by_time = {path: asked(auditor, path, as_of=time.isoformat()) for path in paths}
    now = {path: asked(auditor, path) for path in paths}
    assert by_time == by_place
    more_happens(stage, finished)
    for path in paths:
        assert asked(auditor, path, log_index=at.log_index) == by_place[path], path
        assert asked(auditor, path, as_of=time.isoformat()) == by_place[path], path
    assert b'"/api/v1/licenses/"' in by_place["/api/v1/accesses/"]
    changed = {path for path in paths if asked(auditor, path) != now[path]}
    assert {"/api/v1/ledger/trial-balance", "/api/v1/audits/clocks"} <= changed
    assert {"/api/v1/licenses/", "/api/v1/allotments/", "/api/v1/remittances/"} <= changed
