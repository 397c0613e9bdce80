"""Registering: every unit once, and never another lot for the same shipment."""

import msgspec
import pytest
from msgspec.structs import replace

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.events import LotRegistered
from licenses.domain.lab_test.report import MAX_LOT
from tests.licenses.domain.lab_test.scenes import (
    CITATION,
    DECLARED,
    HISTORIES,
    REGISTER,
    SERIALS,
    SHIPMENT,
    lot_facts,
)
from tests.licenses.domain.policy.deals import RULE
from tests.support.deciding import given

REGISTERED = LotRegistered(
    shipment_id=SHIPMENT,
    license_id=REGISTER.license_id,
    exporter_id=REGISTER.exporter_id,
    product_id=REGISTER.product_id,
    model="H200 SXM",
    declared=DECLARED,
    serials=SERIALS,
)


def test_the_serials_are_fixed() -> None:
    given(DECIDER).when(REGISTER, lot_facts()).then(REGISTERED)


def test_a_serial_is_in_a_lot_once() -> None:
    command = replace(REGISTER, serials=(*SERIALS, SERIALS[0]))
    given(DECIDER).when(command, lot_facts()).refused("lot_serial_repeated")


def test_a_sample_must_fit_a_report() -> None:
    testing = replace(RULE.testing, sample_minimum=151)
    serials = tuple(f"SN-{number}" for number in range(151))
    command = replace(REGISTER, serials=serials)
    outcome = given(DECIDER).when(command, replace(lot_facts(), testing=testing))
    outcome.refused("lot_too_large", citation=CITATION)
    smaller = given(DECIDER).when(
        replace(REGISTER, serials=serials[:-1]), replace(lot_facts(), testing=testing)
    )
    smaller.then(replace(REGISTERED, serials=serials[:-1]))


def test_the_largest_lot_fits_an_event() -> None:
    serials = tuple(f"{number:024}" for number in range(MAX_LOT))
    assert len(msgspec.json.encode(replace(REGISTERED, serials=serials))) < 60_000


LATER = [name for name in HISTORIES if name != "not registered"]


@pytest.mark.parametrize("name", LATER)
def test_a_repeat_changes_nothing_and_another_lot_is_refused(name: str) -> None:
    registered = given(DECIDER, *HISTORIES[name])
    registered.when(REGISTER, lot_facts()).then()
    other = replace(REGISTER, serials=SERIALS[1:])
    registered.when(other, lot_facts()).refused("lot_already_registered")
