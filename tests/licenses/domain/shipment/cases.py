"""A shipment of three units at each stage of its life, with the facts that its decisions ask for."""

from datetime import date, timedelta
from typing import Any, Final

import msgspec

from audits.kernel import Event, Facts
from licenses.domain.license import DECIDER as LICENSE
from licenses.domain.policy.model import FilingRule
from licenses.domain.shipment.commands import (
    DispatchShipment,
    FileExport,
    HoldEndUserStatement,
    RecordGate,
    RequestShipment,
    VerifyDelivery,
)
from licenses.domain.shipment.events import (
    ClearanceAssessed,
    DeliveryVerified,
    EndUserStatementHeld,
    ExportFiled,
    GateRecorded,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentRequested,
    ShipmentStopped,
)
from licenses.domain.shipment.facts import (
    AssessmentFacts,
    DispatchFacts,
    ExportFacts,
    LicenseBasis,
    RequestFacts,
    basis_of,
)
from licenses.domain.shipment.values import (
    Clearance,
    Delivery,
    Filing,
    Gate,
    RecordedGate,
    ShipmentTerms,
    Statement,
)
from tests.licenses.domain.application.cases import EDITION, END_USER, document, verdicts
from tests.licenses.domain.license.cases import ALLOTMENTS, GRANTED, NUMBER, PRICE_CENTS
from tests.support.people import EXPORTER, NOON, SYSTEM, identity

LICENSE_ID: Final = identity("license")
SERIALS: Final = ("SN-0001", "SN-0002", "SN-0003")
ITN: Final = "X20261123000001"
BY_EXPORTER: Final = Facts(now=NOON, actor=EXPORTER)
BY_SYSTEM: Final = Facts(now=NOON, actor=SYSTEM)
RULE: Final = FilingRule(
    license_code="C30",
    eccns=("3A090.a", "4A090.a"),
    itn_pattern="X[0-9]{14}",
    citation="15 CFR 758.1; 15 CFR 30.6",
)


def _basis() -> LicenseBasis:
    basis = basis_of(LICENSE.fold([GRANTED]), 1)
    assert basis is not None
    return basis


BASIS: Final = _basis()
"""Line 1 of the license: 100 units are left."""


def requesting(**changes: Any) -> RequestFacts:
    """Facts of a request to which nothing is objected."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": EXPORTER,
        "basis": BASIS,
        "edition": EDITION,
    }
    return RequestFacts(**fields | changes)


def filing(**changes: Any) -> ExportFacts:
    """Facts of a filing to which nothing is objected."""
    fields: dict[str, Any] = {"now": NOON, "actor": EXPORTER, "rule": RULE, "edition": EDITION}
    return ExportFacts(**fields | changes)


def assessing(**failing: str) -> AssessmentFacts:
    """Facts in which all conditions hold but `C8="not_prepaid"` and the like."""
    return AssessmentFacts(now=NOON, actor=SYSTEM, verdicts=verdicts(**failing), edition=EDITION)


def dispatching(**changes: Any) -> DispatchFacts:
    """Facts of a dispatch to which nothing is objected."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": EXPORTER,
        "verdicts": verdicts(),
        "edition": EDITION,
        "tested_serials": SERIALS,
    }
    return DispatchFacts(**fields | changes)


REQUEST: Final = RequestShipment(
    license_id=LICENSE_ID,
    line=1,
    quantity=3,
    serials=SERIALS,
    consignee_ids=(END_USER,),
    entered_value_cents=90_000_00,
)
HOLD: Final = HoldEndUserStatement(
    reference="EUS-2026-1", document=document("statement"), issued_on=date(2026, 11, 1)
)
RECORD: Final = RecordGate(
    kind=RecordedGate.BUYER_CEILING, cleared=True, units_left=50, document=document("ceiling")
)
FILE: Final = FileExport(itn=ITN, license_code="C30", license_number=NUMBER, eccn="3A090.a")
DISPATCH: Final = DispatchShipment(itn=ITN, serials=SERIALS)
VERIFY: Final = VerifyDelivery(
    delivered_on=date(2026, 11, 23), received_by="Receiving dock", document=document("receipt")
)

TERMS: Final = ShipmentTerms(
    license_id=LICENSE_ID,
    license_number=NUMBER,
    exporter_id=EXPORTER.organization_id,
    line=1,
    product_id=BASIS.line.product_id,
    allotment_id=ALLOTMENTS[1],
    model="H200 SXM",
    eccn="3A090.a",
    quantity=3,
    serials=SERIALS,
    consignee_ids=(END_USER,),
    unit_price_cents=PRICE_CENTS,
    entered_value_cents=90_000_00,
    currency="USD",
    destination_country="CN",
    end_use="Training of speech models",
)
REQUESTED: Final = ShipmentRequested(terms=TERMS, edition=EDITION)
HELD: Final = EndUserStatementHeld(
    statement=Statement(
        reference="EUS-2026-1", document=document("statement"), issued_on=date(2026, 11, 1)
    )
)
RECORDED: Final = GateRecorded(
    gate=Gate(
        kind=RecordedGate.BUYER_CEILING, cleared=True, units_left=50, document=document("ceiling")
    )
)
FILED: Final = ExportFiled(
    filing=Filing(itn=ITN, license_code="C30", license_number=NUMBER, eccn="3A090.a"),
    edition=EDITION,
)


def assessed(**failing: str) -> ClearanceAssessed:
    """Make the assessment in which all conditions hold but those named."""
    return ClearanceAssessed(
        clearance=Clearance(holds=not failing, verdicts=verdicts(**failing), edition=EDITION)
    )


DISPATCHED: Final = ShipmentDispatched(
    license_id=LICENSE_ID,
    license_number=NUMBER,
    exporter_id=EXPORTER.organization_id,
    line=1,
    product_id=TERMS.product_id,
    allotment_id=ALLOTMENTS[1],
    quantity=3,
    short=0,
    serials=SERIALS,
    itn=ITN,
    value_cents=3 * PRICE_CENTS,
    entered_value_cents=90_000_00,
    currency="USD",
    dispatched_at=NOON,
    edition=EDITION,
    verdicts=verdicts(),
)
DELIVERED: Final = DeliveryVerified(
    license_id=LICENSE_ID,
    delivery=Delivery(
        delivered_on=date(2026, 11, 23), received_by="Receiving dock", document=document("receipt")
    ),
)
CANCELLED: Final = ShipmentCancelled(license_id=LICENSE_ID, reason="The buyer gave up")
STOPPED: Final = ShipmentStopped(
    license_id=LICENSE_ID, reason="H200 is banned", edition="ban-2027", citation="Ban of 2027"
)

HISTORIES: Final[dict[str, tuple[Event, ...]]] = {
    "not requested": (),
    "requested": (REQUESTED,),
    "requested, filed": (REQUESTED, HELD, RECORDED, FILED, assessed(C8="not_prepaid")),
    "cleared": (REQUESTED, HELD, FILED, assessed()),
    "dispatched": (REQUESTED, FILED, assessed(), DISPATCHED),
    "delivered": (REQUESTED, FILED, assessed(), DISPATCHED, DELIVERED),
    "cancelled": (REQUESTED, CANCELLED),
    "stopped": (REQUESTED, STOPPED),
}
"""A history that ends in each state."""

GONE: Final = ("dispatched", "delivered")
ENDED: Final = ("cancelled", "stopped")
WAITING: Final = ("requested", "requested, filed", "cleared")
ONE_DAY: Final = timedelta(days=1)


def without(name: str, **changes: Any) -> ShipmentDispatched:
    """Make the dispatch of the lot without the units `name`, short by so many."""
    serials = tuple(serial for serial in SERIALS if serial != name)
    return msgspec.structs.replace(
        DISPATCHED,
        serials=serials,
        quantity=len(serials),
        short=len(SERIALS) - len(serials),
        value_cents=len(serials) * PRICE_CENTS,
        **changes,
    )
