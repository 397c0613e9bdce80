"""A license that ended or was banned is wound up: shipments, volume, money, in any order."""

from typing import Any

import pytest

from licenses.domain.allotment.commands import LicenseEnd
from licenses.domain.escrow.events import ForfeitReason
from licenses.domain.processes import wind_up_license
from licenses.domain.processes.model import Intent, Noted
from licenses.domain.processes.wind_up_license import (
    ForfeitEscrowOf,
    ReleaseHeldVolume,
    StopShipmentOf,
)
from tests.licenses.domain.application.cases import EDITION
from tests.licenses.domain.license.cases import REVOKED
from tests.licenses.domain.processes.cast import (
    FIRST,
    LICENSE,
    SECOND,
    THIRD,
    about,
    cancelled,
    dispatched,
    escrow_forfeited,
    escrow_opened,
    expired,
    granted,
    lines,
    reinstated,
    requested,
    revoked,
    stopped,
    suspended,
    volume_released,
)
from tests.licenses.domain.processes.orders import (
    in_every_order,
    in_random_orders,
    to_the_end,
)
from tests.support.people import identity

PROCESS = wind_up_license.PROCESS
BAN = "ban-2027"
LATER_BAN = "ban-2028"


def stop(shipment_id: Any, *, edition: str | None, reason: str) -> StopShipmentOf:
    return StopShipmentOf(shipment_id=shipment_id, reason=reason, edition=edition)


def stop_by_ban(shipment_id: Any, edition: str = BAN) -> StopShipmentOf:
    return stop(shipment_id, edition=edition, reason=f"Banned by edition {edition}: Banned")


def stop_by_revocation(shipment_id: Any) -> StopShipmentOf:
    reason = f"The license was revoked: {REVOKED.reason}"
    return stop(shipment_id, edition=EDITION, reason=reason)


def stop_by_expiry(shipment_id: Any) -> StopShipmentOf:
    return stop(shipment_id, edition=None, reason="The license has expired")


def give_back(line: int, end: LicenseEnd) -> ReleaseHeldVolume:
    return ReleaseHeldVolume(
        allotment_id=lines()[line], license_id=LICENSE, line=line, license_end=end
    )


def forfeit(reason: ForfeitReason, edition: str) -> ForfeitEscrowOf:
    return ForfeitEscrowOf(license_id=LICENSE, reason=reason, edition=edition)


BY_BAN = forfeit(ForfeitReason.BAN, BAN)
BY_REVOCATION = forfeit(ForfeitReason.REVOCATION, EDITION)
BACK_BY_REVOCATION: list[Intent] = [
    give_back(1, LicenseEnd.REVOKED),
    give_back(2, LicenseEnd.REVOKED),
]

HISTORIES: dict[str, tuple[list[Noted], list[Intent]]] = {
    "in force": ([granted(), escrow_opened(), requested(FIRST)], []),
    "revoked": (
        [granted(), revoked(version=2), escrow_opened(), requested(FIRST)],
        [stop_by_revocation(FIRST), *BACK_BY_REVOCATION, BY_REVOCATION],
    ),
    "revoked before the escrow was opened": (
        [granted(), revoked(version=2)],
        BACK_BY_REVOCATION,
    ),
    "revoked, some of it done": (
        [granted(), revoked(version=2), escrow_opened(), escrow_forfeited(), volume_released(1)],
        [give_back(2, LicenseEnd.REVOKED)],
    ),
    "expired": (
        [granted(), expired(version=2), escrow_opened(), requested(FIRST), dispatched(FIRST)],
        [give_back(1, LicenseEnd.EXPIRED), give_back(2, LicenseEnd.EXPIRED)],
    ),
    "expired with a shipment waiting": (
        [granted(), expired(version=2), requested(FIRST), volume_released(1), volume_released(2)],
        [stop_by_expiry(FIRST)],
    ),
    "banned": (
        [granted(), suspended(version=2, edition=BAN), escrow_opened(), requested(FIRST)],
        [stop_by_ban(FIRST), BY_BAN],
    ),
    "banned twice": (
        [
            *(granted(), escrow_opened(), requested(FIRST)),
            *(suspended(version=2, edition=BAN), suspended(version=3, edition=LATER_BAN)),
        ],
        [stop_by_ban(FIRST), BY_BAN, forfeit(ForfeitReason.BAN, LATER_BAN)],
    ),
    "suspended by an officer": (
        [granted(), suspended(version=2, edition=None), escrow_opened(), requested(FIRST)],
        [],
    ),
    "banned and reinstated": (
        [
            *(granted(), escrow_opened(), requested(FIRST)),
            *(suspended(version=2, edition=BAN), reinstated(version=3)),
        ],
        [],
    ),
    "banned, reinstated, banned again": (
        [
            *(granted(), escrow_opened(), requested(FIRST)),
            *(suspended(version=2, edition=BAN), reinstated(version=3)),
            suspended(version=4, edition=LATER_BAN),
        ],
        [stop_by_ban(FIRST, LATER_BAN), forfeit(ForfeitReason.BAN, LATER_BAN)],
    ),
    "banned, reinstated, revoked": (
        [
            *(granted(), escrow_opened(), requested(FIRST)),
            *(suspended(version=2, edition=BAN), reinstated(version=3), revoked(version=4)),
        ],
        [stop_by_revocation(FIRST), *BACK_BY_REVOCATION, BY_REVOCATION],
    ),
    "short shipments give volume back without ending anything": (
        [granted(), revoked(version=2), volume_released(1, ended=False)],
        BACK_BY_REVOCATION,
    ),
    "another license's volume": (
        [granted(), revoked(version=2), volume_released(1, license_id=identity("other"))],
        BACK_BY_REVOCATION,
    ),
    "wound up": (
        [
            *(granted(), revoked(version=2), escrow_opened(), escrow_forfeited()),
            *(volume_released(1), volume_released(2)),
        ],
        [],
    ),
    "nothing granted": ([revoked(version=2), requested(FIRST)], []),
}

FULL = [
    *(granted(), escrow_opened(), escrow_forfeited()),
    *(suspended(version=2, edition=BAN), reinstated(version=3), revoked(version=4)),
    *(requested(FIRST), requested(SECOND), requested(THIRD)),
    *(dispatched(FIRST), cancelled(SECOND), stopped(THIRD)),
    *(volume_released(1), volume_released(2)),
]


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_every_order_asks_for_the_same(history: tuple[list[Noted], list[Intent]]) -> None:
    events, expected = history
    in_every_order(PROCESS, events, *expected)


def test_it_asks_in_the_order_in_which_streams_are_locked() -> None:
    """Whoever dispatches locks shipment, escrow and allotment in this order, too."""
    events = [granted(), revoked(version=2), escrow_opened(), requested(SECOND), requested(FIRST)]
    asked = PROCESS.intents(events)
    assert [about(intent)[0] for intent in asked] == [
        *["StopShipmentOf"] * 2,
        "ForfeitEscrowOf",
        *["ReleaseHeldVolume"] * 2,
    ]
    stops = [each.shipment_id for each in asked if isinstance(each, StopShipmentOf)]
    held = [each.allotment_id for each in asked if isinstance(each, ReleaseHeldVolume)]
    assert (stops, held) == (sorted(stops), sorted(held))


def test_nothing_is_asked_for_once_everything_is_done() -> None:
    in_random_orders(PROCESS, FULL)


@pytest.mark.parametrize("missing", range(len(FULL)))
def test_whatever_is_missing_is_asked_for_in_every_order(missing: int) -> None:
    events = FULL[:missing] + FULL[missing + 1 :]
    in_random_orders(PROCESS, events, *PROCESS.intents(events))


def test_what_is_missing_from_a_whole_history_is_asked_for() -> None:
    asked = {
        FULL[missing].event.__class__.__name__: [
            about(intent)[0] for intent in PROCESS.intents(FULL[:missing] + FULL[missing + 1 :])
        ]
        for missing in range(len(FULL))
    }
    assert {name: intents for name, intents in asked.items() if intents} == {
        "EscrowForfeited": ["ForfeitEscrowOf"],
        "ShipmentDispatched": ["StopShipmentOf"],
        "ShipmentCancelled": ["StopShipmentOf"],
        "ShipmentStopped": ["StopShipmentOf"],
        "VolumeReleased": ["ReleaseHeldVolume"],
    }


def outcome(intent: Any) -> list[Noted]:
    """Say what happens when an intent is carried out."""
    match intent:
        case StopShipmentOf(shipment_id=shipment_id):
            return [stopped(shipment_id)]
        case ReleaseHeldVolume(line=line):
            return [volume_released(line)]
        case ForfeitEscrowOf():
            return [escrow_forfeited()]
        case _:
            raise AssertionError(intent)


@pytest.mark.parametrize(
    "end",
    [revoked(version=2), expired(version=2), suspended(version=2, edition=BAN)],
    ids=["revoked", "expired", "banned"],
)
def test_each_intent_is_carried_out_once_whenever_it_is(end: Noted) -> None:
    events = [granted(), end, escrow_opened(), requested(FIRST), requested(SECOND)]
    to_the_end(PROCESS, events, outcome, about)


def test_every_event_that_it_listens_to_is_tried() -> None:
    tried = {type(event.event) for events, _ in HISTORIES.values() for event in events}
    assert set(PROCESS.listens) <= tried | {type(event.event) for event in FULL}
