"""The same history under another edition: what fails, by how much; nothing is changed by asking."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from psycopg import sql

from audits.kernel import Refused
from audits.past import moments
from audits.past.moments import Moment
from licenses.auditing.counterfactual import counterfactual
from licenses.auditing.outcomes import Counterfactual, Failed
from licenses.auditing.what_if import edition_to_try
from licenses.domain.policy.model import Condition, Edition
from licenses.domain.policy.parsing import parse_edition
from tests.licenses.verification.histories import Played
from tests.support.client import client_of, problem
from tests.support.database import connect_as
from tests.support.deal import UNIT_PRICE_CENTS
from tests.support.people import AUDITOR, OFFICER
from tests.support.stage import EDITIONS

BRIEF = (EDITIONS / "brief-2026.toml").read_text()


def edition(**changes: str) -> Edition:
    """Parse the brief edition with lines changed: key=the whole new value."""
    text = BRIEF
    for key, value in changes.items():
        [line] = [each for each in text.splitlines() if each.startswith(f"{key} = ")]
        text = text.replace(line, f"{key} = {value}")
    return parse_edition(text)


def judged(tried: Edition) -> Counterfactual:
    return counterfactual(tried, Moment(log_index=moments.last_index()))


def amounts(failed: tuple[Failed, ...]) -> set[tuple[UUID, int, int, str]]:
    return {(each.id, each.units, each.value_cents, each.currency) for each in failed}


def codes(failed: Any) -> set[tuple[str, str]]:
    return {(each.condition.value, each.code) for each in failed.failing}


@pytest.mark.usefixtures("played")
def test_under_the_edition_that_ruled_nothing_comes_out_otherwise() -> None:
    found = judged(edition_to_try("brief-2026"))
    assert (found.grants, found.shipments, found.remittances, found.caps) == ((), (), (), ())


def test_a_banned_product_fails_every_grant_and_every_shipment(played: Played) -> None:
    ban = '\n[[bans]]\nmodels = ["H200"]\nreason = "They end"\ncitation = "A later ban"\n'
    found = judged(parse_edition(BRIEF + ban))
    deals = (played.remitted, played.short, played.revoked, played.refunded, played.open)
    assert amounts(found.grants) == {
        (deal.license_id, deal.quantity, deal.price_cents, "USD") for deal in deals
    }
    assert amounts(found.shipments) == {
        (played.remitted.shipment_id, 4, 4 * UNIT_PRICE_CENTS, "USD"),
        (played.short.shipment_id, 5, 5 * UNIT_PRICE_CENTS, "USD"),
    }
    for each in (*found.grants, *found.shipments):
        assert codes(each) == {("C1", "product_banned")}
        assert each.under == "brief-2026"


def test_another_rate_makes_other_levies_to_the_cent(played: Played) -> None:
    found = judged(edition(rate_numerator="30"))
    expected = {
        played.remitted.shipment_id: 4 * UNIT_PRICE_CENTS,
        played.short.shipment_id: 5 * UNIT_PRICE_CENTS,
    }
    told = {each.shipment_id: each for each in found.remittances}
    assert told.keys() == expected.keys()
    for shipment_id, gross_cents in expected.items():
        was, would = gross_cents * 25 // 100, gross_cents * 30 // 100
        levy = told[shipment_id]
        assert (levy.assessed_cents, levy.would_be_cents) == (was, would)
        assert (levy.difference_cents, levy.currency) == (would - was, "USD")
    assert told[played.remitted.shipment_id].license_id == played.remitted.license_id


@pytest.mark.parametrize("short_by", [0, 1])
@pytest.mark.usefixtures("played")
def test_a_tighter_cap_breaks_where_it_is_exceeded_by_one(short_by: int) -> None:
    peak = peak_of(judged(edition(ratio_numerator="1", ratio_denominator="190")))
    limit = str(peak - short_by)
    found = judged(edition(ratio_numerator=limit, ratio_denominator="190"))
    assert len(found.caps) == short_by
    for cap in found.caps:
        assert (cap.over, cap.us_sold, cap.metric) == (1, 190, "units")
        assert [codes(each) for each in found.grants] == [{("C5", "cap_exceeded")}]
        [grant] = found.grants
        assert (grant.id, grant.event_id) == (cap.license_id, cap.event_id)
        assert (cap.value_cents, cap.currency) == (cap.asked * UNIT_PRICE_CENTS, "USD")
        assert cap.value_cents == grant.value_cents


def peak_of(found: Counterfactual) -> int:
    """Give the most that was ever taken: under a cap of one unit, every line breaks it."""
    return max(each.taken + each.asked for each in found.caps)


@pytest.mark.usefixtures("played")
def test_the_rule_edition_takes_no_levy_on_proceeds_and_counts_in_tpp() -> None:
    found = judged(edition_to_try("rule-2026"))
    assert {each.would_be_cents for each in found.remittances} == {0}
    assert all(each.difference_cents == -each.assessed_cents for each in found.remittances)
    assert all(
        Condition.VOLUME_CAP not in {one.condition for one in each.failing} for each in found.grants
    )


@pytest.mark.usefixtures("played")
def test_only_history_up_to_the_moment_is_judged() -> None:
    assert counterfactual(edition(rate_numerator="30"), Moment(log_index=10)).remittances == ()


class Told:
    """Progress as it was told."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.steps: list[int] = []

    def begin(self, check: str, total: int) -> None:
        """Hear of the start."""
        self.begun.append((check, total))

    def advance(self, count: int) -> None:
        """Hear of a step."""
        self.steps.append(count)


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("last", [-1, 10, None])
def test_progress_goes_along_the_log_up_to_the_moment(last: int | None) -> None:
    at, told = Moment(log_index=moments.last_index() if last is None else last), Told()
    counterfactual(edition(), at, told)
    assert told.begun == [("counterfactual", at.log_index + 1)]
    assert sum(told.steps) == at.log_index + 1
    assert min(told.steps) >= 0
    assert (len(told.steps) > 10) is (last is None)


@pytest.mark.usefixtures("played")
def test_an_edition_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="never-was"):
        edition_to_try("never-was")


@pytest.mark.usefixtures("committed")
@pytest.mark.django_db
def test_asking_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = everything()
    call_command("audit", "counterfactual", "--edition", "rule-2026", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["edition"] == "rule-2026"
    assert told["remittances"]
    assert everything() == before
    with pytest.raises(CommandError, match="edition_unknown"):
        call_command("audit", "counterfactual", "--edition", "never-was")


def everything() -> list[Any]:
    """Hash every row of every table, and name the last number of every sequence."""
    with connect_as() as superuser:
        names = [
            name
            for (name,) in superuser.execute(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
            )
        ]
        hashed = [
            superuser.execute(
                sql.SQL(
                    "SELECT count(*), md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {} r"
                ).format(sql.Identifier(name))
            ).fetchone()
            for name in names
        ]
        numbers = superuser.execute(
            "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
        ).fetchall()
    return [names, hashed, numbers]


@pytest.mark.usefixtures("played")
def test_auditors_ask_over_rest_and_nobody_else() -> None:
    answer = client_of(AUDITOR).get("audits/counterfactual", {"edition": "rule-2026"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["edition"] == "rule-2026"
    path, asked = "audits/counterfactual", {"edition": "rule-2026"}
    problem(client_of(OFFICER).get(path, asked), 403, "role_not_permitted")
    problem(client_of(AUDITOR).get(path), 400, "request_invalid")
    unknown = {"edition": "never-was"}
    problem(client_of(AUDITOR).get(path, unknown), 409, "edition_unknown")
