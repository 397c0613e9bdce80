"""Release: what a license that ended still held goes back, exactly once."""

import pytest

from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.commands import LicenseEnd
from licenses.domain.allotment.events import VolumeReleased
from tests.licenses.domain.allotment.cases import (
    BY_SYSTEM,
    HISTORIES,
    LICENSE,
    both,
    history,
    post,
    release,
    reserve,
    sale,
    tally,
)
from tests.licenses.domain.application.cases import EDITION
from tests.support.deciding import given


@pytest.mark.parametrize("license_end", list(LicenseEnd))
def test_all_that_is_held_goes_back(license_end: LicenseEnd) -> None:
    given(DECIDER, *HISTORIES["open, reserved"]).when(
        release(license_end=license_end), BY_SYSTEM
    ).then(
        VolumeReleased(
            license_id=LICENSE,
            line=1,
            quantity=40,
            tpp=40_000,
            license_end=license_end,
            shipment_id=None,
            edition=EDITION,
            seen=both(us_reported=100, us_counting=100, pending=40),
            moved=both(pending=-40),
        )
    )


def test_what_has_shipped_stays_taken() -> None:
    events = history(sale(100), reserve(40), post(15), release())

    assert (tally(events).pending, tally(events).posted) == (0, 15)


def test_other_lines_keep_theirs() -> None:
    events = history(sale(100), reserve(40), reserve(10, line=2), release())

    assert tally(events).pending == 10


@pytest.mark.parametrize("license_end", list(LicenseEnd))
def test_a_repeat_changes_nothing(license_end: LicenseEnd) -> None:
    given(DECIDER, *HISTORIES["open, released"]).when(
        release(license_end=license_end), BY_SYSTEM
    ).then()


def test_where_everything_shipped_there_is_nothing_to_give_back() -> None:
    given(DECIDER, *HISTORIES["open, posted"]).when(release(), BY_SYSTEM).then()


@pytest.mark.parametrize("stage", ["not opened", "open"])
def test_volume_must_have_been_reserved(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(release(), BY_SYSTEM).refused("volume_not_reserved")
