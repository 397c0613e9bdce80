"""What a dispatch moves is decided again: a forger who moves it otherwise is named."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from audits import reading
from audits.codec import Recorded
from audits.kernel import Event
from licenses.domain import allotment
from licenses.domain.allotment.commands import PostVolume
from licenses.domain.allotment.events import VolumePosted
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.license.events import LicenseDrawnDown
from licenses.domain.license.terms import LineBalance
from licenses.verification.redeciding import stream_differences
from tests.licenses.verification.attempts import GROSS, moved_parts
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import forge, found, names
from tests.support.deal import UNIT_PRICE_CENTS
from tests.support.people import EXPORTER, identity

SHIPMENT = identity("forged shipment")


def forged(played: Played, kind: type[Event], **changes: Any) -> Recorded[Any]:
    aggregate, stream, event = moved_parts(played, SHIPMENT)[kind]
    happened = (aggregate, stream, replace(event, **changes))
    return forge(happened, actor=EXPORTER, command="DispatchShipment")[0]


@pytest.mark.parametrize("kind", [LicenseDrawnDown, EscrowReleased, VolumePosted])
def test_what_the_decision_gives_is_no_difference(played: Played, kind: type[Event]) -> None:
    forged(played, kind)
    assert found("decided_again") == (None, [])


OTHERWISE: list[tuple[type[Event], dict[str, Any]]] = [
    (LicenseDrawnDown, {"seen": LineBalance(line=1, quantity=1, value_cents=5)}),
    (EscrowReleased, {"levy_cents": 0, "exporter_cents": GROSS}),
    (EscrowReleased, {"exporter_cents": GROSS}),
    (EscrowReleased, {"cumulative_levy_cents": 0}),
    (EscrowReleased, {"held_cents": 0}),
    (EscrowReleased, {"exporter_id": identity("organization/intruder")}),
    (EscrowReleased, {"license_id": identity("another license")}),
    (VolumePosted, {"from_hold": 1}),
    (VolumePosted, {"tpp": 1}),
]


@pytest.mark.parametrize(("kind", "changes"), OTHERWISE)
def test_what_it_would_not_give_is_named(
    played: Played, kind: type[Event], changes: dict[str, Any]
) -> None:
    event = forged(played, kind, **changes)
    names("decided_again", "decision_otherwise", event.event_id)


IMPOSSIBLE: list[tuple[type[Event], dict[str, Any]]] = [
    (LicenseDrawnDown, {"quantity": 10}),
    (LicenseDrawnDown, {"line": 2}),
    (LicenseDrawnDown, {"value_cents": 9 * UNIT_PRICE_CENTS * 110 // 100 + 1}),
    (EscrowReleased, {"gross_cents": 9 * UNIT_PRICE_CENTS + 1}),
    (VolumePosted, {"quantity": 1_000}),
    (VolumePosted, {"line": 2}),
]


@pytest.mark.parametrize(("kind", "changes"), IMPOSSIBLE)
def test_what_it_would_refuse_is_named(
    played: Played, kind: type[Event], changes: dict[str, Any]
) -> None:
    event = forged(played, kind, **changes)
    names("decided_again", "decision_not_possible", event.event_id)


class Counted(Sequence[Recorded[Any]]):
    """Events that count how often one of them is looked at."""

    def __init__(self, looked_at: Sequence[Recorded[Any]]) -> None:
        self.looked_at, self.looks = looked_at, 0

    def __len__(self) -> int:
        return len(self.looked_at)

    def __getitem__(self, place: Any) -> Any:
        found = self.looked_at[place]
        self.looks += len(found) if isinstance(place, slice) else 1
        return found


def test_a_long_stream_is_gone_through_as_often_as_a_short_one(played: Played) -> None:
    """An allotment holds what moved its volume all year."""
    stream = reading.load(allotment.DECIDER, played.volume).recorded
    assert sum(isinstance(each.data, VolumePosted) for each in stream) > 1
    repeatable = dataclasses.replace(
        allotment.DECIDER,
        evolve=lambda state, _event: state,
        decisions={PostVolume: lambda _command, _state, _facts: []},
    )
    looks = []
    for times in (1, 4):
        counted = Counted([*stream] * times)
        list(stream_differences(repeatable, counted))
        looks.append(counted.looks / len(counted))
    assert looks[0] == looks[1]
