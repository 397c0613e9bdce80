"""Drawing: enough units of this lot, chosen once, by an accredited laboratory."""

import pytest
from msgspec.structs import replace

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.commands import DrawSample
from licenses.domain.lab_test.events import SampleDrawn
from tests.licenses.domain.lab_test.scenes import (
    CITATION,
    DRAW,
    HISTORIES,
    LAB,
    SAMPLE,
    SECOND_LAB,
    SERIALS,
    SHIPMENT,
    draw_facts,
)
from tests.licenses.domain.policy.deals import RULE
from tests.support.deciding import given
from tests.support.people import NOON

DRAWN = SampleDrawn(
    shipment_id=SHIPMENT,
    laboratory_id=LAB,
    serials=SAMPLE,
    lot_size=80,
    sample_minimum=4,
    drawn_at=NOON,
    edition="rule-2026",
)


def test_a_twentieth_of_eighty_is_four() -> None:
    given(DECIDER, *HISTORIES["sampling"]).when(DRAW, draw_facts()).then(DRAWN)


def test_more_is_allowed_and_less_is_not() -> None:
    sampling = given(DECIDER, *HISTORIES["sampling"])
    sampling.when(DrawSample(serials=SERIALS[:5]), draw_facts()).then(
        replace(DRAWN, serials=SERIALS[:5])
    )
    outcome = sampling.when(DrawSample(serials=SERIALS[:3]), draw_facts())
    outcome.refused("sample_too_small", citation=CITATION)


def test_how_many_is_the_edition_s() -> None:
    facts = draw_facts(testing=replace(RULE.testing, sample_numerator=1, sample_denominator=19))
    outcome = given(DECIDER, *HISTORIES["sampling"]).when(DRAW, facts)
    outcome.refused("sample_too_small", citation=CITATION)


@pytest.mark.parametrize(
    ("code", "serials"),
    [
        ("sample_serial_repeated", (*SAMPLE, SAMPLE[0])),
        ("sample_not_in_lot", (*SAMPLE, "SN-9999")),
    ],
)
def test_a_sample_is_of_this_lot(code: str, serials: tuple[str, ...]) -> None:
    outcome = given(DECIDER, *HISTORIES["sampling"]).when(DrawSample(serials=serials), draw_facts())
    outcome.refused(code, citation=CITATION)


def test_only_an_accredited_laboratory_draws() -> None:
    facts = draw_facts(laboratory_accredited=False)
    outcome = given(DECIDER, *HISTORIES["sampling"]).when(DRAW, facts)
    outcome.refused("laboratory_not_accredited", citation=CITATION)


@pytest.mark.parametrize("name", ["sampled", "forged", "certified", "failed"])
def test_a_repeat_changes_nothing(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(DRAW, draw_facts()).then()


@pytest.mark.parametrize("name", ["sampled", "forged", "drawn anew"])
def test_nobody_chooses_twice(name: str) -> None:
    sampled = given(DECIDER, *HISTORIES[name])
    other = sampled.when(DrawSample(serials=SERIALS[:4]), draw_facts())
    other.refused("sample_already_drawn", citation=CITATION)
    third = sampled.when(DRAW, draw_facts(laboratory_id=SHIPMENT))
    third.refused("sample_already_drawn", citation=CITATION)


def test_when_the_first_laboratory_is_disqualified_another_draws() -> None:
    facts = draw_facts(laboratory_id=SECOND_LAB, earlier_laboratory_accredited=False)
    outcome = given(DECIDER, *HISTORIES["sampled"]).when(DRAW, facts)
    outcome.then(replace(DRAWN, laboratory_id=SECOND_LAB))


def test_after_a_voided_certificate_another_draws() -> None:
    facts = draw_facts(laboratory_id=SECOND_LAB)
    outcome = given(DECIDER, *HISTORIES["voided"]).when(DRAW, facts)
    outcome.then(replace(DRAWN, laboratory_id=SECOND_LAB))


@pytest.mark.parametrize("name", ["certified", "failed"])
def test_a_lot_is_tested_once(name: str) -> None:
    facts = draw_facts(laboratory_id=SECOND_LAB, earlier_laboratory_accredited=False)
    outcome = given(DECIDER, *HISTORIES[name]).when(DRAW, facts)
    outcome.refused("lab_test_concluded", citation=CITATION)


def test_the_lot_must_be_registered() -> None:
    given(DECIDER).when(DRAW, draw_facts()).refused("lot_not_registered")
