"""The wire names of the events about licensed exports. A name is never reused."""

from typing import Any, Final

from audits.codec import registry
from audits.kernel import Event
from licenses.domain.allotment import events as allotment
from licenses.domain.application import events as application
from licenses.domain.edition import events as edition
from licenses.domain.escrow import events as escrow
from licenses.domain.lab_test import events as lab_test
from licenses.domain.laboratory import events as laboratory
from licenses.domain.license import events as license_
from licenses.domain.product import events as product
from licenses.domain.remittance import events as remittance
from licenses.domain.shipment import events as shipment

NAMES: Final[dict[str, type[Event]]] = {
    "product_registered": product.ProductRegistered,
    "product_amended": product.ProductAmended,
    "edition_published": edition.EditionPublished,
    "edition_approved": edition.EditionApproved,
    "edition_withdrawn": edition.EditionWithdrawn,
    "edition_took_effect": edition.EditionTookEffect,
    "application_drafted": application.ApplicationDrafted,
    "application_revised": application.ApplicationRevised,
    "application_submitted": application.ApplicationSubmitted,
    "application_withdrawn": application.ApplicationWithdrawn,
    "application_returned": application.ApplicationReturned,
    "decision_proposed": application.DecisionProposed,
    "application_approved": application.ApplicationApproved,
    "application_denied": application.ApplicationDenied,
    "license_granted": license_.LicenseGranted,
    "provisos_acknowledged": license_.ProvisosAcknowledged,
    "license_suspended": license_.LicenseSuspended,
    "license_reinstated": license_.LicenseReinstated,
    "revocation_proposed": license_.RevocationProposed,
    "license_revoked": license_.LicenseRevoked,
    "license_expired": license_.LicenseExpired,
    "license_drawn_down": license_.LicenseDrawnDown,
    "license_exhausted": license_.LicenseExhausted,
    "allotment_opened": allotment.AllotmentOpened,
    "cap_adopted": allotment.CapAdopted,
    "us_sale_reported": allotment.UsSaleReported,
    "us_sale_reversed": allotment.UsSaleReversed,
    "volume_reserved": allotment.VolumeReserved,
    "volume_posted": allotment.VolumePosted,
    "volume_released": allotment.VolumeReleased,
    "escrow_opened": escrow.EscrowOpened,
    "deposit_booked": escrow.DepositBooked,
    "deposit_set_aside": escrow.DepositSetAside,
    "deposit_reversed": escrow.DepositReversed,
    "reversal_undone": escrow.ReversalUndone,
    "advance_repaid": escrow.AdvanceRepaid,
    "escrow_funded": escrow.EscrowFunded,
    "excess_returned": escrow.ExcessReturned,
    "escrow_released": escrow.EscrowReleased,
    "escrow_forfeited": escrow.EscrowForfeited,
    "refund_proposed": escrow.RefundProposed,
    "refund_waived": escrow.RefundWaived,
    "refund_paid": escrow.RefundPaid,
    "laboratory_accredited": laboratory.LaboratoryAccredited,
    "laboratory_key_rotated": laboratory.LaboratoryKeyRotated,
    "disqualification_proposed": laboratory.DisqualificationProposed,
    "laboratory_disqualified": laboratory.LaboratoryDisqualified,
    "lot_registered": lab_test.LotRegistered,
    "sample_drawn": lab_test.SampleDrawn,
    "report_refused": lab_test.ReportRefused,
    "report_accepted": lab_test.ReportAccepted,
    "certificate_issued": lab_test.CertificateIssued,
    "certificate_withheld": lab_test.CertificateWithheld,
    "certificate_voided": lab_test.CertificateVoided,
    "shipment_requested": shipment.ShipmentRequested,
    "end_user_statement_held": shipment.EndUserStatementHeld,
    "gate_recorded": shipment.GateRecorded,
    "export_filed": shipment.ExportFiled,
    "clearance_assessed": shipment.ClearanceAssessed,
    "shipment_dispatched": shipment.ShipmentDispatched,
    "delivery_verified": shipment.DeliveryVerified,
    "shipment_cancelled": shipment.ShipmentCancelled,
    "shipment_stopped": shipment.ShipmentStopped,
    "remittance_assessed": remittance.RemittanceAssessed,
    "remittance_instructed": remittance.RemittanceInstructed,
    "remittance_returned": remittance.RemittanceReturned,
    "remittance_confirmed": remittance.RemittanceConfirmed,
    "remittance_reconciled": remittance.RemittanceReconciled,
}


def register() -> None:
    """Fix the names and how older schemas are read; a second call changes nothing."""
    registry.register(NAMES)
    if registry.wire_type(escrow.DepositSetAside).schema_version == 1:
        registry.upcast("deposit_set_aside", 1, payer_name_in_clear)


def payer_name_in_clear(data: dict[str, Any]) -> dict[str, Any]:
    """Read a deposit set aside whose payer was not sealed yet: what was said in clear stays so."""
    return data
