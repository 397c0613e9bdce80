"""Every text that an event may hold, and whether it is personal: written out on its own.

A new field is missing here until somebody has answered the question.

always      a natural person's name, or what may be one: sealed
of_person   sealed where it stands inside something that is a natural person
copied      copied from a sealed text, and sealed with it
code        one of a closed form: a country, a currency, a hash, a number
free_text   marked in the API as no place for personal data; kept in clear
goods       what a product is
machine     made by the service of codes, ids and figures
organization  the name of a body, not of a person
published   as a government published it
reference   what others call a document, an account, a payment, a proceeding
rule        words of a rule or of a policy edition
"""

from typing import Final

TABLE: Final = """
audits.domain.finding.events.FindingAnswered answer:free_text
audits.domain.finding.events.FindingClosed reason:free_text
audits.domain.finding.events.FindingRaised audit:code detail:machine kind:code subject:machine
audits.domain.finding.events.FindingReopened reason:free_text
audits.domain.halt.events.HaltLiftProposed reason:free_text
audits.domain.halt.events.HaltLifted reason:free_text
audits.domain.halt.events.HaltSet reason:free_text
audits.events.Access path:machine
audits.events.CatalogDigest digest:machine part:machine touched:machine
audits.events.CheckpointKeyAdded verifier_key:machine
audits.events.CheckpointKeyRetired verifier_key:machine
audits.events.CheckpointKeyRevoked reason:free_text verifier_key:machine
audits.events.CodeDeployed package_sha256:machine process:machine version:machine
audits.events.CommandRefused citation:rule code:machine detail:machine extra_json:machine
audits.events.OrganizationEnrolled agency:organization name:organization
audits.events.PersonEnrolled username:always
audits.events.ReceiptKeyAdded verifier_key:machine
audits.events.SchemaFingerprinted changed:machine fingerprint:machine not_in_force:machine
audits.events.SealingHalted code:machine detail:machine
audits.events.WorkItemDied kind:machine last_error:machine
audits.events.WorkItemRedriven kind:machine reason:free_text
customers.domain.customer.events.ApprovalProposed edition:rule list_sha256:code reason:free_text
customers.domain.customer.events.ApprovalRevoked reason:free_text
customers.domain.customer.events.CustomerAmended changed:machine
customers.domain.customer.events.CustomerApproved edition:rule list_sha256:code
customers.domain.customer.events.CustomerRejected reason:free_text
customers.domain.customer.events.HitAdjudicated reason:free_text
customers.domain.customer.events.HitReleased reason:free_text
customers.domain.customer.values.Certification end_use:free_text signed_by:always
customers.domain.customer.values.RemoteEndUser country:code name:always
customers.domain.customer.values.Screening algorithm:machine list_sha256:code
customers.domain.customer.values.SecurityMeasure description:free_text
customers.domain.erasure.events.ErasureDeclined reason:free_text
customers.domain.erasure.events.ErasureRequested reason:free_text
customers.domain.erasure.events.PersonalDataErased key_sha256:code reason:free_text
customers.domain.hits.ListMatch alias:copied entry_hash:code entry_id:published
    entry_name:copied source:published
customers.domain.hits.NameTooCommon entries_sha256:code
customers.domain.hits.ScreenedName name:copied subject_name:copied
customers.domain.legal_hold.events.LegalHoldLifted matter:reference
customers.domain.legal_hold.events.LegalHoldPlaced matter:reference reason:free_text
customers.domain.legal_hold.events.LiftingProposed matter:reference reason:free_text
customers.domain.party.Owner country:code name:always
customers.domain.party.Party aliases:of_person headquarters_country:code name:of_person
    native_name:of_person uscc:code
customers.domain.party.UltimateParent country:code name:always
customers.domain.screening.entries.BadRow detail:published
customers.domain.screening_list.events.ListImported sha256:code source:reference
customers.domain.values.Address city:of_person country:code lines:of_person
    postal_code:of_person
customers.domain.values.Document media_type:code name:free_text sha256:code
licenses.domain.allotment.events.AllotmentOpened edition:code window:machine
licenses.domain.allotment.events.CapAdopted edition:code
licenses.domain.allotment.events.UsSaleReported buyer:organization destination_country:code
    edition:code end_use_country:code sale_reference:reference
licenses.domain.allotment.events.UsSaleReversed edition:code reason:free_text
    reversal_reference:reference sale_reference:reference
licenses.domain.allotment.events.VolumePosted edition:code
licenses.domain.allotment.events.VolumeReleased edition:code
licenses.domain.allotment.events.VolumeReserved edition:code
licenses.domain.application.events.ApplicationApproved edition:code
licenses.domain.application.events.ApplicationDenied edition:code
licenses.domain.application.events.ApplicationReturned reasons:free_text
licenses.domain.application.events.ApplicationSubmitted control_number:code edition:code
    fingerprint:code
licenses.domain.application.events.ApplicationWithdrawn reason:free_text
licenses.domain.application.values.Content currency:code destination_country:code
    end_use:free_text shipped_from_country:code
licenses.domain.application.values.DraftItem description:free_text eccn:goods manufacturer:goods
    model:goods
licenses.domain.application.values.Item description:free_text eccn:goods manufacturer:goods
    model:goods
licenses.domain.application.values.Proposal edition:code reasons:free_text
licenses.domain.application.values.Proviso proviso_id:code text:free_text
licenses.domain.application.values.Submission currency:code destination_country:code
    end_use:free_text shipped_from_country:code
licenses.domain.edition.events.EditionApproved name:code sha256:code
licenses.domain.edition.events.EditionPublished name:code sha256:code title:rule toml:rule
licenses.domain.edition.events.EditionTookEffect name:code sha256:code
licenses.domain.edition.events.EditionWithdrawn name:code reason:free_text
licenses.domain.escrow.events.DepositBooked account:reference bank_reference:reference
    currency:code end_to_end_id:reference message_sha256:code
licenses.domain.escrow.events.DepositSetAside account:reference bank_reference:reference
    citation:rule currency:code end_to_end_id:reference message_sha256:code payer_name:always
licenses.domain.escrow.events.EscrowForfeited citation:rule currency:code edition:code
licenses.domain.escrow.events.EscrowFunded currency:code
licenses.domain.escrow.events.EscrowOpened currency:code edition:code
    payment_reference:reference
licenses.domain.escrow.events.EscrowReleased currency:code edition:code
licenses.domain.escrow.events.ExcessReturned bank_reference:reference currency:code
licenses.domain.escrow.events.Payer names:organization
licenses.domain.escrow.events.RefundPaid bank_reference:reference currency:code
licenses.domain.escrow.events.RefundProposed currency:code reason:free_text
licenses.domain.escrow.events.RefundWaived currency:code reason:free_text
licenses.domain.lab_test.events.CertificateIssued certificate_number:reference citation:rule
    edition:code report_number:code report_sha256:code tested_in:code
licenses.domain.lab_test.events.CertificateVoided certificate_number:reference reason:free_text
licenses.domain.lab_test.events.CertificateWithheld citation:rule edition:code
    report_number:code report_sha256:code
licenses.domain.lab_test.events.LotRegistered model:goods serials:code
licenses.domain.lab_test.events.ReportAccepted key_id:code public_key:code report_sha256:code
    signature:code
licenses.domain.lab_test.events.ReportRefused citation:rule claimed_report_number:code
    key_id:code report_sha256:code signature:code
licenses.domain.lab_test.events.SampleDrawn edition:code serials:code
licenses.domain.lab_test.events.TestFinding code:machine reason:machine serials:code
licenses.domain.lab_test.report.LabReport report_number:code tested_in:code
licenses.domain.lab_test.report.Measurement serial:code
licenses.domain.laboratory.events.DisqualificationProposed reason:free_text
licenses.domain.laboratory.events.LaboratoryAccredited control_countries:code edition:code
    headquarters_country:code key_id:code name:organization public_key:code
licenses.domain.laboratory.events.LaboratoryDisqualified reason:free_text
licenses.domain.laboratory.events.LaboratoryKeyRotated key_id:code public_key:code
    replaced_key_id:code
licenses.domain.license.events.LicenseGranted edition:code license_number:code
licenses.domain.license.events.LicenseReinstated edition:code reason:free_text
licenses.domain.license.events.LicenseRevoked edition:code reason:free_text
licenses.domain.license.events.LicenseSuspended edition:code reason:free_text
licenses.domain.license.events.ProvisosAcknowledged proviso_ids:machine
licenses.domain.license.events.RevocationProposed reason:free_text
licenses.domain.license.terms.LicensedLine eccn:goods model:goods
licenses.domain.license.terms.Terms control_number:code currency:code destination_country:code
    end_use:free_text shipped_from_country:code
licenses.domain.policy.model.Cap citation:rule denominator_country:code numerator_countries:code
licenses.domain.policy.model.Levy citation:rule legal_basis:rule
licenses.domain.policy.model.LevyWindow citation:rule
licenses.domain.policy.model.Prepayment citation:rule
licenses.domain.policy.model.Verdict citation:rule code:code reason:machine
licenses.domain.product.events.ProductAmended reason:free_text reference:goods
licenses.domain.product.events.ProductRegistered reference:goods
licenses.domain.product.specification.PrecisionPeak precision:code
licenses.domain.product.specification.Specification eccn:goods generation:goods maker:goods
    model:goods source:goods
licenses.domain.remittance.events.RemittanceAssessed citation:rule currency:code edition:code
    legal_basis:rule
licenses.domain.remittance.events.RemittanceConfirmed bank_reference:reference currency:code
    reference:code
licenses.domain.remittance.events.RemittanceInstructed bank_reference:reference currency:code
licenses.domain.remittance.events.RemittanceReconciled currency:code
licenses.domain.remittance.events.RemittanceReturned bank_reference:reference currency:code
    reason:free_text
licenses.domain.shipment.events.ExportFiled edition:code
licenses.domain.shipment.events.ShipmentCancelled reason:free_text
licenses.domain.shipment.events.ShipmentDispatched currency:code edition:code itn:code
    license_number:code serials:code
licenses.domain.shipment.events.ShipmentRequested edition:code
licenses.domain.shipment.events.ShipmentStopped citation:rule edition:code reason:free_text
licenses.domain.shipment.values.Clearance edition:code
licenses.domain.shipment.values.Delivery received_by:always
licenses.domain.shipment.values.Filing eccn:goods itn:code license_code:goods
    license_number:code
licenses.domain.shipment.values.ShipmentTerms currency:code destination_country:code eccn:goods
    end_use:free_text license_number:code model:goods serials:code
licenses.domain.shipment.values.Statement reference:reference
"""
"""Struct, then its texts, each with what it is."""

PERSONAL: Final = frozenset({"always", "of_person", "copied"})
IN_CLEAR: Final = frozenset(
    {
        *("code", "free_text", "goods", "machine"),
        *("organization", "published", "reference", "rule"),
    }
)


def expected() -> dict[str, str]:
    """List every text as `module.Struct.field` with what it is."""
    found: dict[str, str] = {}
    struct = ""
    for word in TABLE.split():
        field, _, what = word.partition(":")
        if what:
            found[f"{struct}.{field}"] = what
        else:
            struct = word
    return found
