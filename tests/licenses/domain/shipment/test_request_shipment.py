"""The request: a lot, unit by unit, that the license line can carry."""

from typing import Any

import msgspec
import pytest

from audits.kernel import Event
from licenses.domain.application.values import NamedParty, PartyRole
from licenses.domain.license import DECIDER as LICENSE
from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.commands import RequestShipment
from licenses.domain.shipment.facts import basis_of
from tests.licenses.domain.application.cases import BUYER, END_USER, EXPIRY
from tests.licenses.domain.license.cases import (
    ACKNOWLEDGED,
    EXPIRED,
    GRANTED,
    ONE_MOMENT,
    PRICE_CENTS,
    SUSPENDED,
    draw,
    drawn,
)
from tests.licenses.domain.license.cases import HISTORIES as LICENSES
from tests.licenses.domain.shipment.cases import (
    BASIS,
    HISTORIES,
    REQUEST,
    REQUESTED,
    SERIALS,
    requesting,
)
from tests.support.deciding import given
from tests.support.people import identity


def request(**changes: Any) -> RequestShipment:
    return msgspec.structs.replace(REQUEST, **changes)


def test_terms_come_from_the_license() -> None:
    given(DECIDER).when(REQUEST, requesting()).then(REQUESTED)


def test_the_basis_is_read_off_the_license() -> None:
    assert basis_of(LICENSE.fold([]), 1) is None
    assert basis_of(LICENSE.fold([GRANTED]), 3) is None
    assert BASIS.quantity_left == 100
    assert BASIS.in_force
    assert BASIS.expires_at == EXPIRY
    assert BASIS.line.unit_price_cents == PRICE_CENTS
    assert BASIS.party_ids == (BUYER, END_USER, END_USER)


@pytest.mark.parametrize(
    ("events", "in_force", "left"),
    [
        ((GRANTED, ACKNOWLEDGED, drawn(draw(30))), True, 70),
        ((GRANTED, ACKNOWLEDGED, drawn(draw(3, line=2))), True, 100),
        ((GRANTED, SUSPENDED), True, 100),
        ((GRANTED, EXPIRED), False, 100),
        (LICENSES["revoked"], False, 100),
        (LICENSES["exhausted"], False, 0),
    ],
)
def test_the_basis_tells_what_is_left(
    events: tuple[Event, ...], *, in_force: bool, left: int
) -> None:
    basis = basis_of(LICENSE.fold(events), 1)

    assert basis is not None
    assert (basis.in_force, basis.quantity_left) == (in_force, left)


@pytest.mark.parametrize(("left", "code"), [(3, None), (2, "quantity_exceeded")])
def test_not_more_than_the_line_has_left(left: int, code: str | None) -> None:
    facts = requesting(basis=msgspec.structs.replace(BASIS, quantity_left=left))
    outcome = given(DECIDER).when(REQUEST, facts)

    if code is None:
        outcome.then(REQUESTED)
    else:
        assert outcome.refused(code, citation="15 CFR 750.11").extra == {"left": 2}


def test_there_must_be_such_a_line() -> None:
    given(DECIDER).when(REQUEST, requesting(basis=None)).refused(
        "line_not_licensed", citation="15 CFR 750.7"
    )


def test_not_under_a_license_that_has_ended() -> None:
    ended = msgspec.structs.replace(BASIS, in_force=False)
    given(DECIDER).when(REQUEST, requesting(basis=ended)).refused(
        "license_not_in_force", citation="15 CFR 750.7(g)"
    )


def test_until_the_license_expires() -> None:
    given(DECIDER).when(REQUEST, requesting(now=EXPIRY - ONE_MOMENT)).then(REQUESTED)
    given(DECIDER).when(REQUEST, requesting(now=EXPIRY)).refused(
        "license_expired", citation="15 CFR 750.7(g)"
    )


def test_consignees_are_parties_of_the_license() -> None:
    assert given(DECIDER).when(request(consignee_ids=(BUYER, END_USER)), requesting()).events
    given(DECIDER).when(
        request(consignee_ids=(END_USER, identity("customer/straw"))), requesting()
    ).refused("party_not_licensed", citation="15 CFR 750.7")


@pytest.mark.parametrize("quantity", [2, 4])
def test_one_serial_number_for_each_unit(quantity: int) -> None:
    given(DECIDER).when(request(quantity=quantity), requesting()).refused(
        "serials_do_not_match_quantity"
    )


def test_no_serial_number_twice() -> None:
    refusal = (
        given(DECIDER)
        .when(request(serials=(*SERIALS[:2], SERIALS[0])), requesting())
        .refused("serials_repeated")
    )
    assert refusal.extra == {"serials": ["SN-0001"]}


def test_no_unit_that_is_in_another_shipment() -> None:
    refusal = (
        given(DECIDER)
        .when(REQUEST, requesting(taken_serials=("SN-0002",)))
        .refused("serial_already_shipped")
    )
    assert refusal.extra == {"serials": ["SN-0002"]}


@pytest.mark.parametrize("stage", ["requested", "dispatched", "cancelled"])
def test_a_repeat_changes_nothing(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(REQUEST, requesting(basis=None)).then()


@pytest.mark.parametrize(
    "changes", [{"line": 2}, {"entered_value_cents": None}, {"consignee_ids": (BUYER,)}]
)
def test_a_shipment_is_requested_in_one_way_only(changes: dict[str, Any]) -> None:
    given(DECIDER, REQUESTED).when(request(**changes), requesting()).refused(
        "shipment_already_requested"
    )


def test_parties_of_every_role_count() -> None:
    forwarder = NamedParty(
        role=PartyRole.INTERMEDIATE_CONSIGNEE,
        customer_id=identity("customer/forwarder"),
        party_version=1,
    )
    terms = msgspec.structs.replace(GRANTED.terms, parties=(*GRANTED.terms.parties, forwarder))
    basis = basis_of(LICENSE.fold([msgspec.structs.replace(GRANTED, terms=terms)]), 1)

    command = request(consignee_ids=(END_USER, forwarder.customer_id))
    assert given(DECIDER).when(command, requesting(basis=basis)).refusal is None


@pytest.mark.parametrize("serial", ["sn-1", "SN 1", "-SN1", "SN1\n", "", "S" * 25])
def test_serial_numbers_have_one_shape(serial: str) -> None:
    body = msgspec.to_builtins(REQUEST) | {"serials": [serial]}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, RequestShipment)
