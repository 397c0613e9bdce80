"""What lists and things answered while a deal was played is what they answer of those moments later."""

from typing import Any, Final

import pytest

from audits import vault
from audits.past import moments
from audits.sequencing import Sequencer
from tests.licenses.api.test_reading import VISIBLE
from tests.support.client import ApiClient
from tests.support.deal import Deal
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]
Told = dict[str, bytes]
NEWEST: Final = 200
"""More than there is of anything here."""


class Witness(Stage):
    """A stage on which somebody asks for everything after each step, and keeps the answers."""

    auditor: ApiClient
    kept: dict[int, Told]
    """By the index at which the log ended."""

    def do(self, *arguments: Any, **named: Any) -> Any:
        """Take the step, and ask."""
        receipt = super().do(*arguments, **named)
        self.look()
        return receipt

    def settle(self) -> None:
        """Run what is due, and ask."""
        super().settle()
        self.look()

    def look(self) -> None:
        """Ask for every list, the ledger, and whatever thing is other than it was."""
        Sequencer().run_until_empty()
        end = moments.last_index()
        before = self.kept[max(self.kept)] if self.kept else {}
        now: Told = {}
        for kind in VISIBLE:
            listed = self.auditor.get(f"{kind}/", {"limit": NEWEST})
            now[f"{kind}/"] = listed.content
            for item in listed.json()["items"]:
                path = f"{kind}/{item['id']}"
                is_known = listed.content == before.get(f"{kind}/") and path in before
                now[path] = before[path] if is_known else self.auditor.get(path).content
        now["ledger/trial-balance"] = self.auditor.get("ledger/trial-balance").content
        self.kept[end] = now


def then(auditor: ApiClient, path: str, at: int) -> bytes:
    """Ask for the past, but for what only such an answer says, and with names in clear."""
    asked = {"log_index": at} | ({"limit": NEWEST} if path.endswith("/") else {})
    answer = auditor.get(path, asked)
    assert answer.status_code == 200, (path, at, answer.content)
    said = b',"stands_on":{"log_index":%d,"settled":true}' % at
    assert said in answer.content
    return vault.revealed(answer.content.replace(said, b""))


def test_at_every_place_of_the_log_the_past_is_what_was_answered_then(people: People) -> None:
    auditor = people["auditor"]
    stage = Witness()
    stage.auditor, stage.kept = auditor, {}
    stage.prepare()
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch()
    deal.deliver().remit()
    compared, before = 0, Told()
    for at, told in sorted(stage.kept.items()):
        for path, content in told.items():
            if before.get(path) != content:
                assert then(auditor, path, at) == content, (at, path)
                compared += 1
        before = told
    assert compared > 2 * len(before) > 40
    for path, content in before.items():
        assert then(auditor, path, moments.last_index()) == content, path
