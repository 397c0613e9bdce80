"""The past over REST: any list, the ledger, every clock; the same bytes for ever, and to whom."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from audits.api import past as past_api
from audits.past import moments
from audits.sequencing import Sequencer
from tests.licenses.api.test_reading import VISIBLE, described, schemas
from tests.support.client import ApiClient, problem
from tests.support.deal import Deal
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]


@pytest.fixture
def finished(deal: Deal) -> Deal:
    """Play the deal to its end and give every event its place."""
    deal.dispatch()
    deal.deliver().remit()
    Sequencer().run_until_empty()
    return deal


def in_pages(client: ApiClient, path: str, parameters: dict[str, Any]) -> Iterator[Any]:
    """Read a list from its first page to its last, one thing a page."""
    answer = client.get(path, {**parameters, "limit": 1})
    while True:
        assert answer.status_code == 200, answer.content
        yield from answer.json()["items"]
        links = answer.headers.get("Link", "").split(", ")
        following = [link for link in links if link.endswith('rel="next"')]
        if not following:
            return
        answer = client.get(following[0][1:].partition(">")[0])


@pytest.mark.parametrize("kind", VISIBLE)
@pytest.mark.usefixtures("finished")
def test_at_the_end_of_the_log_a_list_is_the_live_list(kind: str, people: People) -> None:
    document, end = schemas(), moments.last_index()
    for client in people.values():
        now = client.get(f"{kind}/").json()["items"]
        then = client.get(f"{kind}/", {"log_index": end})
        assert then.json()["items"] == now
        assert then.json()["stands_on"] == {"log_index": end, "settled": True}
        jsonschema.validate(then.json(), described(document, f"{kind}/"))


@pytest.mark.usefixtures("finished")
def test_pages_filters_and_order_are_those_of_the_live_list(people: People, stage: Stage) -> None:
    for label in ("second", "third", "fourth"):
        stage.registered_customer(label)
    stage.settle()
    Sequencer().run_until_empty()
    at, auditor = {"log_index": moments.last_index()}, people["auditor"]
    for asked in (
        {},
        {"ordering": "created_at"},
        {"ordering": "changed_at"},
        {"status": "pending"},
        {"created_at_from": "2099-01-01T00:00:00Z"},
        {"created_at_until": "2099-01-01T00:00:00Z", "country": "SG"},
        {"country": "NL"},
    ):
        there = auditor.get("customers/", asked).json()["items"]
        assert list(in_pages(auditor, "customers/", asked | at)) == there, asked


def test_a_page_leads_back_to_the_one_before(people: People, stage: Stage) -> None:
    for label in ("second", "third"):
        stage.registered_customer(label)
    Sequencer().run_until_empty()
    asked = {"log_index": moments.last_index(), "limit": 1}
    first = people["auditor"].get("customers/", asked)
    onward = first.headers["Link"][1:].partition(">")[0]
    second = people["auditor"].get(onward)
    back = next(link for link in second.headers["Link"].split(", ") if 'rel="prev"' in link)
    assert people["auditor"].get(back[1:].partition(">")[0]).json() == first.json()
    foreign = {**asked, "cursor": "eyJhIjoxfQ"}
    problem(people["auditor"].get("customers/", foreign), 400, "cursor_invalid")


def test_a_list_of_the_past_is_the_same_bytes_whatever_follows(
    people: People, deal: Deal, stage: Stage
) -> None:
    Sequencer().run_until_empty()
    asked = {"log_index": moments.last_index()}
    paths = [f"{kind}/" for kind in VISIBLE] + ["ledger/trial-balance", "audits/clocks"]
    before = [people["auditor"].get(path, asked).content for path in paths]
    deal.dispatch()
    deal.deliver().remit()
    stage.approved_customer("another")
    Sequencer().run_until_empty()
    assert [people["auditor"].get(path, asked).content for path in paths] == before


def test_the_ledger_of_the_past_balances(people: People, deal: Deal) -> None:
    Sequencer().run_until_empty()
    asked = {"log_index": moments.last_index()}
    live = people["auditor"].get("ledger/trial-balance").json()
    deal.dispatch()
    Sequencer().run_until_empty()
    there = people["auditor"].get("ledger/trial-balance", asked).json()
    assert there.pop("stands_on") == {**asked, "settled": True}
    assert there == live
    assert people["auditor"].get("ledger/trial-balance").json() != live
    problem(people["bank"].get("ledger/trial-balance", asked), 403, "role_not_permitted")


def test_clocks_and_differences_are_for_auditors(people: People, finished: Deal) -> None:
    document = schemas()
    for path, asked in (("audits/clocks", {}), ("audits/differences", {"from_index": -1})):
        for name, client in people.items():
            answer = client.get(path, asked)
            if name == "auditor":
                assert answer.status_code == 200, answer.content
                jsonschema.validate(answer.json(), described(document, path))
            else:
                problem(answer, 403, "role_not_permitted")
    body = people["auditor"].get("audits/differences", {"from_index": -1}).json()
    assert len(body["facts"]) == moments.last_index() + 1
    [remitted] = [each for each in body["changes"] if each["id"] == str(finished.remittance_id)]
    assert (remitted["before"], remitted["after"]["status"]) == (None, "reconciled")
    assert remitted["after"]["amount_cents"] == str(finished.price_cents // 4)
    problem(people["auditor"].get("audits/differences"), 400, "query_invalid")


def test_differences_of_more_events_than_an_answer_holds_are_refused(
    people: People, finished: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    del finished
    ends = {"from_index": -1, "to_index": 4}
    monkeypatch.setattr(past_api, "DIFFERENCES_AT_MOST", 5)
    assert len(people["auditor"].get("audits/differences", ends).json()["facts"]) == 5
    monkeypatch.setattr(past_api, "DIFFERENCES_AT_MOST", 4)
    body = problem(people["auditor"].get("audits/differences", ends), 409, "moments_too_far_apart")
    assert body["events_at_most"] == 4
