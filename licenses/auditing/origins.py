"""What each event of an export follows from, beyond the evidence and the cause that it names itself."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from audits.codec import Recorded
from audits.kernel import Event
from audits.lineage.sources import Rule, Source
from customers.domain.customer import events as customer
from customers.domain.screening_list.events import ListImported
from customers.handlers import SCREENING_LIST_ID
from licenses.domain.allotment import events as allotment
from licenses.domain.application import events as application
from licenses.domain.edition import events as edition
from licenses.domain.escrow import events as escrow
from licenses.domain.ids import edition_id, escrow_id
from licenses.domain.lab_test import events as lab_test
from licenses.domain.laboratory.events import LaboratoryAccredited
from licenses.domain.license import events as license_
from licenses.domain.remittance import events as remittance
from licenses.domain.shipment import events as shipment


def own(*kinds: type[Event], every: bool = False) -> Rule:
    """Follow from earlier events of the same stream."""
    return lambda recorded: [Source(recorded.stream_id, kinds, every=every)]


def several(*parts: Rule) -> Rule:
    """Follow from all that these name."""
    return lambda recorded: [source for rule in parts for source in rule(recorded)]


def under_edition(recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the edition that the envelope names."""
    if recorded.edition is None:
        return []
    approved = (edition.EditionApproved, edition.EditionTookEffect)
    return [Source(edition_id(recorded.edition), approved)]


def screened(_recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the list that was screened against."""
    return [Source(SCREENING_LIST_ID, (ListImported,))]


def granted(recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the approval of the application."""
    approved = (application.ApplicationApproved,)
    return [Source(recorded.data.terms.application_id, approved)]


def licensed(recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the license that the event names."""
    terms = getattr(recorded.data, "terms", recorded.data)
    kinds = (license_.LicenseGranted, license_.ProvisosAcknowledged, license_.LicenseReinstated)
    return [Source(terms.license_id, kinds)]


def paid_by(recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the screening of the payer."""
    return [Source(recorded.data.payer_customer_id, (customer.CustomerScreened,))]


def about_shipment(*kinds: type[Event]) -> Rule:
    """Follow from events of the shipment that the event names."""
    return lambda recorded: [Source(recorded.data.shipment_id, kinds)]


def tested_by(recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the accreditation of the laboratory."""
    return [Source(recorded.data.laboratory_id, (LaboratoryAccredited,))]


def released(recorded: Recorded[Any]) -> Iterable[Source]:
    """Follow from the release of this shipment's money."""
    of_license = escrow_id(recorded.data.license_id)
    return [Source(of_license, (escrow.EscrowReleased,), recorded.data.shipment_id)]


_JUDGED: Final = several(
    own(
        *(application.ApplicationSubmitted, application.DecisionProposed),
        *(shipment.ShipmentRequested, shipment.EndUserStatementHeld, shipment.GateRecorded),
        *(shipment.ExportFiled, license_.LicenseSuspended),
    ),
    under_edition,
)
_LEFT: Final = about_shipment(shipment.ShipmentDispatched)

RULES: Final[Mapping[type[Event], Rule]] = {
    customer.CustomerScreened: several(
        own(customer.CustomerRegistered, customer.CustomerAmended), screened
    ),
    customer.ApprovalProposed: own(
        *(customer.CustomerScreened, customer.EndUseCertified, customer.SecurityProven),
        customer.HitReleased,
    ),
    customer.CustomerApproved: own(customer.ApprovalProposed, customer.CustomerScreened),
    edition.EditionApproved: own(edition.EditionPublished),
    edition.EditionTookEffect: own(edition.EditionApproved),
    application.ApplicationSubmitted: several(
        own(application.ApplicationDrafted, application.ApplicationRevised), under_edition
    ),
    application.DecisionProposed: _JUDGED,
    application.ApplicationApproved: _JUDGED,
    license_.LicenseGranted: granted,
    license_.ProvisosAcknowledged: own(license_.LicenseGranted),
    license_.LicenseReinstated: _JUDGED,
    license_.LicenseDrawnDown: _LEFT,
    allotment.UsSaleReversed: own(allotment.UsSaleReported),
    allotment.VolumeReserved: several(own(allotment.UsSaleReported, every=True), licensed),
    allotment.VolumePosted: several(own(allotment.VolumeReserved), _LEFT),
    escrow.EscrowOpened: licensed,
    escrow.DepositBooked: several(own(escrow.EscrowOpened), paid_by),
    escrow.DepositReversed: own(escrow.DepositBooked),
    escrow.ReversalUndone: own(escrow.DepositReversed),
    escrow.AdvanceRepaid: own(escrow.DepositBooked, escrow.DepositReversed),
    escrow.EscrowFunded: own(escrow.DepositBooked, every=True),
    escrow.EscrowReleased: several(own(escrow.EscrowFunded), _LEFT),
    escrow.RefundWaived: own(escrow.RefundProposed),
    escrow.RefundPaid: own(escrow.RefundWaived),
    lab_test.LotRegistered: about_shipment(shipment.ShipmentRequested),
    lab_test.SampleDrawn: several(own(lab_test.LotRegistered), tested_by),
    lab_test.ReportAccepted: own(lab_test.SampleDrawn),
    lab_test.CertificateIssued: own(lab_test.ReportAccepted),
    shipment.ShipmentRequested: licensed,
    shipment.EndUserStatementHeld: own(shipment.ShipmentRequested),
    shipment.GateRecorded: own(shipment.ShipmentRequested),
    shipment.ExportFiled: own(shipment.ShipmentRequested),
    shipment.ClearanceAssessed: _JUDGED,
    shipment.ShipmentDispatched: _JUDGED,
    shipment.DeliveryVerified: own(shipment.ShipmentDispatched),
    remittance.RemittanceAssessed: released,
    remittance.RemittanceInstructed: own(remittance.RemittanceAssessed),
    remittance.RemittanceConfirmed: own(remittance.RemittanceInstructed),
    remittance.RemittanceReconciled: own(remittance.RemittanceConfirmed),
}
"""Event → what it follows from."""
