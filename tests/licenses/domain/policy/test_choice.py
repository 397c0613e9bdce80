"""Which edition rules, and what a ban covers."""

from datetime import datetime, timedelta

import msgspec
import pytest

from licenses.domain.policy.choice import ApprovedEdition, banned, in_force
from licenses.domain.policy.model import Ban, Edition
from tests.licenses.domain.policy.deals import BRIEF, RULE
from tests.support.people import NOON

DAY = timedelta(days=1)


def _approved(
    edition: Edition, *, approved_at: datetime, effective_from: datetime
) -> ApprovedEdition:
    return ApprovedEdition(edition=edition, approved_at=approved_at, effective_from=effective_from)


def test_before_the_first_edition_nothing_rules() -> None:
    later = _approved(RULE, approved_at=NOON, effective_from=NOON + DAY)

    assert in_force([], NOON) is None
    assert in_force([later], NOON + DAY - timedelta(microseconds=1)) is None
    assert in_force([later], NOON + DAY) == later


def test_the_latest_to_take_effect_rules() -> None:
    brief = _approved(BRIEF, approved_at=NOON + DAY, effective_from=NOON + DAY)
    rule = _approved(RULE, approved_at=NOON, effective_from=NOON + 2 * DAY)

    assert in_force([rule, brief], NOON + DAY) == brief
    assert in_force([rule, brief], NOON + 2 * DAY) == rule
    assert in_force([brief, rule], NOON + 2 * DAY) == rule


def test_of_two_that_take_effect_together_the_later_approved_rules() -> None:
    brief = _approved(BRIEF, approved_at=NOON, effective_from=NOON + DAY)
    rule = _approved(RULE, approved_at=NOON + timedelta(seconds=1), effective_from=NOON + DAY)

    assert in_force([rule, brief], NOON + DAY) == rule
    assert in_force([brief, rule], NOON + DAY) == rule


@pytest.mark.parametrize(
    ("model", "is_banned"),
    [
        ("H200 SXM", True),
        ("h200-sxm", True),
        ("NVIDIA H200 SXM 141GB", True),
        ("H200", False),
        ("H200 NVL", False),
        ("H200SXM", False),
        ("SXM H200", False),
        ("GH200 SXM", False),
    ],
)
def test_a_ban_on_a_model_goes_by_whole_words(*, model: str, is_banned: bool) -> None:
    ban = Ban(models=("H200 SXM",), reason="turned", citation="92 FR 1")
    edition = msgspec.structs.replace(RULE, bans=(ban,))

    assert banned(edition, model=model, generation="Hopper") == (ban if is_banned else None)


@pytest.mark.parametrize(
    ("generation", "is_banned"),
    [("Hopper", True), ("HOPPER", True), ("Hopper 2", False), ("", False)],
)
def test_a_ban_on_a_generation_goes_by_its_whole_name(*, generation: str, is_banned: bool) -> None:
    ban = Ban(generations=("Hopper",), reason="turned", citation="92 FR 1")
    edition = msgspec.structs.replace(
        RULE, bans=(Ban(models=("Gaudi 3",), reason="other", citation="92 FR 2"), ban)
    )

    assert banned(edition, model="H20", generation=generation) == (ban if is_banned else None)


def test_a_name_without_words_bans_nothing() -> None:
    ban = Ban(models=("---",), reason="turned", citation="92 FR 1")

    assert banned(msgspec.structs.replace(RULE, bans=(ban,)), model="H20", generation="") is None
