"""A license at each stage of its life, with the facts that its decisions ask for."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from audits.kernel import Actor, Event, Facts
from licenses.domain.application import DECIDER as APPLICATION
from licenses.domain.application.state import Approved
from licenses.domain.application.values import LineQuantity
from licenses.domain.license.commands import DrawDown, GrantLicense
from licenses.domain.license.events import (
    LicenseDrawnDown,
    LicenseExhausted,
    LicenseExpired,
    LicenseGranted,
    LicenseReinstated,
    LicenseRevoked,
    LicenseSuspended,
    ProvisosAcknowledged,
    RevocationProposed,
)
from licenses.domain.license.facts import (
    GrantFacts,
    ProposalFacts,
    ReinstatementFacts,
    RevocationFacts,
)
from licenses.domain.license.licensing import terms_of
from licenses.domain.license.terms import LineBalance, Terms
from tests.licenses.domain.application.cases import EDITION, EXPIRY, RULE, verdicts
from tests.licenses.domain.application.cases import HISTORIES as APPLICATIONS
from tests.support.people import EXPORTER, NOON, OFFICER, SECOND_OFFICER, SYSTEM, identity

APPLICATION_ID: Final = identity("application")
ALLOTMENTS: Final = {1: identity("allotment/h200"), 2: identity("allotment/h100")}
NUMBER: Final = "D1000001"
PRICE_CENTS: Final = 30_000_00
"""Of a unit of line 1; one of line 2 costs two thirds of that."""


def _approved() -> Approved:
    state = APPLICATION.fold(APPLICATIONS["approved"])
    assert isinstance(state, Approved)
    return state


def _part(state: Approved, *quantities: LineQuantity) -> Approved:
    proposal = msgspec.structs.replace(state.proposal, quantities=quantities, provisos=())
    return msgspec.structs.replace(state, proposal=proposal)


APPROVED: Final = _approved()
TERMS: Final[Terms] = terms_of(APPLICATION_ID, APPROVED, ALLOTMENTS)
"""Line 1: 100 units, line 2: 10 units, one proviso."""
ONE_LINE: Final[Terms] = terms_of(
    APPLICATION_ID, _part(APPROVED, LineQuantity(line=1, quantity=40)), ALLOTMENTS
)
"""Line 1: 40 units, no proviso."""

AT_NOON: Final = Facts(now=NOON, actor=EXPORTER)
BY_SYSTEM: Final = Facts(now=EXPIRY, actor=SYSTEM)


def granting(**changes: Any) -> GrantFacts:
    """Facts of a grant to which nothing is objected."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": SYSTEM,
        "license_number": NUMBER,
        "rule": RULE,
        "edition": EDITION,
    }
    return GrantFacts(**fields | changes)


def reinstating(**changes: Any) -> ReinstatementFacts:
    """Facts of a reinstatement to which nothing is objected."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": OFFICER,
        "edition": EDITION,
        "verdicts": verdicts(),
    }
    return ReinstatementFacts(**fields | changes)


def proposing(actor: Actor = OFFICER, version: int = 1) -> ProposalFacts:
    return ProposalFacts(now=NOON, actor=actor, version=version, edition=EDITION)


def confirming(actor: Actor = SECOND_OFFICER) -> RevocationFacts:
    return RevocationFacts(now=NOON, actor=actor, edition=EDITION)


def draw(
    quantity: int = 1, *, value_cents: int | None = None, line: int = 1, shipment: str = "a"
) -> DrawDown:
    """Make the command that draws units at their unit price."""
    price_cents = {1: PRICE_CENTS}.get(line, 20_000_00)
    return DrawDown(
        shipment_id=identity(f"shipment/{shipment}"),
        line=line,
        quantity=quantity,
        value_cents=quantity * price_cents if value_cents is None else value_cents,
    )


def drawn(command: DrawDown, *, before: tuple[int, int] = (0, 0)) -> LicenseDrawnDown:
    """Make the event of `command`, having seen `before` (quantity, value in cents) of its line."""
    quantity, value_cents = before
    return LicenseDrawnDown(
        shipment_id=command.shipment_id,
        line=command.line,
        quantity=command.quantity,
        value_cents=command.value_cents,
        seen=LineBalance(line=command.line, quantity=quantity, value_cents=value_cents),
    )


GRANT: Final = GrantLicense(terms=TERMS)
GRANTED: Final = LicenseGranted(
    license_number=NUMBER, terms=TERMS, value_tolerance_percent=10, edition=EDITION
)
GRANTED_ONE_LINE: Final = msgspec.structs.replace(GRANTED, terms=ONE_LINE)
ACKNOWLEDGED: Final = ProvisosAcknowledged(proviso_ids=("P1",), letter=None, by=EXPORTER.person_id)
SUSPENDED: Final = LicenseSuspended(reason="A hit", edition=None, by=OFFICER.person_id)
REINSTATED: Final = LicenseReinstated(
    reason="The hit was released", by=OFFICER.person_id, edition=EDITION, verdicts=verdicts()
)
PROPOSED: Final = RevocationProposed(reason="Diversion", on_version=1, by=OFFICER.person_id)
REVOKED: Final = LicenseRevoked(
    reason="Diversion",
    on_version=1,
    proposed_by=OFFICER.person_id,
    confirmed_by=SECOND_OFFICER.person_id,
    left=(
        LineBalance(line=1, quantity=100, value_cents=3_000_000_00),
        LineBalance(line=2, quantity=10, value_cents=200_000_00),
    ),
    edition=EDITION,
)
EXPIRED: Final = LicenseExpired(expires_at=EXPIRY, left=REVOKED.left)
ALL: Final = (draw(100, shipment="a"), draw(10, line=2, shipment="b"))
EXHAUSTED: Final = (
    drawn(ALL[0]),
    drawn(ALL[1]),
    LicenseExhausted(shipment_id=ALL[1].shipment_id),
)

HISTORIES: Final[dict[str, tuple[Event, ...]]] = {
    "not granted": (),
    "active": (GRANTED,),
    "active, revocation proposed": (GRANTED, PROPOSED),
    "suspended": (GRANTED, SUSPENDED),
    "suspended, revocation proposed": (GRANTED, SUSPENDED, PROPOSED),
    "revoked": (GRANTED, PROPOSED, REVOKED),
    "expired": (GRANTED, EXPIRED),
    "exhausted": (GRANTED, ACKNOWLEDGED, *EXHAUSTED),
}
"""A history that ends in each state."""

ONE_MOMENT: Final = timedelta(microseconds=1)
