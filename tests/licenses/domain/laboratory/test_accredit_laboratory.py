"""Accreditation: domestic, not controlled from excluded countries, impartial, with a sound key."""

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from licenses.domain.laboratory import DECIDER
from licenses.domain.laboratory.events import FinancialInterest, LaboratoryAccredited
from tests.licenses.domain.laboratory.scenes import (
    ACCREDIT,
    CITATION,
    HISTORIES,
    KEY_ID,
    NEXT_PUBLIC_KEY,
    PUBLIC_KEY,
    accredit_facts,
    site,
)
from tests.licenses.domain.policy.deals import RULE
from tests.support.deciding import given
from tests.support.people import LABORATORY

ACCREDITED = LaboratoryAccredited(
    organization_id=LABORATORY.organization_id,
    name="Front Range Measurement",
    headquarters_country="US",
    control_countries=("US", "CA"),
    sites=(site(),),
    public_key=PUBLIC_KEY,
    key_id=KEY_ID,
    edition="rule-2026",
)


def test_an_independent_laboratory_is_accredited() -> None:
    given(DECIDER).when(ACCREDIT, accredit_facts()).then(ACCREDITED)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("laboratory_not_domestic", {"headquarters_country": "CA"}),
        ("laboratory_site_abroad", {"sites": (site(), site("CN"))}),
        ("laboratory_controlled_from_abroad", {"control_countries": ("US", "CN")}),
        ("laboratory_controlled_from_abroad", {"control_countries": ("MO",)}),
        ("laboratory_controlled_from_abroad", {"control_countries": ("HK",)}),
        (
            "laboratory_not_independent",
            {
                "financial_interests": (
                    FinancialInterest(party_name="Harbor Cloud", nature="2 % of the shares"),
                )
            },
        ),
    ],
)
def test_whoever_is_not_independent_is_refused(code: str, change: dict[str, Any]) -> None:
    outcome = given(DECIDER).when(replace(ACCREDIT, **change), accredit_facts())
    outcome.refused(code, citation=CITATION)


def test_which_countries_are_excluded_is_the_edition_s() -> None:
    rule = replace(RULE.testing, excluded_control_countries=())
    command = replace(ACCREDIT, control_countries=("CN",))
    outcome = given(DECIDER).when(command, accredit_facts(testing=rule))
    outcome.then(replace(ACCREDITED, control_countries=("CN",)))


@pytest.mark.parametrize(
    "spelling",
    [
        PUBLIC_KEY.upper(),
        base64.b64encode(bytes.fromhex(PUBLIC_KEY)).decode(),
        base64.b64encode(bytes.fromhex(PUBLIC_KEY)).decode().rstrip("="),
    ],
)
def test_a_key_has_several_spellings_and_one_form(spelling: str) -> None:
    command = replace(ACCREDIT, public_key=spelling)
    given(DECIDER).when(command, accredit_facts()).then(ACCREDITED)


@pytest.mark.parametrize(
    "key",
    [
        PUBLIC_KEY[:-2],
        "g" * 64,
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(33)).decode(),
        "é" * 43,
        "=" * 44,
    ],
)
def test_a_key_has_32_bytes(key: str) -> None:
    outcome = given(DECIDER).when(replace(ACCREDIT, public_key=key), accredit_facts())
    outcome.refused("public_key_malformed")


def test_accrediting_again_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["accredited"]).when(ACCREDIT, accredit_facts()).then()


@pytest.mark.parametrize("change", [{"name": "Other"}, {"public_key": NEXT_PUBLIC_KEY}])
def test_other_terms_are_refused(change: dict[str, Any]) -> None:
    outcome = given(DECIDER, *HISTORIES["accredited"]).when(
        replace(ACCREDIT, **change), accredit_facts()
    )
    outcome.refused("laboratory_already_accredited")


def test_a_disqualification_is_for_good() -> None:
    outcome = given(DECIDER, *HISTORIES["disqualified"]).when(ACCREDIT, accredit_facts())
    outcome.refused("laboratory_disqualified")
