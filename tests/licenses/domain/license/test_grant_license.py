"""The grant: on the terms that were approved, under a number of its own, once."""

from typing import Any

import msgspec
import pytest

from licenses.domain.application.values import LineQuantity
from licenses.domain.license import DECIDER
from licenses.domain.license.commands import GrantLicense
from licenses.domain.license.licensing import terms_of
from licenses.domain.license.state import Active
from licenses.domain.license.terms import LicensedLine, LineBalance, Terms
from tests.licenses.domain.application.cases import (
    EXPIRY,
    H100,
    H200,
    PROVISO,
    RULE,
    SUBMITTED,
)
from tests.licenses.domain.license.cases import (
    ALLOTMENTS,
    APPLICATION_ID,
    APPROVED,
    EXPIRED,
    GRANT,
    GRANTED,
    ONE_MOMENT,
    TERMS,
    granting,
)
from tests.support.deciding import given
from tests.support.people import EXPORTER


def with_line(number: int, **changes: Any) -> Terms:
    """Take the terms with one line changed."""
    lines = tuple(
        msgspec.structs.replace(line, **changes) if line.line == number else line
        for line in TERMS.lines
    )
    return msgspec.structs.replace(TERMS, lines=lines)


def test_what_was_approved_is_granted() -> None:
    given(DECIDER).when(GRANT, granting()).then(GRANTED)


def test_it_is_active_with_everything_left() -> None:
    state = DECIDER.fold([GRANTED])

    assert isinstance(state, Active)
    assert state.grant.license_number == "D1000001"
    assert state.grant.left() == (
        LineBalance(line=1, quantity=100, value_cents=3_000_000_00),
        LineBalance(line=2, quantity=10, value_cents=200_000_00),
    )


def test_terms_come_from_the_application_and_the_decision() -> None:
    expected = Terms(
        application_id=APPLICATION_ID,
        control_number=SUBMITTED.control_number,
        exporter_id=EXPORTER.organization_id,
        parties=SUBMITTED.submission.parties,
        lines=(
            LicensedLine(
                line=1,
                product_id=H200,
                model="H200 SXM",
                eccn="3A090.a",
                quantity=100,
                unit_price_cents=30_000_00,
                value_cents=3_000_000_00,
                allotment_id=ALLOTMENTS[1],
            ),
            LicensedLine(
                line=2,
                product_id=H100,
                model="H100 SXM",
                eccn="3A090.a",
                quantity=10,
                unit_price_cents=20_000_00,
                value_cents=200_000_00,
                allotment_id=ALLOTMENTS[2],
            ),
        ),
        total_cents=3_200_000_00,
        currency="USD",
        shipped_from_country="US",
        destination_country="CN",
        end_use="Training of speech models",
        provisos=(PROVISO,),
        expires_at=EXPIRY,
    )
    assert expected == TERMS


def test_an_approval_without_expiry_makes_no_license() -> None:
    proposal = msgspec.structs.replace(APPROVED.proposal, expires_at=None)
    approved = msgspec.structs.replace(APPROVED, proposal=proposal)

    with pytest.raises(ValueError, match="names its expiry"):
        terms_of(APPLICATION_ID, approved, ALLOTMENTS)


def test_an_approval_in_part_makes_a_smaller_license() -> None:
    part = (LineQuantity(line=2, quantity=3),)
    proposal = msgspec.structs.replace(APPROVED.proposal, quantities=part)
    approved = msgspec.structs.replace(APPROVED, proposal=proposal)

    terms = terms_of(APPLICATION_ID, approved, {2: None})
    assert [(line.line, line.quantity, line.allotment_id) for line in terms.lines] == [(2, 3, None)]
    assert terms.total_cents == 3 * 20_000_00


def test_every_approved_line_needs_its_allotment() -> None:
    with pytest.raises(KeyError):
        terms_of(APPLICATION_ID, APPROVED, {1: ALLOTMENTS[1]})


def test_the_tolerance_is_that_of_the_edition() -> None:
    rule = msgspec.structs.replace(RULE, value_tolerance_percent=0)
    given(DECIDER).when(GRANT, granting(rule=rule)).then(
        msgspec.structs.replace(GRANTED, value_tolerance_percent=0)
    )


@pytest.mark.parametrize("history", [(GRANTED,), (GRANTED, EXPIRED)])
def test_a_repeat_changes_nothing(history: tuple[Any, ...]) -> None:
    given(DECIDER, *history).when(GRANT, granting(license_number="D1000002")).then()


def test_other_terms_come_too_late() -> None:
    terms = msgspec.structs.replace(TERMS, end_use="Weapons")
    given(DECIDER, GRANTED).when(GrantLicense(terms=terms), granting()).refused(
        "license_already_granted"
    )


def test_a_license_does_not_begin_at_its_end() -> None:
    given(DECIDER).when(GRANT, granting(now=EXPIRY - ONE_MOMENT)).then(GRANTED)
    given(DECIDER).when(GRANT, granting(now=EXPIRY)).refused(
        "expiry_past", citation="15 CFR 750.7(g)"
    )


@pytest.mark.parametrize(
    "terms",
    [
        msgspec.structs.replace(TERMS, total_cents=TERMS.total_cents + 1),
        with_line(1, value_cents=1),
        with_line(1, quantity=99),
        with_line(2, line=1),
    ],
)
def test_terms_must_add_up(terms: Terms) -> None:
    given(DECIDER).when(GrantLicense(terms=terms), granting()).refused("license_terms_inconsistent")
