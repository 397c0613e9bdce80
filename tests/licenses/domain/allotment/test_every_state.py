"""Every command in every state: events that can be folded, or a refusal. Nothing else."""

from typing import Final

import pytest

from audits.kernel import Command, Facts
from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.events import AllotmentEvent, AllotmentOpened
from licenses.domain.allotment.state import books
from licenses.domain.allotment.values import NO_COUNTERS, add
from tests.licenses.domain.allotment.cases import (
    BY_SYSTEM,
    HISTORIES,
    counters,
    history,
    post,
    release,
    reserve,
    reversal,
    sale,
    under,
)
from tests.support.deciding import cells, outcome_of, states_of

STAGES: Final = tuple(HISTORIES)

COMMANDS: Final[dict[str, tuple[Command, Facts]]] = {
    "report": (sale(10, name="INV-9"), under()),
    "reverse": (reversal(1, name="CN-9"), under()),
    "reserve": (reserve(1, line=9), under()),
    "post": (post(1, shipment="other"), BY_SYSTEM),
    "release": (release(), BY_SYSTEM),
}

REPORTED: Final = "UsSaleReported"
REVERSED: Final = "UsSaleReversed"
RESERVED: Final = "VolumeReserved"
POSTED: Final = "VolumePosted"
RELEASED: Final = "VolumeReleased"
UNHELD: Final = "volume_not_reserved"
FROZEN: Final = "allotment_frozen"
EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    # One column for each of STAGES, from `not opened` to `frozen, posted`.
    "report": (f"AllotmentOpened,{REPORTED}", *[REPORTED] * 6),
    "reverse": ("sale_unknown", *[REVERSED] * 6),
    "reserve": ("cap_exceeded", *[RESERVED] * 4, FROZEN, FROZEN),
    "post": (UNHELD, UNHELD, POSTED, POSTED, "volume_released", POSTED, FROZEN),
    "release": (UNHELD, UNHELD, RELEASED, "", "", RELEASED, ""),
}


@pytest.mark.parametrize(("name", "stage", "expected"), cells(EXPECTED, STAGES))
def test_the_outcome_is_defined(name: str, stage: str, expected: str) -> None:
    assert outcome_of(DECIDER, HISTORIES[stage], COMMANDS[name]) == expected


def test_no_command_is_forgotten() -> None:
    assert {type(command) for command, _ in COMMANDS.values()} == set(DECIDER.decisions)


def test_each_history_ends_in_the_state_that_it_names() -> None:
    assert states_of(DECIDER, HISTORIES) == [
        name.split(",")[0].title().replace(" ", "") for name in STAGES
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_the_counters_are_the_sum_of_what_the_events_moved(stage: str) -> None:
    total = NO_COUNTERS
    for event in HISTORIES[stage]:
        if not isinstance(event, AllotmentOpened):
            assert event.seen == total
            total = add(total, event.moved)

    state = DECIDER.fold(HISTORIES[stage])
    kept = books(state)
    assert counters(state) == total
    assert kept is None or kept.counters == total
    assert (kept is None) == (stage == "not opened")


@pytest.mark.parametrize("event", history(sale(), reserve(1))[1:])
def test_nothing_is_folded_before_the_allotment_is_opened(event: AllotmentEvent) -> None:
    with pytest.raises(TypeError, match="cannot follow NotOpened"):
        DECIDER.fold([event])


@pytest.mark.parametrize("stage", ["open", "frozen"])
def test_it_is_opened_once(stage: str) -> None:
    with pytest.raises(TypeError, match="AllotmentOpened cannot follow"):
        DECIDER.fold([*HISTORIES[stage], *HISTORIES["open"][:1]])
